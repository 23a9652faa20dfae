package dev.millrace.broker.group;

import dev.millrace.broker.CoordinatorLog;
import dev.millrace.broker.CoordinatorLookup;
import dev.millrace.broker.txn.TxnMarker;
import dev.millrace.cluster.Cluster;
import dev.millrace.cluster.MetadataImage;
import dev.millrace.log.AppendTerms;
import dev.millrace.log.TxnGuard;
import dev.millrace.wire.record.RecordBatchBuilder;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.apache.kafka.common.errors.NotCoordinatorException;
import org.jspecify.annotations.Nullable;

/**
 * The group coordinator of this node: knows which event loop owns which group and takes work there.
 * Any thread may call it.
 */
public final class GroupCoordinator {
    public static final String OFFSETS_TOPIC = "__consumer_offsets";

    /** Requests come first after a start; groups nobody has asked for are loaded after this. */
    private static final long WARM_UP_MS = 500;

    private final Vertx vertx;
    private final CoordinatorLog log;
    private final Cluster cluster;
    private final GroupConfig config;
    private final GroupCount count;
    private final List<GroupVerticle> loops;
    private final List<String> deploymentIds = new ArrayList<>();

    /** Cluster thread only. */
    private @Nullable MetadataImage seen;

    private volatile int assignmentIntervalMs;
    private volatile boolean warm;
    private volatile boolean closed;

    private GroupCoordinator(Vertx vertx, CoordinatorLog log, Cluster cluster, GroupConfig config) {
        this.vertx = vertx;
        this.log = log;
        this.cluster = cluster;
        this.config = config;
        this.count = new GroupCount(config.maxGroups());
        this.assignmentIntervalMs = config.consumer().assignmentIntervalMs().value();
        LongSupplier clockMs = steadyClockMs();
        List<GroupVerticle> verticles = new ArrayList<>();
        for (int i = 0; i < config.threads(); i++) {
            verticles.add(
                    new GroupVerticle(
                            cluster.nodeId(),
                            config,
                            count,
                            clockMs,
                            log,
                            cluster.liveGroups(),
                            cluster::image,
                            () -> assignmentIntervalMs));
        }
        this.loops = List.copyOf(verticles);
    }

    /**
     * @param log the offsets topic; it is created by {@link #createOffsetsTopic}, or when the first
     *     client looks for its coordinator
     * @return completes when requests can be taken; groups are loaded when they are asked for
     */
    public static Future<GroupCoordinator> start(
            Vertx vertx, CoordinatorLog log, Cluster cluster, GroupConfig config) {
        GroupCoordinator coordinator = new GroupCoordinator(vertx, log, cluster, config);
        List<Future<String>> deployed =
                coordinator.loops.stream().map(vertx::deployVerticle).toList();
        return Future.all(deployed)
                .map(
                        all -> {
                            deployed.forEach(id -> coordinator.deploymentIds.add(id.result()));
                            cluster.onChange(coordinator::imageChanged);
                            vertx.setTimer(WARM_UP_MS, id -> coordinator.warmUp());
                            return coordinator;
                        });
    }

    /** Waiting members are told to look for another coordinator. Idempotent. */
    public Future<Void> close() {
        if (closed) {
            return Future.succeededFuture();
        }
        closed = true;
        return Future.join(deploymentIds.stream().map(vertx::undeploy).toList()).mapEmpty();
    }

    /**
     * Wall-clock time that does not jump: the offset is taken once, so that a corrected system
     * clock ends nobody's session.
     */
    private static LongSupplier steadyClockMs() {
        long offsetMs =
                System.currentTimeMillis() - TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
        return () -> offsetMs + TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    }

    /** Groups loaded here; any thread. */
    public int groupCount() {
        return count.count();
    }

    GroupConfig config() {
        return config;
    }

    MetadataImage image() {
        return cluster.image();
    }

    /**
     * What can be changed while the coordinator runs, {@code
     * group.consumer.assignment.interval.ms}, is from now on as it is in {@code changed}; any
     * thread.
     */
    public void reconfigure(GroupConfig changed) {
        assignmentIntervalMs = changed.consumer().assignmentIntervalMs().value();
    }

    // ---- the way to a group

    /** Runs {@code work} on the loop that owns the group; fails with NOT_COORDINATOR elsewhere. */
    <T> Future<T> onShard(String groupId, Function<GroupShard, Future<T>> work) {
        Optional<MetadataImage.Topic> topic = cluster.image().topic(OFFSETS_TOPIC);
        if (topic.isEmpty()) {
            return Future.failedFuture(
                    new NotCoordinatorException("find the coordinator of " + groupId + " first"));
        }
        List<MetadataImage.Partition> partitions = topic.get().partitions();
        int partition = OffsetsTopic.partitionOf(groupId, partitions.size());
        if (partitions.get(partition).leader() != cluster.nodeId()) {
            return Future.failedFuture(
                    new NotCoordinatorException(
                            "node %d coordinates group %s, this is node %d"
                                    .formatted(
                                            partitions.get(partition).leader(),
                                            groupId,
                                            cluster.nodeId())));
        }
        if (log.standsAside(partition)) {
            return Future.failedFuture(
                    new NotCoordinatorException(
                            "node %d is cut off, another may coordinate group %s"
                                    .formatted(cluster.nodeId(), groupId)));
        }
        return loopOf(partition).submit(partition, work);
    }

    /**
     * This broker has been cut off from the others: members that wait are sent to look for another
     * coordinator, and groups are loaded anew when it is back. Any thread.
     */
    public void standAside(boolean aside) {
        if (aside) {
            loops.forEach(loop -> loop.dropAll(log::standsAside));
        } else if (!closed) {
            tellLeadership(cluster.image());
        }
    }

    /** The partition of the offsets topic that keeps the group; 0 before there is one. */
    public int partitionOf(String groupId) {
        int count = offsetsPartitions(cluster.image()).size();
        return count == 0 ? 0 : OffsetsTopic.partitionOf(groupId, count);
    }

    /** The node that coordinates the group, as far as is known here; -1 if there is none. */
    int coordinatorNode(String groupId) {
        List<MetadataImage.Partition> partitions = offsetsPartitions(cluster.image());
        return partitions.isEmpty()
                ? -1
                : partitions.get(OffsetsTopic.partitionOf(groupId, partitions.size())).leader();
    }

    /** Whether there may be groups at all, here or elsewhere. */
    boolean hasGroups() {
        return !offsetsPartitions(cluster.image()).isEmpty();
    }

    boolean isHere(int nodeId) {
        return nodeId == cluster.nodeId();
    }

    /** Completes after so long. */
    Future<?> after(long delayMs) {
        return vertx.timer(delayMs, TimeUnit.MILLISECONDS);
    }

    /** Appends offsets that hold once their transaction is committed. */
    Future<Void> commitPending(
            GroupShard shard,
            String groupId,
            long producerId,
            short producerEpoch,
            List<GroupRecord> records,
            AppendTerms terms) {
        ByteBuffer batches =
                RecordCodec.toTransactionalBatches(
                        records, System.currentTimeMillis(), producerId, producerEpoch);
        return log.append(partitionOf(groupId), shard.coordinatorEpoch(), batches, terms)
                .onSuccess(
                        appended ->
                                records.forEach(record -> shard.replayPending(producerId, record)))
                .mapEmpty();
    }

    /**
     * Ends a transaction in a partition of the offsets topic: offsets that its producer has
     * committed there hold from now on, or never were.
     */
    public Future<Void> endTransaction(int partition, TxnMarker marker) {
        return loopOf(partition)
                .submit(
                        partition,
                        shard ->
                                log.append(
                                                partition,
                                                shard.coordinatorEpoch(),
                                                RecordBatchBuilder.endTransaction(
                                                        marker.producerId(),
                                                        marker.producerEpoch(),
                                                        marker.commit(),
                                                        marker.coordinatorEpoch(),
                                                        System.currentTimeMillis()),
                                                AppendTerms.marker(marker.version()))
                                        .onSuccess(
                                                appended ->
                                                        shard.replayEnd(
                                                                marker.producerId(),
                                                                marker.commit()))
                                        .mapEmpty());
    }

    /** What {@link #commitPending} has to show. */
    Future<Optional<TxnGuard>> transactionGuard(
            String groupId, long producerId, short producerEpoch, boolean transactionV2) {
        return log.transactionGuard(partitionOf(groupId), producerId, producerEpoch, transactionV2);
    }

    private GroupVerticle loopOf(int partition) {
        return loops.get(partition % loops.size());
    }

    /** Runs {@code work} for each partition led here. */
    <T> Future<List<T>> onAllShards(Function<GroupShard, Future<T>> work) {
        List<Future<T>> results = new ArrayList<>();
        for (MetadataImage.Partition partition : offsetsPartitions(cluster.image())) {
            if (partition.leader() == cluster.nodeId()) {
                results.add(loopOf(partition.index()).submit(partition.index(), work));
            }
        }
        return results.isEmpty()
                ? Future.succeededFuture(List.of())
                : Future.all(results).map(all -> all.list());
    }

    /** The broker that coordinates the group; creates the offsets topic if there is none yet. */
    Future<MetadataImage.BrokerRegistration> coordinatorOf(String groupId) {
        return CoordinatorLookup.find(
                cluster,
                log,
                OFFSETS_TOPIC,
                partitions -> OffsetsTopic.partitionOf(groupId, partitions));
    }

    /**
     * Creates the offsets topic before anybody asks for it, so that the first member of the first
     * group does not wait for that. Where it cannot be created yet, for want of brokers, the first
     * request that needs it tries again.
     */
    public Future<Void> createOffsetsTopic() {
        return cluster.image().topic(OFFSETS_TOPIC).isPresent()
                ? Future.succeededFuture()
                : log.partitions().mapEmpty();
    }

    private static List<MetadataImage.Partition> offsetsPartitions(MetadataImage image) {
        return image.topic(OFFSETS_TOPIC).map(MetadataImage.Topic::partitions).orElse(List.of());
    }

    // ---- changes of the cluster

    private void imageChanged(MetadataImage image) {
        MetadataImage before = seen;
        seen = image;
        if (before == null || closed) {
            return;
        }
        tellTopics(before, image);
        deleteOffsetsOfDeletedTopics(before, image);
        if (warm && !offsetsPartitions(before).equals(offsetsPartitions(image))) {
            tellLeadership(image);
        }
    }

    /** Groups in which the server assigns may have to do so again. */
    private void tellTopics(MetadataImage before, MetadataImage after) {
        if (before.topicsById().equals(after.topicsById())) {
            return;
        }
        Set<String> changed = new HashSet<>();
        boolean created = false;
        for (MetadataImage.Topic topic : after.topics().values()) {
            MetadataImage.Topic known = before.topicsById().get(topic.id());
            if (known == null || known.partitions().size() != topic.partitions().size()) {
                changed.add(topic.name());
                created |= known == null;
            }
        }
        before.topicsById()
                .forEach(
                        (id, topic) -> {
                            if (!after.topicsById().containsKey(id)) {
                                changed.add(topic.name());
                            }
                        });
        if (!changed.isEmpty()) {
            long createdAt = created ? after.version() : -1;
            loops.forEach(loop -> loop.topicsChanged(changed, createdAt));
        }
    }

    private void deleteOffsetsOfDeletedTopics(MetadataImage before, MetadataImage after) {
        Set<String> deleted = new HashSet<>();
        before.topicsById()
                .forEach(
                        (id, topic) -> {
                            if (!after.topicsById().containsKey(id)) {
                                deleted.add(topic.name());
                            }
                        });
        if (!deleted.isEmpty()) {
            loops.forEach(loop -> loop.topicsDeleted(deleted));
        }
    }

    private void warmUp() {
        warm = true;
        if (!closed) {
            tellLeadership(cluster.image());
        }
    }

    private void tellLeadership(MetadataImage image) {
        List<MetadataImage.Partition> partitions = offsetsPartitions(image);
        for (int i = 0; i < loops.size(); i++) {
            int loop = i;
            loops.get(i)
                    .leadershipChanged(
                            partitions.stream()
                                    .filter(p -> p.index() % loops.size() == loop)
                                    .toList());
        }
    }
}
