package dev.millrace.wire;

import io.vertx.core.Future;
import io.vertx.core.internal.ContextInternal;
import org.apache.kafka.common.protocol.ApiMessage;
import org.jspecify.annotations.Nullable;

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
     * A failed future becomes the API's own error response for that exception; with {@link
     * org.apache.kafka.common.errors.DisconnectException} there is none and the connection is
     * closed, which sends a client to another broker. A {@code null} result means that no response
     * is sent (Produce with acks=0).
     */
    Future<A> handle(RequestContext context, Q request);

    /**
     * The event loop that owns everything {@code request} is about: a connection that keeps asking
     * for what another loop owns moves there. Asked of some requests only, on the loop of the
     * connection.
     *
     * @return one of the loops of the server; null if several are involved, or none in particular
     */
    default @Nullable ContextInternal home(Q request) {
        return null;
    }
}
