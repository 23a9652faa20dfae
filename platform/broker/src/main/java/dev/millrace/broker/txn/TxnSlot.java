package dev.millrace.broker.txn;

import dev.millrace.broker.CoordinatorLog;
import dev.millrace.cluster.Cluster;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.CoordinatorLoadInProgressException;
import org.apache.kafka.common.errors.NotCoordinatorException;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One partition of {@code __transaction_state} on the loop that owns its log: loads its shard when
 * this broker leads it, drops the shard when another does, or when an append left it unsure of what
 * the log holds.
 */
final class TxnSlot {
    private static final Logger LOG = LoggerFactory.getLogger(TxnSlot.class);

    /** Requests that a loading shard keeps waiting; more are told to come back. */
    private static final int MAX_WAITING_FOR_LOAD = 1_000;

    private static final long LOAD_WAIT_MS = 2_000;
    private static final long RELOAD_DELAY_MS = 500;

    /** What all slots of a node share. */
    record Shared(
            Vertx vertx,
            Cluster cluster,
            CoordinatorLog log,
            TxnConfig config,
            TxnCount count,
            LongSupplier clockMs,
            TxnMarkers markers,
            ProducerIds producerIds,
            Supplier<Short> serverVersion) {}

    private final int partition;
    private final Shared shared;
    private final ContextInternal loop;

    // Loop only.
    private @Nullable Loading loading;
    private @Nullable TxnShard shard;
    private int leaderEpoch = -1;
    private boolean stopped;

    /** A load under way, and the requests that wait for it. */
    private static final class Loading {
        private final Promise<TxnShard> ready = Promise.promise();
        private int waiting;

        /** Its result is not wanted any more. */
        private boolean abandoned;
    }

    TxnSlot(int partition, Shared shared) {
        this.partition = partition;
        this.shared = shared;
        this.loop = shared.log().loop(partition);
    }

    /** Runs {@code work} on the loop, with the shard loaded. From any thread. */
    <T> Future<T> submit(Function<TxnShard, Future<T>> work) {
        ContextInternal caller = ContextInternal.current();
        Promise<T> promise = caller == null ? Promise.promise() : caller.promise();
        onLoop(() -> run(work, promise));
        return promise.future();
    }

    private <T> void run(Function<TxnShard, Future<T>> work, Promise<T> promise) {
        try {
            TxnShard ready = shard;
            (ready != null ? work.apply(ready) : waitForLoad().compose(work)).onComplete(promise);
        } catch (RuntimeException e) {
            promise.tryFail(e);
        }
    }

    private void onLoop(Runnable work) {
        if (loop.nettyEventLoop().inEventLoop()) {
            work.run();
        } else {
            loop.nettyEventLoop().execute(work);
        }
    }

    private Future<TxnShard> waitForLoad() {
        if (stopped) {
            return Future.failedFuture(movedAway());
        }
        Loading current = load();
        if (current.waiting >= MAX_WAITING_FOR_LOAD) {
            return Future.failedFuture(stillLoading());
        }
        current.waiting++;
        return current.ready
                .future()
                .timeout(LOAD_WAIT_MS, TimeUnit.MILLISECONDS)
                .recover(
                        failure ->
                                Future.failedFuture(
                                        failure instanceof TimeoutException
                                                ? stillLoading()
                                                : failure));
    }

    private Loading load() {
        Loading existing = loading;
        if (existing != null) {
            return existing;
        }
        Loading begun = new Loading();
        loading = begun;
        // The futures below complete on this loop: they are asked for with its context current.
        loop.runOnContext(
                now ->
                        shared.log()
                                .leaderEpoch(partition)
                                .compose(epoch -> replay(begun, epoch))
                                .onComplete(
                                        loaded -> {
                                            if (begun.abandoned) {
                                                begun.ready.tryFail(movedAway());
                                                return;
                                            }
                                            loading = null;
                                            if (loaded.succeeded()) {
                                                shard = loaded.result();
                                                loaded.result().loaded();
                                                begun.ready.tryComplete(loaded.result());
                                            } else {
                                                begun.ready.tryFail(loaded.cause());
                                            }
                                        }));
        return begun;
    }

    private Future<TxnShard> replay(Loading begun, int epoch) {
        if (!begun.abandoned) {
            leaderEpoch = epoch;
        }
        TxnShard fresh =
                new TxnShard(
                        shared.config(),
                        shared.count(),
                        shared.clockMs(),
                        epoch,
                        new ShardWorld(epoch));
        return shared.log()
                .replay(partition, batches -> TransactionLog.forEach(batches, fresh::replay))
                .map(fresh);
    }

    /** The partition is led here in this epoch, or elsewhere. From any thread. */
    void leadership(boolean led, int epoch) {
        onLoop(
                () -> {
                    if (!led || (leaderEpoch >= 0 && epoch > leaderEpoch)) {
                        drop();
                    }
                    if (led && !stopped && shard == null) {
                        load();
                    }
                });
    }

    /** For good. From any thread. */
    Future<Void> stop() {
        Promise<Void> done = Promise.promise();
        onLoop(
                () -> {
                    stopped = true;
                    drop();
                    done.complete();
                });
        return done.future();
    }

    private void drop() {
        Loading underWay = loading;
        loading = null;
        leaderEpoch = -1;
        if (underWay != null) {
            underWay.abandoned = true;
            underWay.ready.tryFail(movedAway());
        }
        TxnShard open = shard;
        shard = null;
        if (open != null) {
            open.close(Errors.NOT_COORDINATOR);
        }
    }

    /** From any thread. */
    void ifLoaded(Consumer<TxnShard> work) {
        onLoop(
                () -> {
                    TxnShard ready = shard;
                    if (ready != null) {
                        work.accept(ready);
                    }
                });
    }

    private CoordinatorLoadInProgressException stillLoading() {
        return new CoordinatorLoadInProgressException(
                "the transactional ids of %s-%d are still being loaded; retry"
                        .formatted(TxnCoordinator.TRANSACTIONS_TOPIC, partition));
    }

    private NotCoordinatorException movedAway() {
        return new NotCoordinatorException(
                "another node leads %s-%d; find the coordinator again"
                        .formatted(TxnCoordinator.TRANSACTIONS_TOPIC, partition));
    }

    /** The shard's world; what completes elsewhere comes back to this loop. */
    private final class ShardWorld implements TxnShard.World {
        private final int shardEpoch;

        /**
         * @param shardEpoch under which the shard was loaded
         */
        ShardWorld(int shardEpoch) {
            this.shardEpoch = shardEpoch;
        }

        @Override
        public Future<Void> append(ByteBuffer batches) {
            return here(shared.log().append(partition, shardEpoch, batches).mapEmpty());
        }

        @Override
        public Future<Void> write(TopicPartition target, TxnMarker marker) {
            return here(shared.markers().write(target, marker));
        }

        @Override
        public Future<Long> nextProducerId() {
            return here(shared.producerIds().next());
        }

        private <T> Future<T> here(Future<T> future) {
            if (future.isComplete()) {
                return future;
            }
            Promise<T> promise = Promise.promise();
            future.onComplete(
                    result ->
                            onLoop(
                                    () -> {
                                        if (result.succeeded()) {
                                            promise.complete(result.result());
                                        } else {
                                            promise.fail(result.cause());
                                        }
                                    }));
            return promise.future();
        }

        @Override
        public void after(long delayMs, Runnable work) {
            loop.nettyEventLoop().schedule(work, delayMs, TimeUnit.MILLISECONDS);
        }

        @Override
        public boolean exists(TopicPartition target) {
            return shared.cluster()
                    .image()
                    .topic(target.topic())
                    .filter(topic -> target.partition() < topic.partitions().size())
                    .isPresent();
        }

        @Override
        public short serverVersion() {
            return shared.serverVersion().get();
        }

        @Override
        public void broken(Throwable cause) {
            LOG.warn(
                    "transactional ids of {}-{} are loaded again: a record could not be appended",
                    TxnCoordinator.TRANSACTIONS_TOPIC,
                    partition,
                    cause);
            shard = null;
            leaderEpoch = -1;
            after(
                    RELOAD_DELAY_MS,
                    () -> {
                        if (!stopped && shard == null) {
                            load();
                        }
                    });
        }
    }
}
