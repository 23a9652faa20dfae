package dev.millrace.broker;

import dev.millrace.cluster.Cluster;
import dev.millrace.cluster.MetadataImage;
import dev.millrace.log.AppendTerms;
import dev.millrace.log.FetchedRecords;
import dev.millrace.log.PartitionLog;
import dev.millrace.log.PartitionLog.AppendOrigin;
import dev.millrace.log.PartitionLog.AppendResult;
import dev.millrace.log.TxnGuard;
import dev.millrace.wire.record.RecordBatchView;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.CoordinatorNotAvailableException;
import org.apache.kafka.common.errors.FencedLeaderEpochException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.LeaderNotAvailableException;
import org.apache.kafka.common.errors.NotCoordinatorException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.UnknownLeaderEpochException;

/** {@link CoordinatorLog} over the partitions of one internal topic that this broker leads. */
final class InternalTopicLog implements CoordinatorLog {
    private static final int REPLAY_BYTES = 1 << 20;

    /** {@code offsets.commit.timeout.ms} */
    private static final int COMMIT_TIMEOUT_MS = 5_000;

    private final String topic;
    private final Cluster cluster;
    private final TopicCreation creation;
    private final ImageFollower follower;
    private final Partitions partitions;
    private final Workers workers;
    private final BooleanSupplier aside;

    /**
     * @param aside whether this broker is cut off from the others
     */
    InternalTopicLog(
            String topic,
            Cluster cluster,
            TopicCreation creation,
            ImageFollower follower,
            Partitions partitions,
            Workers workers,
            BooleanSupplier aside) {
        this.aside = aside;
        this.topic = topic;
        this.cluster = cluster;
        this.creation = creation;
        this.follower = follower;
        this.partitions = partitions;
        this.workers = workers;
    }

    @Override
    public Future<Integer> partitions() {
        return creation.create(topic)
                .recover(
                        e ->
                                Future.failedFuture(
                                        e instanceof LeaderNotAvailableException
                                                ? new CoordinatorNotAvailableException(
                                                        e.getMessage(), e)
                                                : e))
                .compose(created -> opened().map(open -> created.partitions().size()));
    }

    /** Completes when the logs of what the image says now are open. */
    private Future<Void> opened() {
        return follower.applied(cluster.image());
    }

    @Override
    public Future<Integer> leaderEpoch(int partition) {
        MetadataImage.Topic known = cluster.image().topics().get(topic);
        if (known == null
                || partition >= known.partitions().size()
                || known.partitions().get(partition).leader() != cluster.nodeId()) {
            return Future.failedFuture(notHere(partition));
        }
        Partition open = partitions.find(topicPartition(partition));
        // An epoch that has just begun in the image may not have reached the partition yet.
        return open != null
                        && open.isLed()
                        && open.leaderEpoch() >= known.partitions().get(partition).leaderEpoch()
                ? Future.succeededFuture(open.leaderEpoch())
                : opened().map(done -> require(partition).leaderEpoch());
    }

    @Override
    public boolean standsAside(int partition) {
        if (!aside.getAsBoolean()) {
            return false;
        }
        MetadataImage.Topic known = cluster.image().topics().get(topic);
        return known != null
                && partition < known.partitions().size()
                && known.partitions().get(partition).replicas().size() > 1;
    }

    @Override
    public Future<Long> append(
            int partition, int leaderEpoch, ByteBuffer batches, AppendTerms terms) {
        Promise<Long> promise = promise();
        onOwner(partition, promise, target -> append(target, leaderEpoch, batches, terms, promise));
        return promise.future();
    }

    @Override
    public Future<Optional<TxnGuard>> transactionGuard(
            int partition, long producerId, short epoch, boolean transactionV2) {
        Promise<Optional<TxnGuard>> promise = promise();
        onOwner(
                partition,
                promise,
                target ->
                        promise.complete(
                                Optional.ofNullable(
                                        target.transactionGuard(
                                                producerId,
                                                epoch,
                                                RecordBatchView.NO_SEQUENCE,
                                                transactionV2))));
        return promise.future();
    }

    @Override
    public ContextInternal loop(int partition) {
        return follower.ownerOf(topicPartition(partition));
    }

    private void onOwner(int partition, Promise<?> promise, Consumer<Partition> work) {
        Partition target;
        try {
            target = require(partition);
        } catch (ApiException e) {
            promise.fail(e);
            return;
        }
        if (target.isOwnerThread()) {
            run(target, promise, work);
        } else {
            target.owner().nettyEventLoop().execute(() -> run(target, promise, work));
        }
    }

    private static void run(Partition target, Promise<?> promise, Consumer<Partition> work) {
        try {
            work.accept(target);
        } catch (RuntimeException e) {
            promise.tryFail(asCoordinator(e));
        }
    }

    /** Owner of the partition. */
    private static void append(
            Partition target,
            int leaderEpoch,
            ByteBuffer batches,
            AppendTerms terms,
            Promise<Long> promise) {
        if (target.isHeld()) {
            target.afterHold(
                    () ->
                            run(
                                    target,
                                    promise,
                                    t -> append(t, leaderEpoch, batches, terms, promise)));
            return;
        }
        // In the same turn as the append: whoever has led in between may have decided otherwise.
        target.requireUsable(leaderEpoch);
        target.requireInsyncReplicas();
        AppendResult result = target.append(batches, AppendOrigin.COORDINATOR, terms);
        Future<Void> pending = target.acknowledgeable(result.lastOffset(), true, COMMIT_TIMEOUT_MS);
        if (pending == null) {
            promise.complete(result.lastOffset());
        } else {
            pending.map(done -> result.lastOffset())
                    .recover(e -> Future.failedFuture(asCoordinator(e)))
                    .onComplete(promise);
        }
    }

    /** Without its log, a coordinator is none: the client looks for another. */
    private static Throwable asCoordinator(Throwable e) {
        return e instanceof KafkaStorageException
                        || e instanceof NotLeaderOrFollowerException
                        || e instanceof FencedLeaderEpochException
                        || e instanceof UnknownLeaderEpochException
                ? new NotCoordinatorException(e.getMessage(), e)
                : e;
    }

    @Override
    public Future<Void> replay(int partition, Consumer<ByteBuffer> batches) {
        Promise<Partition> committed = promise();
        onOwner(partition, committed, source -> awaitCommitted(source, committed));
        return committed
                .future()
                .compose(
                        source -> {
                            PartitionLog log = source.log();
                            return replay(
                                    source, log.logStartOffset(), log.highWatermark(), batches);
                        });
    }

    /**
     * What the last coordinator was told is committed may be above the high watermark that is known
     * here; all of it is below the log end. Nothing comes after that: the coordinator appends when
     * it has read this. Owner of the partition.
     */
    private void awaitCommitted(Partition source, Promise<Partition> committed) {
        PartitionLog log = source.log();
        if (log.highWatermark() >= log.logEndOffset()) {
            committed.complete(source);
            return;
        }
        source.awaitData(
                log.logEndOffset() - 1,
                ReadLimit.HIGH_WATERMARK,
                new OffsetWaiters.Waiter() {
                    @Override
                    void passed() {
                        if (source.isLed()) {
                            committed.complete(source);
                        } else {
                            committed.fail(notHere(source.topicPartition().partition()));
                        }
                    }
                });
    }

    private Future<Void> replay(
            Partition source, long offset, long end, Consumer<ByteBuffer> batches) {
        if (offset >= end) {
            return Future.succeededFuture();
        }
        return workers.submit(() -> read(source, offset, end))
                .compose(
                        chunk -> {
                            if (!chunk.hasRemaining()) {
                                // Compacted away, up to the end.
                                return Future.succeededFuture();
                            }
                            long next = nextOffset(chunk);
                            batches.accept(chunk);
                            return replay(source, next, end, batches);
                        });
    }

    private static ByteBuffer read(Partition source, long offset, long end) throws IOException {
        FetchedRecords fetched = source.log().read(offset, end, REPLAY_BYTES, true);
        ByteBuffer records = fetched.records();
        if (records == null) {
            FetchedRecords.FileRegion region = fetched.region();
            records = ByteBuffer.allocate(fetched.sizeBytes());
            while (region != null && records.hasRemaining()) {
                int n = region.channel().read(records, region.position() + records.position());
                if (n < 0) {
                    throw new IOException(
                            source.topicPartition() + " ends inside of a batch it has");
                }
            }
            records.flip();
        }
        return records;
    }

    private static long nextOffset(ByteBuffer batches) {
        int position = batches.position();
        long next = -1;
        while (position < batches.limit()) {
            next = RecordBatchView.at(batches, position).nextOffset();
            position += RecordBatchView.sizeAt(batches, position);
        }
        return next;
    }

    private TopicPartition topicPartition(int partition) {
        return new TopicPartition(topic, partition);
    }

    /** What a coordinator asks for and does not find here, it does not coordinate. */
    private Partition require(int partition) {
        Partition found = partitions.find(topicPartition(partition));
        if (found == null || !found.isLed()) {
            throw notHere(partition);
        }
        return found;
    }

    private NotCoordinatorException notHere(int partition) {
        return new NotCoordinatorException(topic + "-" + partition + " is not led here");
    }

    private static <T> Promise<T> promise() {
        ContextInternal context = ContextInternal.current();
        return context == null ? Promise.promise() : context.promise();
    }
}
