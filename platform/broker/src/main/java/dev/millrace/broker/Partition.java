package dev.millrace.broker;

import dev.millrace.log.AppendTerms;
import dev.millrace.log.PartitionLog;
import dev.millrace.log.PartitionLog.AppendOrigin;
import dev.millrace.log.PartitionLog.AppendResult;
import dev.millrace.log.TxnGuard;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.FencedLeaderEpochException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.UnknownLeaderEpochException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A partition that this broker leads: its log, its epoch, and the requests that wait on it. Changed
 * by its owner, one event loop, and by nobody else; any thread may read the log below the high
 * watermark and ask for the epoch.
 *
 * <p>The high watermark follows the log end at once, since the only replica is the leader. A
 * replication source would move it instead, by {@link #advanceHighWatermark}.
 */
final class Partition {
    private static final Logger LOG = LoggerFactory.getLogger(Partition.class);

    /** Kafka's value for "no epoch known", in requests. */
    static final int NO_EPOCH = -1;

    private final PartitionLog log;
    private final ContextInternal owner;
    private final Workers workers;
    private final OffsetWaiters highWatermarkWaiters = new OffsetWaiters();
    private final OffsetWaiters stableOffsetWaiters = new OffsetWaiters();

    /** Waits for the flush that follows the one under way; null while none is. */
    private @Nullable Promise<Void> nextFlush;

    private boolean flushing;

    /** Completes when the tidying under way is done; null while none is. */
    private @Nullable Promise<Void> tidying;

    private volatile int leaderEpoch;
    private volatile int insyncReplicas;
    private volatile int minInsyncReplicas;

    /** Why requests are refused; null while they are not. */
    private volatile @Nullable ApiException refusal;

    Partition(PartitionLog log, ContextInternal owner, Workers workers, int leaderEpoch) {
        this.log = log;
        this.owner = owner;
        this.workers = workers;
        this.leaderEpoch = leaderEpoch;
    }

    TopicPartition topicPartition() {
        return log.topicPartition();
    }

    Uuid topicId() {
        return log.topicId();
    }

    /** The context of the event loop that owns this partition. */
    ContextInternal owner() {
        return owner;
    }

    /** For reads below {@link PartitionLog#highWatermark()}, and for its getters; any thread. */
    PartitionLog log() {
        return log;
    }

    int leaderEpoch() {
        return leaderEpoch;
    }

    void replicas(int insync, int minInsync) {
        insyncReplicas = insync;
        minInsyncReplicas = minInsync;
    }

    /** Any thread. */
    boolean isOwnerThread() {
        return owner.nettyEventLoop().inEventLoop();
    }

    /**
     * @param expectedEpoch the epoch under which the client believes this broker leads, or {@link
     *     #NO_EPOCH}
     * @throws ApiException this partition is not to be used, or not under this epoch
     */
    void requireUsable(int expectedEpoch) {
        ApiException reason = refusal;
        if (reason != null) {
            throw reason;
        }
        // Whatever is negative means that the client knows none.
        if (expectedEpoch >= 0 && expectedEpoch != leaderEpoch) {
            String message =
                    "%s: the request says leader epoch %d, it is %d"
                            .formatted(topicPartition(), expectedEpoch, leaderEpoch);
            throw expectedEpoch < leaderEpoch
                    ? new FencedLeaderEpochException(message)
                    : new UnknownLeaderEpochException(message);
        }
    }

    /**
     * Appends and, with a single replica, commits. Owner only.
     *
     * @throws ApiException the log's refusal
     */
    AppendResult append(ByteBuffer batches, AppendOrigin origin) {
        return append(batches, origin, AppendTerms.NONE);
    }

    /** The same, of a transaction. Owner only. */
    AppendResult append(ByteBuffer batches, AppendOrigin origin, AppendTerms terms) {
        requireUsable(NO_EPOCH);
        try {
            AppendResult result = log.appendAsLeader(batches, leaderEpoch, origin, terms);
            if (!result.duplicate()) {
                advanceHighWatermark(log.logEndOffset());
                tidyIfDue();
            }
            return result;
        } catch (IOException e) {
            throw broken(e);
        }
    }

    /**
     * What a batch has to show that may open a transaction here; null if it is open. Owner only.
     *
     * @see PartitionLog#transactionGuard
     */
    @Nullable TxnGuard transactionGuard(
            long producerId, short epoch, int sequence, boolean transactionV2) {
        requireUsable(NO_EPOCH);
        return log.transactionGuard(producerId, epoch, sequence, transactionV2);
    }

    /**
     * @throws NotEnoughReplicasException acks=all cannot be promised
     */
    void requireInsyncReplicas() {
        if (insyncReplicas < minInsyncReplicas) {
            throw new NotEnoughReplicasException(
                    "%s has %d in-sync replicas, min.insync.replicas is %d"
                            .formatted(topicPartition(), insyncReplicas, minInsyncReplicas));
        }
    }

    /**
     * What still has to happen before an append up to {@code lastOffset} may be acknowledged; null
     * if nothing, which is the usual case. Owner only.
     *
     * @param acksAll whether the high watermark has to pass it
     */
    @Nullable Future<Void> acknowledgeable(long lastOffset, boolean acksAll) {
        Future<Void> flushed = log.flushDue() ? flush() : null;
        if (!acksAll || log.highWatermark() > lastOffset) {
            return flushed;
        }
        Promise<Void> committed = owner.promise();
        highWatermarkWaiters.add(
                lastOffset,
                () -> {
                    ApiException reason = refusal;
                    if (reason == null) {
                        committed.complete();
                    } else {
                        committed.fail(reason);
                    }
                });
        return flushed == null
                ? committed.future()
                : Future.all(flushed, committed.future()).mapEmpty();
    }

    private void advanceHighWatermark(long offset) {
        if (log.advanceHighWatermark(offset)) {
            highWatermarkWaiters.passed(log.highWatermark());
            stableOffsetWaiters.passed(log.lastStableOffset());
        }
    }

    /** Makes everything appended so far durable. Appends that arrive meanwhile share the next. */
    private Future<Void> flush() {
        if (flushing) {
            if (nextFlush == null) {
                nextFlush = owner.promise();
            }
            return nextFlush.future();
        }
        Promise<Void> done = owner.promise();
        flushInto(done);
        return done.future();
    }

    private void flushInto(Promise<Void> done) {
        flushing = true;
        workers.submit(
                        () -> {
                            log.flush();
                            return true;
                        })
                .onComplete(result -> owner.nettyEventLoop().execute(() -> flushed(done, result)));
    }

    private void flushed(Promise<Void> done, AsyncResult<Boolean> result) {
        flushing = false;
        Promise<Void> next = nextFlush;
        nextFlush = null;
        if (next != null) {
            flushInto(next);
        }
        finish(done, result);
    }

    /** Lets a worker do what a roll or retention has left to be done to files. Owner only. */
    private void tidyIfDue() {
        if (tidying == null && log.tidyDue()) {
            tidying = owner.promise();
            workers.submit(
                            () -> {
                                log.tidy();
                                return true;
                            })
                    .onComplete(result -> owner.nettyEventLoop().execute(() -> tidied(result)));
        }
    }

    private void tidied(AsyncResult<Boolean> result) {
        Promise<Void> done = tidying;
        tidying = null;
        if (result.succeeded()) {
            // More may have come since it began. After a failure the next roll tries again.
            tidyIfDue();
        } else {
            LOG.warn("{}: files were not tidied", topicPartition(), result.cause());
        }
        if (done != null) {
            finish(done, result);
        }
    }

    /** Completes when all that was given up so far is renamed away. Owner only. */
    private Future<Void> allTidied() {
        Promise<Void> before = tidying;
        if (before == null) {
            tidyIfDue();
            return underWay();
        }
        // It may have begun before the newest work was there; the one that follows has not.
        return before.future().compose(done -> underWay());
    }

    private Future<Void> underWay() {
        Promise<Void> current = tidying;
        return current == null ? Future.succeededFuture() : current.future();
    }

    private void finish(Promise<Void> done, AsyncResult<Boolean> result) {
        if (result.succeeded()) {
            done.complete();
        } else {
            Throwable cause = result.cause();
            done.fail(cause instanceof IOException e ? broken(e) : cause);
        }
    }

    /**
     * Tells {@code waiter} once there is something to read at {@code offset}; at once if there is
     * already, or if the partition is not to be used. Owner only.
     */
    void awaitData(long offset, boolean stable, OffsetWaiters.Waiter waiter) {
        long end = stable ? log.lastStableOffset() : log.highWatermark();
        if (offset < end || refusal != null) {
            waiter.passed();
        } else {
            (stable ? stableOffsetWaiters : highWatermarkWaiters).add(offset, waiter);
        }
    }

    /** Owner only. */
    void stopWaiting(OffsetWaiters.Waiter waiter, boolean stable) {
        (stable ? stableOffsetWaiters : highWatermarkWaiters).remove(waiter);
    }

    /** Owner only. */
    void becomeLeader(int epoch) {
        log.beginLeaderEpoch(epoch);
        leaderEpoch = epoch;
        // The only replica of its log: all of it is committed.
        advanceHighWatermark(log.logEndOffset());
    }

    /**
     * Raises the log start. Owner only.
     *
     * @param offset first offset to keep; -1 for the high watermark
     * @return the new log start, once the files of what is below are renamed away
     * @throws OffsetOutOfRangeException below the log start or above the high watermark
     */
    Future<Long> deleteRecords(long offset) {
        requireUsable(NO_EPOCH);
        long target = offset == -1 ? log.highWatermark() : offset;
        if (target < log.logStartOffset() || target > log.highWatermark()) {
            throw new OffsetOutOfRangeException(
                    "%s: offset %d is outside %d..%d"
                            .formatted(
                                    topicPartition(),
                                    target,
                                    log.logStartOffset(),
                                    log.highWatermark()));
        }
        try {
            log.advanceLogStartOffset(target);
            long start = log.logStartOffset();
            return allTidied().map(start);
        } catch (IOException e) {
            throw broken(e);
        }
    }

    /** Rolls by time, gives up segments that are too old or too many. Owner only. */
    void enforceRetention() {
        if (refusal == null) {
            try {
                int deleted = log.enforceRetention();
                if (deleted > 0) {
                    LOG.info(
                            "{}: retention gave up {} segments, the log now starts at {}",
                            topicPartition(),
                            deleted,
                            log.logStartOffset());
                }
                tidyIfDue();
            } catch (IOException e) {
                broken(e);
            }
        }
    }

    /** Answers everybody who waits and refuses what comes. Owner only. */
    void retire(ApiException reason) {
        refusal = reason;
        wakeAll();
    }

    /** Completes all waits with what there is. Owner only. */
    void wakeAll() {
        highWatermarkWaiters.passedAll();
        stableOffsetWaiters.passedAll();
    }

    /** After a failed write nobody knows what the disk holds: this log is not used again. */
    KafkaStorageException broken(IOException cause) {
        KafkaStorageException reason =
                new KafkaStorageException(
                        topicPartition() + ": its log cannot be used: " + cause.getMessage(),
                        cause);
        if (refusal == null) {
            LOG.error("{} goes offline until the broker is restarted", topicPartition(), cause);
            refusal = reason;
        }
        return reason;
    }

    /** Requests waiting now. Owner only. */
    int waiting() {
        return highWatermarkWaiters.size() + stableOffsetWaiters.size();
    }
}
