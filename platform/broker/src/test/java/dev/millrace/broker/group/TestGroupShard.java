package dev.millrace.broker.group;

import dev.millrace.cluster.LiveGroups;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/** {@link GroupShard} for tests in other packages: offsets alone, with callbacks. */
public final class TestGroupShard {
    private static final short OFFSET_COMMIT = 9;

    private final GroupShard shard;
    private final LongSupplier clockMs;

    /**
     * @param appender with acks=all, in the order of the calls; tells null, or why not
     * @param onBroken it has to be loaded again
     */
    public TestGroupShard(
            LongSupplier clockMs,
            BiConsumer<ByteBuffer, Consumer<@Nullable Throwable>> appender,
            Runnable onBroken) {
        this.clockMs = clockMs;
        this.shard =
                new GroupShard(
                        GroupStory.config(0, 0),
                        new GroupCount(1_000),
                        clockMs,
                        new FakeCluster(),
                        records -> {
                            Promise<Void> promise = Promise.promise();
                            appender.accept(
                                    RecordCodec.toBatches(records, clockMs.getAsLong()),
                                    failure -> settle(promise, failure));
                            return promise.future();
                        },
                        new LivePublisher(new Nowhere(), 0, Runnable::run, () -> {}),
                        cause -> onBroken.run());
    }

    private static void settle(Promise<Void> promise, @Nullable Throwable failure) {
        if (failure == null) {
            promise.tryComplete();
        } else {
            promise.tryFail(failure);
        }
    }

    /** Groups without members have nothing to share. */
    private static final class Nowhere implements LiveGroups {
        @Override
        public CompletionStage<Boolean> put(String groupId, int coordinatorEpoch, byte[] state) {
            return CompletableFuture.completedFuture(true);
        }

        @Override
        public CompletionStage<Optional<byte[]>> get(String groupId) {
            return CompletableFuture.completedFuture(Optional.empty());
        }

        @Override
        public CompletionStage<Boolean> remove(String groupId, int coordinatorEpoch) {
            return CompletableFuture.completedFuture(true);
        }
    }

    /** What is in the log, in order. */
    public void replay(ByteBuffer batches) {
        RecordCodec.replay(
                batches,
                new RecordCodec.Replay() {
                    @Override
                    public void record(GroupRecord record) {
                        shard.replay(record);
                    }

                    @Override
                    public void pending(long producerId, GroupRecord record) {
                        shard.replayPending(producerId, record);
                    }

                    @Override
                    public void end(long producerId, boolean commit) {
                        shard.replayEnd(producerId, commit);
                    }
                });
    }

    public void loaded() {
        shard.loaded();
    }

    public void close() {
        shard.close(Errors.NOT_COORDINATOR);
    }

    /** Told null once the offset is committed, or why it is not. */
    public void commit(
            String group,
            TopicPartition partition,
            long offset,
            Consumer<@Nullable Throwable> answer) {
        Future<Void> done;
        try {
            shard.validateCommit(group, "", null, -1, OFFSET_COMMIT);
            done = shard.commit(List.of(record(group, partition, offset)));
        } catch (ApiException refused) {
            done = Future.failedFuture(refused);
        }
        done.onComplete(result -> answer.accept(result.cause()));
    }

    /** What a producer appends that commits the offset in a transaction. */
    public ByteBuffer inTransaction(
            String group, TopicPartition partition, long offset, long producerId, short epoch) {
        return RecordCodec.toTransactionalBatches(
                List.of(record(group, partition, offset)), clockMs.getAsLong(), producerId, epoch);
    }

    private GroupRecord record(String group, TopicPartition partition, long offset) {
        return new GroupRecord.OffsetCommitted(
                group,
                partition.topic(),
                partition.partition(),
                new GroupRecord.CommittedOffset(
                        offset, -1, "", clockMs.getAsLong(), -1, Uuid.ZERO_UUID));
    }

    /** -1 if there is none. */
    public long offset(String group, TopicPartition partition) {
        GroupRecord.CommittedOffset found = shard.offsets(group).get(partition);
        return found == null ? -1 : found.offset();
    }
}
