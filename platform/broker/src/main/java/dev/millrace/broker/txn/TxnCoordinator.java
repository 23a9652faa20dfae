package dev.millrace.broker.txn;

import dev.millrace.broker.CoordinatorLog;
import dev.millrace.broker.CoordinatorLookup;
import dev.millrace.cluster.Cluster;
import dev.millrace.cluster.MetadataImage;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.NotCoordinatorException;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The transaction coordinator of this node: knows which partition of {@code __transaction_state} a
 * transactional id belongs to, and takes work to the loop that owns it. Any thread may call it.
 */
public final class TxnCoordinator {
    public static final String TRANSACTIONS_TOPIC = "__transaction_state";

    private static final Logger LOG = LoggerFactory.getLogger(TxnCoordinator.class);

    private final Vertx vertx;
    private final Cluster cluster;
    private final CoordinatorLog log;
    private final TxnConfig config;
    private volatile boolean verifyPartitions;
    private final TxnCount count;
    private final ProducerIds producerIds;
    private final TxnSlot.Shared shared;
    private final RemoteCoordinators others;
    private final Map<Integer, TxnSlot> slots = new ConcurrentHashMap<>();
    private final List<Long> timers = new ArrayList<>();
    private volatile List<MetadataImage.Partition> seen = List.of();
    private volatile boolean closed;

    private TxnCoordinator(
            Vertx vertx,
            CoordinatorLog log,
            Cluster cluster,
            TxnConfig config,
            TxnMarkers markers,
            RemoteCoordinators others,
            Supplier<Short> serverVersion) {
        this.others = others;
        this.vertx = vertx;
        this.cluster = cluster;
        this.log = log;
        this.config = config;
        this.count = new TxnCount(config.maxIds());
        this.verifyPartitions = config.verifyPartitions();
        this.producerIds = new ProducerIds(vertx, cluster);
        this.shared =
                new TxnSlot.Shared(
                        vertx,
                        cluster,
                        log,
                        config,
                        count,
                        steadyClockMs(),
                        markers,
                        producerIds,
                        serverVersion);
    }

    /**
     * Loads what this node leads, in the background: decisions whose markers are not all written go
     * on by that, and transactions that nobody ends are aborted in time.
     *
     * @param log the topic of transactions, created when the first client looks for its coordinator
     * @param others asked for ids that are coordinated elsewhere
     * @param serverVersion transaction version in force (feature {@code transaction.version})
     */
    public static TxnCoordinator start(
            Vertx vertx,
            CoordinatorLog log,
            Cluster cluster,
            TxnConfig config,
            TxnMarkers markers,
            RemoteCoordinators others,
            Supplier<Short> serverVersion) {
        TxnCoordinator coordinator =
                new TxnCoordinator(vertx, log, cluster, config, markers, others, serverVersion);
        cluster.onChange(coordinator::imageChanged);
        coordinator.imageChanged(cluster.image());
        coordinator.every(
                config.abortTimedOutIntervalMs(),
                () -> coordinator.slots.values().forEach(s -> s.ifLoaded(TxnShard::abortTimedOut)));
        coordinator.every(config.removeExpiredIntervalMs(), coordinator::removeExpired);
        return coordinator;
    }

    private void every(long intervalMs, Runnable work) {
        timers.add(vertx.setPeriodic(intervalMs, id -> work.run()));
    }

    private void removeExpired() {
        slots.values()
                .forEach(
                        slot ->
                                slot.ifLoaded(
                                        shard ->
                                                shard.removeExpired()
                                                        .onFailure(
                                                                e ->
                                                                        LOG.warn(
                                                                                "expired transactional"
                                                                                        + " ids were not"
                                                                                        + " removed; the"
                                                                                        + " next pass"
                                                                                        + " tries"
                                                                                        + " again",
                                                                                e))));
    }

    /** Who waits is told to look for another coordinator. Idempotent. */
    public Future<Void> close() {
        if (closed) {
            return Future.succeededFuture();
        }
        closed = true;
        timers.forEach(vertx::cancelTimer);
        return Future.join(slots.values().stream().map(TxnSlot::stop).toList()).mapEmpty();
    }

    /**
     * Wall-clock time that does not jump: the offset is taken once, so that a corrected system
     * clock aborts nobody's transaction.
     */
    private static LongSupplier steadyClockMs() {
        long offsetMs =
                System.currentTimeMillis() - TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
        return () -> offsetMs + TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    }

    /** {@code transaction.partition.verification.enable} */
    public boolean verifiesPartitions() {
        return verifyPartitions;
    }

    /** Changes {@code transaction.partition.verification.enable}; any thread. */
    public void verifyPartitions(boolean verify) {
        verifyPartitions = verify;
    }

    MetadataImage image() {
        return cluster.image();
    }

    LongSupplier clockMs() {
        return shared.clockMs();
    }

    /** Transactional ids loaded here. */
    public int idCount() {
        return count.ids();
    }

    /** A producer id that nobody had before. */
    Future<Long> nextProducerId() {
        return producerIds.next();
    }

    // ---- the way to a transactional id

    /** Runs {@code work} on the loop that owns the id; fails with NOT_COORDINATOR elsewhere. */
    <T> Future<T> onShard(String transactionalId, Function<TxnShard, Future<T>> work) {
        List<MetadataImage.Partition> partitions = partitions(cluster.image());
        if (partitions.isEmpty()) {
            return Future.failedFuture(
                    new NotCoordinatorException(
                            "find the coordinator of " + transactionalId + " first"));
        }
        int partition = TransactionLog.partitionOf(transactionalId, partitions.size());
        int leader = partitions.get(partition).leader();
        if (leader != cluster.nodeId() || closed) {
            return Future.failedFuture(
                    new NotCoordinatorException(
                            "node %d coordinates transactional id %s, this is node %d"
                                    .formatted(leader, transactionalId, cluster.nodeId())));
        }
        if (log.standsAside(partition)) {
            return Future.failedFuture(
                    new NotCoordinatorException(
                            "node %d is cut off, another may coordinate transactional id %s"
                                    .formatted(cluster.nodeId(), transactionalId)));
        }
        return slot(partition).submit(work);
    }

    /** Runs {@code work} for each partition led here. */
    <T> Future<List<T>> onAllShards(Function<TxnShard, Future<T>> work) {
        List<Future<T>> results = new ArrayList<>();
        for (MetadataImage.Partition partition : partitions(cluster.image())) {
            if (partition.leader() == cluster.nodeId() && !closed) {
                results.add(slot(partition.index()).submit(work));
            }
        }
        return results.isEmpty()
                ? Future.succeededFuture(List.of())
                : Future.all(results).map(all -> all.list());
    }

    private TxnSlot slot(int partition) {
        return slots.computeIfAbsent(partition, index -> new TxnSlot(index, shared));
    }

    /** The broker that coordinates the id; creates the topic if there is none yet. */
    public Future<MetadataImage.BrokerRegistration> coordinatorOf(String transactionalId) {
        return CoordinatorLookup.find(
                cluster,
                log,
                TRANSACTIONS_TOPIC,
                partitions -> TransactionLog.partitionOf(transactionalId, partitions));
    }

    /**
     * Whether a producer's records may be appended to partitions, in the words of Produce and
     * TxnOffsetCommit. Never fails.
     *
     * @param add transactions v2: the first record makes its partition part of the transaction;
     *     else the coordinator is asked whether it is
     * @param knowsAbortable the client understands TRANSACTION_ABORTABLE
     * @return the error of each partition
     */
    public Future<Map<TopicPartition, Errors>> admit(
            String transactionalId,
            long producerId,
            short epoch,
            Set<TopicPartition> partitions,
            boolean add,
            boolean knowsAbortable) {
        int leader = leaderOf(transactionalId);
        Future<Map<TopicPartition, Errors>> answered =
                leader >= 0 && leader != cluster.nodeId()
                        ? others.admit(leader, transactionalId, producerId, epoch, partitions, add)
                        : admitHere(transactionalId, producerId, epoch, partitions, add);
        return answered.otherwise(failure -> forAll(partitions, Errors.forException(failure)))
                .map(
                        errors -> {
                            errors.replaceAll((p, error) -> appendError(error, knowsAbortable));
                            return errors;
                        });
    }

    /** Who coordinates the id; -1 if nobody does, or there is no topic yet. */
    private int leaderOf(String transactionalId) {
        List<MetadataImage.Partition> led = partitions(cluster.image());
        return led.isEmpty()
                ? -1
                : led.get(TransactionLog.partitionOf(transactionalId, led.size())).leader();
    }

    private Future<Map<TopicPartition, Errors>> admitHere(
            String transactionalId,
            long producerId,
            short epoch,
            Set<TopicPartition> partitions,
            boolean add) {
        return add
                ? onShard(
                                transactionalId,
                                shard ->
                                        shard.add(
                                                transactionalId,
                                                producerId,
                                                epoch,
                                                partitions,
                                                Transaction.EPOCH_RAISED))
                        .map(answer -> forAll(partitions, answer.error()))
                : verify(transactionalId, producerId, epoch, partitions);
    }

    private static Errors appendError(Errors error, boolean knowsAbortable) {
        return switch (error) {
            case PRODUCER_FENCED -> Errors.INVALID_PRODUCER_EPOCH;
            case TRANSACTION_ABORTABLE -> knowsAbortable ? error : Errors.INVALID_TXN_STATE;
            default -> error;
        };
    }

    Future<Map<TopicPartition, Errors>> verify(
            String transactionalId, long producerId, short epoch, Set<TopicPartition> partitions) {
        return onShard(
                transactionalId,
                shard ->
                        Future.succeededFuture(
                                shard.verify(transactionalId, producerId, epoch, partitions)));
    }

    private static Map<TopicPartition, Errors> forAll(
            Set<TopicPartition> partitions, Errors error) {
        Map<TopicPartition, Errors> errors = new HashMap<>();
        partitions.forEach(partition -> errors.put(partition, error));
        return errors;
    }

    private static List<MetadataImage.Partition> partitions(MetadataImage image) {
        return image.topic(TRANSACTIONS_TOPIC)
                .map(MetadataImage.Topic::partitions)
                .orElse(List.of());
    }

    // ---- changes of the cluster

    private void imageChanged(MetadataImage image) {
        List<MetadataImage.Partition> now = partitions(image);
        if (closed || now.equals(seen)) {
            return;
        }
        seen = now;
        for (MetadataImage.Partition partition : now) {
            boolean led = partition.leader() == cluster.nodeId();
            if (led || slots.containsKey(partition.index())) {
                slot(partition.index()).leadership(led, partition.leaderEpoch());
            }
        }
    }
}
