package dev.millrace.broker.txn;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/** {@link TxnShard} for tests in other packages: with callbacks, and clients of version 2. */
public final class TestTxnShard {
    private static final short VERSION = 2;

    /** What it needs; everything but the clock's reading comes later. */
    public interface World {
        /** With acks=all, in the order of the calls; told null, or why not. */
        void append(ByteBuffer batches, Consumer<@Nullable Throwable> done);

        void write(TopicPartition partition, TxnMarker marker, Consumer<@Nullable Throwable> done);

        long nextProducerId();

        void after(long delayMs, Runnable work);

        /** It has to be loaded again. */
        void broken();
    }

    /** The producer's id and epoch, if there is no error. */
    public record Answer(Errors error, long producerId, short epoch) {}

    private final TxnShard shard;

    public TestTxnShard(int coordinatorEpoch, LongSupplier clockMs, World world) {
        shard =
                new TxnShard(
                        TxnConfig.from(Map.of()),
                        new TxnCount(1_000),
                        clockMs,
                        coordinatorEpoch,
                        new Adapter(world));
    }

    private record Adapter(World world) implements TxnShard.World {
        @Override
        public Future<Void> append(ByteBuffer batches) {
            Promise<Void> promise = Promise.promise();
            world.append(batches, failure -> settle(promise, failure));
            return promise.future();
        }

        @Override
        public Future<Void> write(TopicPartition partition, TxnMarker marker) {
            Promise<Void> promise = Promise.promise();
            world.write(partition, marker, failure -> settle(promise, failure));
            return promise.future();
        }

        private static void settle(Promise<Void> promise, @Nullable Throwable failure) {
            if (failure == null) {
                promise.tryComplete();
            } else {
                promise.tryFail(failure);
            }
        }

        @Override
        public Future<Long> nextProducerId() {
            return Future.succeededFuture(world.nextProducerId());
        }

        @Override
        public void after(long delayMs, Runnable work) {
            world.after(delayMs, work);
        }

        @Override
        public boolean exists(TopicPartition partition) {
            return true;
        }

        @Override
        public short serverVersion() {
            return VERSION;
        }

        @Override
        public void broken(Throwable cause) {
            world.broken();
        }
    }

    public void replay(ByteBuffer batches) {
        TransactionLog.forEach(batches, shard::replay);
    }

    public void loaded() {
        shard.loaded();
    }

    public void close() {
        shard.close(Errors.NOT_COORDINATOR);
    }

    public void abortTimedOut() {
        shard.abortTimedOut();
    }

    public void init(String id, int timeoutMs, Consumer<Answer> answer) {
        tell(shard.init(id, timeoutMs, null), answer);
    }

    public void add(
            String id,
            long producerId,
            short epoch,
            TopicPartition partition,
            Consumer<Answer> answer) {
        tell(shard.add(id, producerId, epoch, Set.of(partition), VERSION), answer);
    }

    public void end(
            String id, long producerId, short epoch, boolean commit, Consumer<Answer> answer) {
        tell(shard.end(id, producerId, epoch, commit, VERSION), answer);
    }

    private static void tell(Future<TxnShard.Answer> future, Consumer<Answer> answer) {
        future.onComplete(
                done ->
                        answer.accept(
                                done.succeeded()
                                        ? new Answer(
                                                done.result().error(),
                                                done.result().producerId(),
                                                done.result().epoch())
                                        : new Answer(
                                                Errors.forException(done.cause()),
                                                -1,
                                                (short) -1)));
    }
}
