package dev.millrace.broker;

import dev.millrace.wire.KafkaClient;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * What coordinators have to ask other brokers now and then: one connection to each, opened when it
 * is needed, and again when it was lost. Any thread may ask.
 */
final class PeerRequests {
    private final PeerConnections peers;
    private final ContextInternal loop;

    /** Open, or being opened; loop only. */
    private final Map<Integer, Future<KafkaClient>> connections = new HashMap<>();

    private boolean closed; // loop only

    /**
     * @param loop that the connections belong to
     */
    PeerRequests(PeerConnections peers, ContextInternal loop) {
        this.peers = peers;
        this.loop = loop;
    }

    /**
     * @return the answer, on the caller's context; fails with an {@link java.io.IOException} if
     *     there is none, and then nobody knows whether the request had an effect
     */
    Future<ApiMessage> ask(int nodeId, ApiKeys api, short version, ApiMessage request) {
        ContextInternal caller = ContextInternal.current();
        Promise<ApiMessage> promise = caller == null ? Promise.promise() : caller.promise();
        loop.nettyEventLoop()
                .execute(
                        () ->
                                connection(nodeId)
                                        .compose(open -> open.ask(api, version, request))
                                        .onComplete(promise));
        return promise.future();
    }

    private Future<KafkaClient> connection(int nodeId) {
        Future<KafkaClient> known = connections.get(nodeId);
        boolean usable =
                known != null
                        && !known.failed()
                        && (!known.isComplete() || known.result().isOpen());
        if (usable && known != null) {
            return known;
        }
        if (closed) {
            return Future.failedFuture("this broker shuts down");
        }
        Future<KafkaClient> opening = peers.connect(nodeId, loop);
        connections.put(nodeId, opening);
        return opening;
    }

    void close() {
        loop.nettyEventLoop()
                .execute(
                        () -> {
                            closed = true;
                            connections
                                    .values()
                                    .forEach(
                                            connection -> connection.onSuccess(KafkaClient::close));
                            connections.clear();
                        });
    }
}
