package dev.millrace.broker;

import dev.millrace.wire.KafkaClient;
import io.vertx.core.Future;
import io.vertx.core.internal.ContextInternal;

/** The way to the other brokers of this cluster. Any thread. */
interface PeerConnections {
    /**
     * @param nodeId as registered now
     * @return a new connection that belongs to {@code loop}, there; fails with an {@link
     *     java.io.IOException} if it cannot be reached
     */
    Future<KafkaClient> connect(int nodeId, ContextInternal loop);

    /** Of this broker's registration, which leaders hold a follower's requests against. */
    long ownBrokerEpoch();
}
