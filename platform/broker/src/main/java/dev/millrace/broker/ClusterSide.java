package dev.millrace.broker;

import dev.millrace.cluster.BrokerSession;
import dev.millrace.cluster.BrokerStart;
import dev.millrace.cluster.Cluster;
import dev.millrace.log.LogDirectory;
import dev.millrace.log.disk.Disk;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A broker as one of several: registers, follows leaders, asks other brokers, says what it cannot
 * serve any more, and hands over before it stops. Of a broker that is alone there is nothing but
 * the registration.
 */
final class ClusterSide {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterSide.class);
    private static final long HAND_OVER_TIMEOUT_MS = 10_000;

    private final Vertx vertx;
    private final Cluster cluster;
    private final BrokerConfig config;
    private final Workers workers;
    private final FetcherSettings settings;
    private final @Nullable PeerListener listener;
    private final EpochFiles epochs;
    private final PeerConnections peers;
    private final @Nullable ReadReplicas readReplicas;
    private final ReplicationThrottle throttle;
    private volatile @Nullable Isolation isolation;
    private @Nullable ReplicaFetchers fetchers;
    private @Nullable PeerRequests requests;
    private volatile @Nullable BrokerSession session;

    /**
     * @throws org.apache.kafka.common.config.ConfigException a setting that cannot be used
     */
    ClusterSide(Vertx vertx, Cluster cluster, BrokerConfig config, Workers workers, Disk disk) {
        this.vertx = vertx;
        this.cluster = cluster;
        this.config = config;
        this.workers = workers;
        this.settings = FetcherSettings.from(config.properties());
        this.listener = PeerListener.from(config.properties());
        this.readReplicas = ReadReplicas.from(config.properties(), config.nodeId(), cluster::image);
        this.throttle = ReplicationThrottle.from(config.properties());
        this.epochs =
                new EpochFiles(
                        disk, config.logDirs(), listener == null ? "-" : EpochFiles.bootId());
        this.peers =
                new ImagePeers(
                        config.nodeId(),
                        cluster::image,
                        ((VertxInternal) vertx).transport().channelFactory(false),
                        workers,
                        settings.timeoutMs(),
                        settings.maxSilenceMs());
    }

    /** Where the other brokers reach this one; null if it is alone. */
    @Nullable PeerListener listener() {
        return listener;
    }

    /**
     * What partitions need to know of the others.
     *
     * @param loops that own partitions
     */
    Replication replication(List<ContextInternal> loops, ReplicaMoves moves) {
        ReplicationSource source = ReplicationSource.NONE;
        if (listener != null) {
            fetchers =
                    new ReplicaFetchers(
                            config.nodeId(), settings, peers, new LogCuts(workers, moves), loops);
            source = fetchers;
        }
        return new Replication(
                config.nodeId(),
                listener != null,
                settings.maxLagMs(),
                settings.maxSilenceMs(),
                this::isCurrent,
                (topicId, partition, proposal) ->
                        cluster.alterPartition(
                                        topicId,
                                        partition,
                                        proposal.leaderEpoch(),
                                        proposal.partitionEpoch(),
                                        proposal.isr())
                                .thenAccept(made -> {}),
                source,
                readReplicas,
                throttle);
    }

    ReplicationThrottle throttle() {
        return throttle;
    }

    /**
     * Whether this broker has been cut off from the others, as far as it can know: then it
     * coordinates nothing that others have too. Any thread.
     */
    boolean isAside() {
        Isolation watched = isolation;
        return watched != null && watched.isAside();
    }

    /**
     * Looks from now on whether this broker is cut off.
     *
     * @param followersHeardNs when the last fetch of a follower came
     * @param onChange told when it is, and when it is back
     */
    void watchIsolation(LongSupplier followersHeardNs, Consumer<Boolean> onChange) {
        if (listener != null) {
            Isolation watched =
                    new Isolation(
                            () -> session == null || isCurrent(),
                            followersHeardNs,
                            this::sharesPartitions,
                            onChange);
            isolation = watched;
            watched.watch(vertx);
        }
    }

    private boolean sharesPartitions() {
        return cluster.image().topics().values().stream()
                .flatMap(topic -> topic.partitions().stream())
                .anyMatch(
                        partition ->
                                partition.replicas().size() > 1
                                        && partition.replicas().contains(config.nodeId()));
    }

    /**
     * For coordinators.
     *
     * @param loop that connections belong to
     */
    PeerRequests requests(ContextInternal loop) {
        PeerRequests opened = new PeerRequests(peers, loop);
        requests = opened;
        return opened;
    }

    private boolean isCurrent() {
        BrokerSession open = session;
        return open != null && open.isCurrent();
    }

    // ---- Coming

    /**
     * Announces this broker.
     *
     * @param port that clients are told
     * @param peerAddress where the listener for peers is bound; null if there is none
     * @return completes when it may lead
     */
    Future<Void> join(
            int port, @Nullable InetSocketAddress peerAddress, String rack, ImageFollower images) {
        PeerListener forPeers = listener;
        if (forPeers == null || peerAddress == null) {
            return register(new BrokerStart(config.advertisedHost(), port, rack)).mapEmpty();
        }
        return workers.submit(epochs::previous)
                .compose(
                        previous ->
                                register(
                                        new BrokerStart(
                                                config.advertisedHost(),
                                                port,
                                                forPeers.host(),
                                                peerAddress.getPort(),
                                                rack,
                                                previous)))
                .compose(
                        registered ->
                                workers.submit(
                                        () -> {
                                            // Before anything is written under it.
                                            epochs.running(registered.brokerEpoch());
                                            return registered;
                                        }))
                .onSuccess(registered -> images.registered(registered::caughtUp))
                .compose(
                        registered ->
                                Future.fromCompletionStage(
                                        registered.unfenced(), vertx.getOrCreateContext()));
    }

    private Future<BrokerSession> register(BrokerStart start) {
        return Future.fromCompletionStage(cluster.registerBroker(start), vertx.getOrCreateContext())
                .onSuccess(registered -> session = registered);
    }

    // ---- Being there

    /** Others may have what is offline here. On the thread that met the error. */
    void offline(LogDirectory directory) {
        BrokerSession open = session;
        if (listener == null || open == null) {
            return;
        }
        workers.submit(
                        () -> {
                            epochs.lost();
                            return true;
                        })
                .onFailure(e -> LOG.error("Log directories were not marked", e));
        List<BrokerSession.Replica> replicas =
                directory.logs().stream()
                        .map(
                                log ->
                                        new BrokerSession.Replica(
                                                log.topicId(), log.topicPartition().partition()))
                        .toList();
        open.replicasOffline(replicas)
                .whenComplete(
                        (done, e) -> {
                            if (e != null) {
                                LOG.error(
                                        "The cluster does not know yet that {} is offline",
                                        directory.path(),
                                        e);
                            }
                        });
    }

    // ---- Going

    /**
     * Others lead what this broker led, while it still answers them.
     *
     * @return completes in any case, after a while
     */
    Future<Void> handOver() {
        BrokerSession open = session;
        if (open == null || listener == null) {
            return Future.succeededFuture();
        }
        return Future.fromCompletionStage(open.shutDown(), vertx.getOrCreateContext())
                .timeout(HAND_OVER_TIMEOUT_MS, TimeUnit.MILLISECONDS)
                .onFailure(
                        e ->
                                LOG.warn(
                                        "Stops without having handed over what it leads: {}",
                                        e.toString()))
                .otherwiseEmpty();
    }

    /** Asks and follows nobody any more. */
    void close() {
        Isolation watched = isolation;
        if (watched != null) {
            watched.stop();
        }
        if (fetchers != null) {
            fetchers.close();
        }
        if (requests != null) {
            requests.close();
        }
    }

    /** The logs are closed, with all that they had. Blocks. */
    void stopped() {
        epochs.stopped();
    }
}
