package dev.millrace.wire;

import io.vertx.core.Future;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * Answers one API. Called on the event loop of the connection, with its Vert.x context current, and
 * never blocks it; the answer may come later and from any thread. Requests of one connection are
 * handed over as they arrive, without waiting for earlier answers; the connection sends the answers
 * in the order of the requests.
 *
 * @param <Q> generated request data class, for instance {@code FetchRequestData}
 * @param <A> generated response data class
 */
@FunctionalInterface
public interface ApiHandler<Q extends ApiMessage, A extends ApiMessage> {
    /**
     * A failed future becomes the API's own error response for that exception; a {@code null}
     * result means that no response is sent (Produce with acks=0).
     */
    Future<A> handle(RequestContext context, Q request);
}
