package dev.millrace.broker;

import dev.millrace.cluster.MetadataImage;
import dev.millrace.wire.KafkaClient;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.vertx.core.Future;
import io.vertx.core.internal.ContextInternal;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.function.Supplier;

/** Finds the other brokers where the metadata says that they listen for their peers. */
final class ImagePeers implements PeerConnections {
    private static final long UNKNOWN_EPOCH = -1;

    private final int nodeId;
    private final Supplier<MetadataImage> image;
    private final ChannelFactory<? extends Channel> channels;
    private final Workers workers;
    private final long timeoutMs;
    private final long silenceMs;

    /**
     * @param workers to look up names with
     * @param silenceMs see {@link KafkaClient#connect}
     */
    ImagePeers(
            int nodeId,
            Supplier<MetadataImage> image,
            ChannelFactory<? extends Channel> channels,
            Workers workers,
            long timeoutMs,
            long silenceMs) {
        this.nodeId = nodeId;
        this.image = image;
        this.channels = channels;
        this.workers = workers;
        this.timeoutMs = timeoutMs;
        this.silenceMs = silenceMs;
    }

    @Override
    public Future<KafkaClient> connect(int peerId, ContextInternal loop) {
        MetadataImage.BrokerRegistration peer = image.get().brokers().get(peerId);
        if (peer == null || peer.peerPort() <= 0) {
            return Future.failedFuture(
                    new IOException(
                            "broker %d is not known, or has no listener for its peers"
                                    .formatted(peerId)));
        }
        return workers.submit(() -> new InetSocketAddress(peer.peerHost(), peer.peerPort()))
                .compose(
                        address ->
                                KafkaClient.connect(
                                        loop,
                                        channels,
                                        address,
                                        "broker-" + nodeId,
                                        timeoutMs,
                                        silenceMs));
    }

    @Override
    public long ownBrokerEpoch() {
        MetadataImage.BrokerRegistration own = image.get().brokers().get(nodeId);
        return own == null ? UNKNOWN_EPOCH : own.brokerEpoch();
    }
}
