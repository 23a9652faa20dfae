package dev.millrace.broker;

import dev.millrace.broker.admin.AdminHandlers;
import dev.millrace.broker.admin.EffectiveSettings;
import dev.millrace.broker.group.GroupConfig;
import dev.millrace.broker.group.GroupCoordinator;
import dev.millrace.broker.group.GroupHandlers;
import dev.millrace.broker.group.RemoteGroups;
import dev.millrace.broker.quota.ClientQuotas;
import dev.millrace.broker.telemetry.ClientMetricsStore;
import dev.millrace.broker.telemetry.Telemetry;
import dev.millrace.broker.telemetry.TelemetryHandlers;
import dev.millrace.broker.telemetry.TelemetrySettings;
import dev.millrace.broker.txn.TxnConfig;
import dev.millrace.broker.txn.TxnCoordinator;
import dev.millrace.broker.txn.TxnHandlers;
import dev.millrace.broker.txn.TxnMarkers;
import dev.millrace.cluster.Cluster;
import dev.millrace.cluster.MetadataImage;
import dev.millrace.cluster.SupportedFeatures;
import dev.millrace.log.LogDirectory;
import dev.millrace.log.LogDirectoryConfig;
import dev.millrace.log.PartitionLog;
import dev.millrace.log.disk.Disk;
import dev.millrace.log.disk.LocalDisk;
import dev.millrace.wire.ApiTable;
import dev.millrace.wire.ConnectionLimits;
import dev.millrace.wire.KafkaServer;
import dev.millrace.wire.RequestMetrics;
import dev.millrace.wire.RequestQuotas;
import dev.millrace.wire.WireConfig;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One broker: its logs, its listener, its coordinators.
 *
 * <pre>
 *   connections ── KafkaServer ── ApiTable ── handlers ── Partition ── PartitionLog
 *                     │ event loops of PartitionVerticle ──┘  ▲
 *   Cluster ── image ── ImageFollower (creates, deletes) ─────┘
 * </pre>
 */
public final class Broker {
    private static final Logger LOG = LoggerFactory.getLogger(Broker.class);

    private final Vertx vertx;
    private final Cluster cluster;
    private final BrokerConfig config;
    private final DynamicSettings dynamicSettings;
    private final BrokerSettings settings;
    private final Workers workers;
    private final Partitions partitions;
    private final ClientQuotas quotas;
    private final LogCleaner cleaner;
    private final FetchSessions sessions;
    private final ClientMetricsStore clientMetrics;
    private final Telemetry telemetry;
    private final BiFunction<MetadataImage, String, TopicSettings> topicSettings;
    private final List<PartitionVerticle> verticles = new ArrayList<>();
    private final List<String> deploymentIds = new ArrayList<>();

    private final ClusterSide clusterSide;

    private final Disk disk;
    private final Promise<Void> failed = Promise.promise();
    private volatile Consumer<Path> offlineListener = path -> {};
    private @Nullable LogDirectories directories;
    private @Nullable ImageFollower follower;
    private @Nullable ReplicaMoves moves;
    private @Nullable FetchHandler fetches;
    private @Nullable GroupCoordinator groups;
    private @Nullable CoordinatorLog offsetsLog;
    private @Nullable TxnCoordinator transactions;
    private KafkaServer.@Nullable Bound server;
    private KafkaServer.@Nullable Bound peerServer;
    private @Nullable FetchHandler peerFetches;
    private long checkpointTimer = -1;
    private @Nullable Future<Void> stopped;

    private Broker(Vertx vertx, Cluster cluster, BrokerConfig config, Disk disk) {
        this.disk = disk;
        this.vertx = vertx;
        this.cluster = cluster;
        this.config = config;
        this.dynamicSettings = new DynamicSettings(config, cluster.image());
        Map<String, String> now = dynamicSettings.now();
        this.settings = BrokerSettings.from(now);
        config.requireCordonedKnown();
        this.workers = new Workers("millrace-background", settings.backgroundThreads());
        this.clusterSide = new ClusterSide(vertx, cluster, config, workers, disk);
        this.partitions = new Partitions(cluster::image);
        this.quotas = new ClientQuotas(ListenerSettings.quotaWindows(now));
        this.cleaner = new LogCleaner(partitions, CleanerSettings.from(now));
        TelemetrySettings telemetrySettings = TelemetrySettings.from(now);
        this.clientMetrics = new ClientMetricsStore(telemetrySettings.maxClients());
        this.telemetry =
                new Telemetry(
                        telemetrySettings.maxBytes(), System::currentTimeMillis, clientMetrics);
        this.sessions =
                new FetchSessions(
                        settings.fetchSessions(), settings.networkThreads(), Clock.systemUTC());
        this.topicSettings =
                (image, topic) ->
                        TopicSettings.of(config.properties(), image, config.nodeId(), topic);
    }

    /**
     * Opens the logs (recovering them after a crash), listens, and registers with the cluster.
     *
     * @return completes when clients are served; fails with an exception whose message is meant for
     *     the operator ({@link java.net.BindException}, {@link
     *     dev.millrace.log.LogDirectoryException}, {@link
     *     org.apache.kafka.common.config.ConfigException}), and then nothing is left running
     */
    public static Future<Broker> start(Vertx vertx, Cluster cluster, BrokerConfig config) {
        return start(vertx, cluster, config, null);
    }

    /** The same, reporting to {@code metrics}. */
    public static Future<Broker> start(
            Vertx vertx, Cluster cluster, BrokerConfig config, @Nullable BrokerMetrics metrics) {
        return start(vertx, cluster, config, metrics, LocalDisk.INSTANCE);
    }

    /** With the disk of a test. */
    static Future<Broker> start(
            Vertx vertx,
            Cluster cluster,
            BrokerConfig config,
            @Nullable BrokerMetrics metrics,
            Disk disk) {
        Broker broker;
        try {
            broker = new Broker(vertx, cluster, config, disk);
        } catch (RuntimeException e) {
            return Future.failedFuture(e);
        }
        return broker.start(metrics)
                .map(broker)
                .recover(e -> broker.stop().transform(done -> Future.failedFuture(e)));
    }

    /** Where the Kafka listener can be reached. */
    public InetSocketAddress address() {
        if (server == null) {
            throw new IllegalStateException("the broker does not listen yet");
        }
        return server.address();
    }

    /** Where the other nodes of the cluster can reach it; null if it is alone. */
    public @Nullable InetSocketAddress peerAddress() {
        return peerServer == null ? null : peerServer.address();
    }

    /** What clients pushed of their metrics, in Prometheus' text format; any thread. */
    public String clientMetrics() {
        return telemetry.scrape();
    }

    /** What can be changed while this broker runs, beside the defaults of topics. */
    private void followSettings(
            LogDirectories logs, GroupCoordinator coordinator, TxnCoordinator txns) {
        dynamicSettings.onChange(
                Set.of("background.threads"),
                now -> workers.resize(BrokerSettings.from(now).backgroundThreads()));
        dynamicSettings.onChange(
                CleanerSettings.NAMES, now -> cleaner.reconfigure(CleanerSettings.from(now)));
        dynamicSettings.onChange(
                Set.of("transaction.partition.verification.enable"),
                now -> txns.verifyPartitions(TxnConfig.from(now).verifyPartitions()));
        dynamicSettings.onChange(
                Set.of("group.consumer.assignment.interval.ms"),
                now -> coordinator.reconfigure(GroupConfig.from(now)));
        dynamicSettings.onChange(
                Set.of("producer.id.expiration.ms"),
                now ->
                        logs.producerIdExpirationMs(
                                BrokerSettings.from(now).producerIdExpirationMs()));
        clusterSide.throttle().update(dynamicSettings.now());
        dynamicSettings.onChange(ReplicationThrottle.NAMES, clusterSide.throttle()::update);
        ReplicaMoves moving = moves;
        if (moving != null) {
            dynamicSettings.onChange(
                    Set.of("replica.alter.log.dirs.io.max.bytes.per.second"),
                    now -> moving.maxBytesPerSecond(BrokerSettings.from(now).moveBytesPerSecond()));
        }
        cluster.onChange(
                image -> {
                    dynamicSettings.follow(image);
                    telemetry.follow(image);
                });
    }

    /**
     * Fails when this broker can serve nobody any more, because all of its log directories are
     * offline; with a message for the operator. The owner stops it then.
     */
    public Future<Void> failed() {
        return failed.future();
    }

    /**
     * @param listener told of each log directory that goes offline, from now on; on the thread that
     *     met the error: return quickly
     */
    public void onOfflineDirectory(Consumer<Path> listener) {
        offlineListener = listener;
    }

    /** Log directories that do not work now. */
    public List<Path> offlineDirectories() {
        LogDirectories open = directories;
        return open == null ? List.of() : open.offlinePaths();
    }

    LogCleaner cleaner() {
        return cleaner;
    }

    /** What the group coordinator writes to; null before it has started. */
    @Nullable CoordinatorLog offsetsLog() {
        return offsetsLog;
    }

    /** A partition led here; null if there is none. */
    @Nullable Partition partition(TopicPartition tp) {
        return partitions.find(tp);
    }

    private Future<Void> start(@Nullable BrokerMetrics metrics) {
        Future<LogDirectories> opened = workers.submit(this::openLogs);
        Future<?> deployed = deployLoops();
        return Future.join(opened, deployed)
                .compose(
                        ready -> {
                            directories = opened.result();
                            opened.result().onFailure(this::directoryFailed);
                            return follow(opened.result());
                        })
                .compose(follower -> startCoordinators(opened.result(), follower))
                .compose(table -> listen(table, metrics == null ? RequestMetrics.NONE : metrics))
                .compose(this::register)
                .onSuccess(ready -> startCleaner(metrics))
                .onSuccess(ready -> prepareGroups(metrics));
    }

    private void startCleaner(@Nullable BrokerMetrics metrics) {
        if (metrics != null) {
            metrics.cleaner(cleaner);
        }
        cleaner.start();
    }

    private LogDirectories openLogs() throws IOException {
        MetadataImage image = cluster.image();
        LogDirectoryConfig defaults = LogDirectoryConfig.of(image.clusterId(), config.nodeId());
        return LogDirectories.open(
                config.logDirs(),
                new LogDirectoryConfig(
                        defaults.clusterId(),
                        defaults.nodeId(),
                        settings.producerIdExpirationMs(),
                        settings.recoveryThreads(),
                        defaults.tailCacheBytesPerLog(),
                        defaults.tailCacheBytes() / config.logDirs().size(),
                        defaults.fileRegionMinBytes()),
                topic -> topicSettings.apply(image, topic).log(),
                () -> config.cordoned(cluster.image()),
                disk);
    }

    /** On the thread that met the error. */
    private void directoryFailed(LogDirectory directory, IOException cause) {
        for (PartitionLog log : directory.logs()) {
            Partition partition = partitions.find(log.topicPartition());
            if (partition != null && partition.log() == log) {
                partition.owner().nettyEventLoop().execute(() -> partition.broken(cause));
            }
        }
        offlineListener.accept(directory.path());
        clusterSide.offline(directory);
        LogDirectories all = directories;
        if (all != null && !all.anyOnline()) {
            failed.tryFail(
                    new KafkaStorageException(
                            "all log directories are offline, the last one %s: %s; free space on the disk, or repair it, then start the node again"
                                    .formatted(directory.path(), cause.getMessage()),
                            cause));
        }
    }

    private Future<?> deployLoops() {
        List<Future<?>> deployments = new ArrayList<>();
        for (int i = 0; i < settings.networkThreads(); i++) {
            PartitionVerticle verticle =
                    new PartitionVerticle(
                            partitions,
                            settings.retentionCheckIntervalMs(),
                            settings.flushCheckIntervalMs());
            verticles.add(verticle);
            deployments.add(vertx.deployVerticle(verticle).onSuccess(deploymentIds::add));
        }
        return Future.join(deployments);
    }

    private List<ContextInternal> loops() {
        return verticles.stream().map(PartitionVerticle::loop).toList();
    }

    private Future<ImageFollower> follow(LogDirectories logs) {
        ReplicaMoves started = new ReplicaMoves(logs, workers, settings.moveBytesPerSecond());
        moves = started;
        return follow(logs, started);
    }

    private Future<ImageFollower> follow(LogDirectories logs, ReplicaMoves replicaMoves) {
        ImageFollower started =
                new ImageFollower(
                        config.nodeId(),
                        logs,
                        partitions,
                        workers,
                        loops(),
                        topicSettings,
                        replicaMoves,
                        clusterSide.replication(loops(), replicaMoves));
        follower = started;
        partitions.offline(started);
        cluster.onChange(started::follow);
        checkpointTimer =
                vertx.setPeriodic(settings.checkpointIntervalMs(), id -> checkpoint(logs));
        return started.applied(cluster.image()).map(started);
    }

    private void checkpoint(LogDirectories logs) {
        workers.submit(
                        () -> {
                            logs.checkpoint();
                            return true;
                        })
                .onFailure(e -> LOG.error("Writing the checkpoints failed", e));
    }

    /** What each listener serves. */
    private record Tables(ApiTable clients, ApiTable peers) {}

    private Future<Tables> startCoordinators(LogDirectories logs, ImageFollower imageFollower) {
        Map<String, String> properties = dynamicSettings.now();
        TopicCreation creation =
                new TopicCreation(
                        cluster,
                        settings.autoCreateTopics(),
                        new TopicCreation.Shape(
                                settings.numPartitions(), settings.replicationFactor(), Map.of()),
                        Map.of(
                                GroupCoordinator.OFFSETS_TOPIC,
                                BrokerSettings.offsetsTopic(properties),
                                TxnCoordinator.TRANSACTIONS_TOPIC,
                                BrokerSettings.transactionsTopic(properties)));
        TxnConfig txnConfig = TxnConfig.from(properties);
        InternalTopicLog offsets =
                internalTopic(GroupCoordinator.OFFSETS_TOPIC, creation, imageFollower);
        offsetsLog = offsets;
        return GroupCoordinator.start(vertx, offsets, cluster, GroupConfig.from(properties))
                .map(
                        coordinator -> {
                            groups = coordinator;
                            TxnMarkers markers = new PartitionMarkers(partitions, coordinator);
                            PeerRequests requests = clusterSide.requests(loops().get(0));
                            TxnCoordinator txns =
                                    TxnCoordinator.start(
                                            vertx,
                                            internalTopic(
                                                    TxnCoordinator.TRANSACTIONS_TOPIC,
                                                    creation,
                                                    imageFollower),
                                            cluster,
                                            txnConfig,
                                            new ClusterMarkers(
                                                    config.nodeId(),
                                                    cluster::image,
                                                    markers,
                                                    requests),
                                            new PeerCoordinators(requests),
                                            () ->
                                                    cluster.image()
                                                            .features()
                                                            .level(
                                                                    SupportedFeatures
                                                                            .TRANSACTION_VERSION));
                            transactions = txns;
                            followSettings(logs, coordinator, txns);
                            FetchHandler fetch = fetchHandler(false);
                            fetches = fetch;
                            FetchHandler peerFetch = fetchHandler(true);
                            peerFetches = peerFetch;
                            clusterSide.watchIsolation(
                                    peerFetch::followersHeardNs,
                                    aside -> {
                                        imageFollower.standAside(aside);
                                        coordinator.standAside(aside);
                                    });
                            return new Tables(
                                    table(
                                            logs,
                                            imageFollower,
                                            creation,
                                            coordinator,
                                            txns,
                                            markers,
                                            fetch,
                                            clusterSide.listener() == null
                                                    ? RemoteGroups.NONE
                                                    : requests::ask),
                                    table(
                                            logs,
                                            imageFollower,
                                            creation,
                                            coordinator,
                                            txns,
                                            markers,
                                            peerFetch,
                                            RemoteGroups.NONE));
                        });
    }

    private InternalTopicLog internalTopic(
            String topic, TopicCreation creation, ImageFollower imageFollower) {
        return new InternalTopicLog(
                topic, cluster, creation, imageFollower, partitions, workers, clusterSide::isAside);
    }

    private FetchHandler fetchHandler(boolean fromPeers) {
        return new FetchHandler(
                partitions,
                workers,
                sessions,
                new LeaderHints(cluster::image),
                quotas,
                settings.fetchMaxBytes(),
                fromPeers);
    }

    private ApiTable table(
            LogDirectories logs,
            ImageFollower imageFollower,
            TopicCreation creation,
            GroupCoordinator coordinator,
            TxnCoordinator txns,
            TxnMarkers markers,
            FetchHandler fetch,
            RemoteGroups remoteGroups) {
        LeaderHints hints = new LeaderHints(cluster::image);
        ApiTable.Builder table =
                ApiTable.builder()
                        .add(
                                ApiKeys.PRODUCE,
                                3,
                                13,
                                new ProduceHandler(partitions, hints, txns, clusterSide::isAside))
                        // Not served, but librdkafka looks for them (KAFKA-18659).
                        .advertiseFrom(ApiKeys.PRODUCE, 0)
                        .add(ApiKeys.FETCH, 4, 18, fetch)
                        .add(
                                ApiKeys.LIST_OFFSETS,
                                1,
                                11,
                                new ListOffsetsHandler(partitions, workers))
                        .add(
                                ApiKeys.METADATA,
                                0,
                                13,
                                new MetadataHandler(
                                        cluster,
                                        imageFollower,
                                        creation,
                                        quotas,
                                        clusterSide::isAside))
                        .add(
                                ApiKeys.OFFSET_FOR_LEADER_EPOCH,
                                2,
                                4,
                                new OffsetForLeaderEpochHandler(partitions))
                        .add(ApiKeys.DELETE_RECORDS, 0, 2, new DeleteRecordsHandler(partitions))
                        .add(ApiKeys.WRITE_TXN_MARKERS, 1, 2, new WriteTxnMarkersHandler(markers))
                        .add(
                                ApiKeys.DESCRIBE_PRODUCERS,
                                0,
                                0,
                                new DescribeProducersHandler(partitions))
                        .add(
                                ApiKeys.DESCRIBE_LOG_DIRS,
                                1,
                                5,
                                new DescribeLogDirsHandler(logs, workers));
        ReplicaMoves replicaMoves = moves;
        if (replicaMoves != null) {
            table.add(
                    ApiKeys.ALTER_REPLICA_LOG_DIRS,
                    1,
                    2,
                    new AlterReplicaLogDirsHandler(
                            logs, partitions, imageFollower, replicaMoves, workers));
        }
        GroupHandlers.register(table, coordinator, txns, remoteGroups);
        TxnHandlers.register(table, txns, coordinator::partitionOf);
        AdminHandlers.register(table, vertx, cluster, config, imageFollower, quotas);
        TelemetryHandlers.register(table, telemetry, clientMetrics, workers::submit);
        return table.build();
    }

    private Future<KafkaServer.Bound> listen(Tables tables, RequestMetrics metrics) {
        return bind(config.host(), config.port(), tables.clients, settings.wire(), metrics, quotas)
                .onSuccess(
                        bound -> {
                            server = bound;
                            if (metrics instanceof BrokerMetrics meters) {
                                meters.listener(bound);
                            }
                            cluster.onChange(image -> limit(bound, image));
                        })
                .compose(bound -> listenToPeers(tables.peers, metrics).map(bound));
    }

    private Future<Void> listenToPeers(ApiTable table, RequestMetrics metrics) {
        PeerListener peers = clusterSide.listener();
        if (peers == null) {
            return Future.succeededFuture();
        }
        return bind(
                        peers.host(),
                        peers.port(),
                        table,
                        settings.wire().withConnections(ConnectionLimits.NONE),
                        metrics,
                        RequestQuotas.NONE)
                .onSuccess(bound -> peerServer = bound)
                .mapEmpty();
    }

    private Future<KafkaServer.Bound> bind(
            String host,
            int port,
            ApiTable table,
            WireConfig wire,
            RequestMetrics metrics,
            RequestQuotas limits) {
        InetAddress address;
        try {
            address = InetAddress.getAllByName(host)[0];
        } catch (UnknownHostException e) {
            return Future.failedFuture(e);
        }
        return KafkaServer.bind(
                loops(),
                ((VertxInternal) vertx).transport().serverChannelFactory(false),
                new InetSocketAddress(address, port),
                table,
                wire,
                metrics,
                limits);
    }

    /** On the cluster's thread, at each change of the metadata. */
    private void limit(KafkaServer.Bound listener, MetadataImage image) {
        Map<ClientQuotaEntity, Map<String, Double>> set = image.quotas();
        quotas.update(set);
        Map<String, String> properties =
                EffectiveSettings.of(config.properties(), image, config.nodeId());
        try {
            listener.limits(ListenerSettings.connections(properties, set));
        } catch (ConfigException e) {
            // A name that resolved when the quota was set need not do so for ever.
            LOG.error("The limits of connections stay as they are: {}", e.getMessage());
        }
    }

    private Future<Void> register(KafkaServer.Bound bound) {
        ImageFollower images = follower;
        return images == null
                ? Future.succeededFuture()
                : clusterSide.join(
                        config.advertisedPort(bound.address().getPort()),
                        peerAddress(),
                        settings.rack(),
                        images);
    }

    /** In the background: clients are served meanwhile, and those without a group never wait. */
    private void prepareGroups(@Nullable BrokerMetrics metrics) {
        GroupCoordinator coordinator = groups;
        if (metrics != null) {
            metrics.fetchSessions(sessions);
            metrics.replicas(partitions);
            metrics.clusterSide(clusterSide);
            metrics.background(workers);
            LogDirectories logs = directories;
            if (logs != null) {
                metrics.logs(logs);
            }
        }
        if (coordinator != null) {
            if (metrics != null) {
                metrics.groups(coordinator);
                metrics.quotas(quotas);
                if (transactions != null) {
                    metrics.transactions(transactions);
                }
            }
            coordinator
                    .createOffsetsTopic()
                    .onFailure(
                            e ->
                                    LOG.debug(
                                            "{} is created when a client needs it",
                                            GroupCoordinator.OFFSETS_TOPIC,
                                            e));
        }
    }

    /**
     * Stops accepting, answers what is under way, closes the logs so that the next start need not
     * recover them. Idempotent; the cluster is left open.
     */
    public synchronized Future<Void> stop() {
        if (stopped == null) {
            stopped = stopInOrder();
        }
        return stopped;
    }

    private Future<Void> stopInOrder() {
        vertx.cancelTimer(checkpointTimer);
        return clusterSide
                .handOver()
                .eventually(this::stopServing)
                .eventually(
                        () ->
                                transactions == null
                                        ? Future.succeededFuture()
                                        : transactions.close())
                .eventually(() -> groups == null ? Future.succeededFuture() : groups.close())
                .eventually(
                        () -> {
                            if (follower != null) {
                                follower.stop();
                            }
                            clusterSide.close();
                            return Future.join(
                                    deploymentIds.stream().map(vertx::undeploy).toList());
                        })
                .eventually(this::stopCleaner)
                .eventually(this::closeLogs)
                .eventually(
                        () -> {
                            workers.shutdown();
                            return Future.succeededFuture();
                        })
                .mapEmpty();
    }

    private Future<Void> stopServing() {
        List<Future<?>> closed = new ArrayList<>();
        if (fetches != null) {
            fetches.stop();
        }
        if (peerFetches != null) {
            peerFetches.stop();
        }
        if (server != null) {
            closed.add(server.close(settings.shutdownGraceMs()));
        }
        if (peerServer != null) {
            closed.add(peerServer.close(settings.shutdownGraceMs()));
        }
        return Future.join(closed).mapEmpty();
    }

    private Future<Boolean> stopCleaner() {
        return workers.submit(
                () -> {
                    cleaner.stop();
                    return true;
                });
    }

    private Future<Boolean> closeLogs() {
        LogDirectories open = directories;
        if (open == null) {
            return Future.succeededFuture(true);
        }
        return workers.submit(
                        () -> {
                            open.close();
                            clusterSide.stopped();
                            return true;
                        })
                .onFailure(e -> LOG.error("Closing the logs failed; they will be recovered", e));
    }
}
