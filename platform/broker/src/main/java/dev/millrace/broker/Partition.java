package dev.millrace.broker;

import dev.millrace.broker.replica.Leadership;
import dev.millrace.log.AppendTerms;
import dev.millrace.log.LogConfig;
import dev.millrace.log.PartitionLog;
import dev.millrace.log.PartitionLog.AppendOrigin;
import dev.millrace.log.PartitionLog.AppendResult;
import dev.millrace.log.TxnGuard;
import io.netty.util.concurrent.ScheduledFuture;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.FencedLeaderEpochException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.OffsetNotAvailableException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownLeaderEpochException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A partition that has a replica on this broker: its log, its epoch, and the requests that wait on
 * it. Changed by its owner, one event loop, and by nobody else; any thread may read the log below
 * the high watermark and ask for the epoch.
 *
 * <pre>
 *            lead ───────────────────────► leads: takes appends, {@link LeadReplicas} if not alone
 *   opened ──┤        ▲ lead  │ follow
 *            follow ──┴───────▼──────────► follows: refuses, and a {@link ReplicationSource}
 *                                          brings what the leader has
 *   either ── retire, broken ──► over
 * </pre>
 *
 * Where the leader is the only replica the high watermark follows its log end at once; or, with
 * {@code millrace.ack.durability=disk}, what has been flushed, so that neither producers nor
 * consumers are told of records that the loss of power could take back. Appends that arrive while a
 * flush is under way share the next one. Where there are followers, it follows what all in-sync
 * replicas have in that sense.
 */
final class Partition {
    private static final Logger LOG = LoggerFactory.getLogger(Partition.class);

    /** Kafka's value for "no epoch known", in requests. */
    static final int NO_EPOCH = -1;

    private final ContextInternal owner;
    private final Tidying tidying;
    private final Replication replication;
    private final OffsetWaiters flushWaiters = new OffsetWaiters();

    /** Followers that have all there is. */
    private final OffsetWaiters logEndWaiters = new OffsetWaiters();

    private final OffsetWaiters highWatermarkWaiters = new OffsetWaiters();
    private final OffsetWaiters stableOffsetWaiters = new OffsetWaiters();

    /** Another takes its place when it has moved to another directory. */
    private volatile PartitionLog log;

    /** Flushes the log; of its directory. */
    private volatile Workers syncs;

    private boolean flushing;

    /** What is to be done to the log once it has moved; null while it does not move. */
    private volatile @Nullable ArrayDeque<Runnable> held;

    private volatile int leaderEpoch;
    private volatile int insyncReplicas;
    private volatile int minInsyncReplicas;

    /** Why requests are refused; null while this broker leads. */
    private volatile @Nullable ApiException refusal;

    /** Nothing follows: deleted, taken away, or broken. */
    private volatile boolean over;

    /** The source knows of it; written by the owner. */
    private volatile boolean following;

    private volatile boolean throttledAsLeader;
    private volatile boolean throttledAsFollower;

    /** Null where there are no followers, or others lead. */
    private volatile @Nullable LeadReplicas followers;

    /**
     * @param workers for what is done to files in the background
     * @param syncs for flushes alone, of the directory that the log is in
     */
    Partition(
            PartitionLog log,
            ContextInternal owner,
            Workers workers,
            Workers syncs,
            Replication replication) {
        this.log = log;
        this.owner = owner;
        this.tidying = new Tidying(this, workers);
        this.syncs = syncs;
        this.replication = replication;
        this.leaderEpoch = NO_EPOCH;
        this.refusal = new NotLeaderOrFollowerException(log.topicPartition() + " was just opened");
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

    /** Whether this broker leads it, and can use it; any thread. */
    boolean isLed() {
        return refusal == null;
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
        requireEpoch(expectedEpoch);
    }

    /**
     * The same for who reads what is committed, which a follower has too (KIP-392): at most what
     * its leader has told it. Any thread.
     */
    void requireReadable(int expectedEpoch) {
        if (following) {
            requireEpoch(expectedEpoch);
            if (held != null) {
                throw new OffsetNotAvailableException(
                        topicPartition() + ": its log is being cut or moved; retry");
            }
        } else {
            requireUsable(expectedEpoch);
        }
    }

    private void requireEpoch(int expectedEpoch) {
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
     * Appends and, with a single replica, commits, or begins to. Owner only, and not while {@link
     * #isHeld}.
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
                flushIfDue();
                logEndWaiters.passed(log.logEndOffset());
                commit();
                tidying.ifDue();
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
     * @throws ApiException this partition is not to be used
     */
    void requireInsyncReplicas() {
        requireUsable(NO_EPOCH);
        if (insyncReplicas < minInsyncReplicas) {
            throw new NotEnoughReplicasException(
                    "%s has %d in-sync replicas, min.insync.replicas is %d"
                            .formatted(topicPartition(), insyncReplicas, minInsyncReplicas));
        }
    }

    /**
     * What still has to happen before an append up to {@code lastOffset} may be acknowledged; null
     * if nothing, which is the usual case where there is one replica. Owner only.
     *
     * @param acksAll whether the high watermark has to pass it
     * @param timeoutMs how long to wait for followers; then it fails with REQUEST_TIMED_OUT, and
     *     the records may be committed all the same
     */
    @Nullable Future<Void> acknowledgeable(long lastOffset, boolean acksAll, int timeoutMs) {
        boolean onDisk = log.config().ackOnDisk();
        boolean alone = followers == null;
        // With followers the high watermark says that all have flushed it, this replica too.
        boolean byHighWatermark = acksAll || (onDisk && alone);
        // The log says so as long as the flush that the append has asked for is not done.
        Future<Void> flushed =
                !(onDisk && byHighWatermark)
                                && flushing
                                && log.flushDue()
                                && log.recoveryPoint() <= lastOffset
                        ? passed(flushWaiters, lastOffset)
                        : null;
        if (log.highWatermark() > lastOffset || !byHighWatermark) {
            return flushed;
        }
        Future<Void> committed =
                alone
                        ? passed(highWatermarkWaiters, lastOffset)
                        : new AckWait(lastOffset, timeoutMs).promise.future();
        return flushed == null ? committed : Future.all(flushed, committed).mapEmpty();
    }

    private Future<Void> passed(OffsetWaiters waiters, long lastOffset) {
        Promise<Void> passed = owner.promise();
        waiters.add(lastOffset, () -> settle(passed));
        return passed.future();
    }

    private void settle(Promise<Void> passed) {
        ApiException reason = refusal;
        if (reason == null) {
            passed.complete();
        } else {
            passed.fail(reason);
        }
    }

    /** An append that waits for followers, but not for ever. */
    private final class AckWait extends OffsetWaiters.Waiter {
        private final Promise<Void> promise = owner.promise();
        private final long lastOffset;
        private final int timeoutMs;
        private final ScheduledFuture<?> timer;

        AckWait(long lastOffset, int timeoutMs) {
            this.lastOffset = lastOffset;
            this.timeoutMs = timeoutMs;
            highWatermarkWaiters.add(lastOffset, this);
            timer =
                    owner.nettyEventLoop()
                            .schedule(this::timeIsOver, timeoutMs, TimeUnit.MILLISECONDS);
        }

        @Override
        void passed() {
            timer.cancel(false);
            settle(promise);
        }

        private void timeIsOver() {
            highWatermarkWaiters.remove(this);
            promise.fail(
                    new TimeoutException(
                            "%s: not all in-sync replicas had offset %d within %d ms"
                                    .formatted(topicPartition(), lastOffset, timeoutMs)));
        }
    }

    /** This replica has it, in the sense that the topic asks for; and the others? */
    void commit() {
        if (refusal != null) {
            return;
        }
        long own = log.config().ackOnDisk() ? log.recoveryPoint() : log.logEndOffset();
        LeadReplicas others = followers;
        advanceHighWatermark(others == null ? own : others.committed(own));
    }

    private void advanceHighWatermark(long offset) {
        if (log.advanceHighWatermark(offset)) {
            highWatermarkWaiters.passed(log.highWatermark());
            stableOffsetWaiters.passed(log.lastStableOffset());
        }
    }

    /** Before {@link #commit}, which else could miss what another's flush has just made durable. */
    private void flushIfDue() {
        if (!flushing && log.flushDue()) {
            flush();
        }
    }

    /** {@code flush.ms}; nobody waits for it. Owner only. */
    void flushIfOld() {
        if (!flushing && !over && log.flushDueByTime()) {
            flush();
        }
    }

    private void flush() {
        flushing = true;
        PartitionLog flushed = log;
        syncs.submit(
                        () -> {
                            flushed.flush();
                            return true;
                        })
                .onComplete(result -> owner.nettyEventLoop().execute(() -> flushed(result)));
    }

    private void flushed(AsyncResult<Boolean> result) {
        flushing = false;
        if (result.failed()) {
            broken(result.cause());
            return;
        }
        // First of all, so that the disk is not idle while answers are written.
        flushIfDue();
        if (flushing) {
            flushWaiters.passed(log.recoveryPoint());
        } else {
            // What came since is not enough for flush.messages to ask for another.
            flushWaiters.passedAll();
        }
        commit();
    }

    /**
     * Tells {@code waiter} once there is something to read at {@code offset}; at once if there is
     * already, or if the partition is not to be used. Owner only.
     */
    void awaitData(long offset, ReadLimit limit, OffsetWaiters.Waiter waiter) {
        if (offset < limit.of(log) || (refusal != null && !following)) {
            waiter.passed();
        } else {
            waiters(limit).add(offset, waiter);
        }
    }

    /** Owner only. */
    void stopWaiting(OffsetWaiters.Waiter waiter, ReadLimit limit) {
        waiters(limit).remove(waiter);
    }

    private OffsetWaiters waiters(ReadLimit limit) {
        return switch (limit) {
            case LOG_END -> logEndWaiters;
            case HIGH_WATERMARK -> highWatermarkWaiters;
            case LAST_STABLE_OFFSET -> stableOffsetWaiters;
        };
    }

    // ---- Roles

    /**
     * Leads, from now on or still. What is older than what is known has no effect. Owner only.
     *
     * @param next as the metadata has it
     */
    void lead(Leadership next) {
        if (held != null) {
            afterHold(() -> lead(next));
            return;
        }
        if (over || next.leaderEpoch() < leaderEpoch) {
            return;
        }
        boolean begins = next.leaderEpoch() > leaderEpoch || refusal != null;
        insyncReplicas = next.isr().size();
        minInsyncReplicas = next.effectiveMinInsyncReplicas();
        LeadReplicas others = followers;
        if (begins) {
            begin(next);
        } else if (others != null) {
            others.update(next);
        } else if (!next.isAlone()) {
            // It gets its first followers: there is nothing that they have not been asked for.
            followers = new LeadReplicas(this, replication, next);
        }
        flushIfDue();
        commit();
    }

    private void begin(Leadership next) {
        stopFollowing();
        log.beginLeaderEpoch(next.leaderEpoch());
        leaderEpoch = next.leaderEpoch();
        LeadReplicas before = followers;
        if (before != null) {
            before.end();
        }
        followers = next.isAlone() ? null : new LeadReplicas(this, replication, next);
        refusal = null;
        if (!next.isAlone()) {
            LOG.info(
                    "{}: leads in epoch {} from offset {}, high watermark {}, in sync {}",
                    topicPartition(),
                    leaderEpoch,
                    log.logEndOffset(),
                    log.highWatermark(),
                    next.isr());
        }
    }

    /**
     * Follows, from now on or still. Owner only.
     *
     * @param leaderId -1 while nobody leads, or it is not known that this broker may
     */
    void follow(int leaderId, int epoch) {
        if (held != null) {
            afterHold(() -> follow(leaderId, epoch));
            return;
        }
        if (over || epoch < leaderEpoch) {
            return;
        }
        LeadReplicas before = followers;
        if (before != null) {
            before.end();
            followers = null;
        }
        boolean led = refusal == null;
        boolean moved = epoch > leaderEpoch || leaderId < 0;
        leaderEpoch = epoch;
        refusal =
                new NotLeaderOrFollowerException(
                        "%s is led by broker %d in epoch %d"
                                .formatted(topicPartition(), leaderId, epoch));
        if (led) {
            LOG.info("{}: follows broker {} in epoch {}", topicPartition(), leaderId, epoch);
        }
        if (leaderId < 0) {
            stopFollowing();
        } else {
            following = true;
            replication.source().follow(this, leaderId, epoch);
        }
        if (led) {
            wakeAll();
        } else if (moved) {
            // They know another epoch, and look for its leader.
            wakeReaders();
        }
    }

    private void stopFollowing() {
        if (following) {
            following = false;
            replication.source().stop(this);
        }
    }

    /**
     * A follower has all below {@code offset}, as this log has it. Any thread.
     *
     * @param brokerEpoch of the incarnation that fetches
     * @param epoch leader epoch under which the request was answered
     * @param startOffset of the follower's log
     */
    void fetched(int replicaId, long brokerEpoch, long offset, int epoch, long startOffset) {
        if (isOwnerThread()) {
            LeadReplicas others = followers;
            if (others != null && epoch == leaderEpoch) {
                others.fetched(replicaId, brokerEpoch, offset, startOffset);
            }
        } else {
            owner.nettyEventLoop()
                    .execute(() -> fetched(replicaId, brokerEpoch, offset, epoch, startOffset));
        }
    }

    /**
     * Where a consumer of {@code rack} had better read from {@code offset}; {@link
     * ReadReplicas#LEADER} = here. Any thread.
     */
    int nearestReplica(String rack, long offset) {
        ReadReplicas choice = replication.readReplicas();
        LeadReplicas others = followers;
        return choice == null || others == null || rack.isEmpty()
                ? ReadReplicas.LEADER
                : choice.nearest(topicId(), topicPartition().partition(), rack, offset, others);
    }

    /**
     * Whether followers are told at once how far the high watermark has gone, because consumers
     * read from them. Else they hear of it with the next records. Any thread.
     */
    boolean tellsHighWatermark() {
        return replication.readReplicas() != null;
    }

    // ---- Throttled replicas

    /** As the topic's configs have it for this broker. Any thread. */
    void throttle(boolean asLeader, boolean asFollower) {
        throttledAsLeader = asLeader;
        throttledAsFollower = asFollower;
    }

    /** What the follower gets counts; null if not. Any thread. */
    @Nullable ReplicationQuota quotaAsLeader() {
        return throttledAsLeader ? replication.throttle().leaders() : null;
    }

    /** What is fetched counts; null if not. Any thread. */
    @Nullable ReplicationQuota quotaAsFollower() {
        return throttledAsFollower ? replication.throttle().followers() : null;
    }

    /** Whether a follower gets no records now: it is not in sync, and too much was moved lately. */
    boolean holdsBack(int followerId) {
        ReplicationQuota quota = quotaAsLeader();
        LeadReplicas others = followers;
        return quota != null
                && others != null
                && !others.isInSync(followerId)
                && quota.isExceeded();
    }

    /**
     * Whether consumers may be told where the log ends: not before all is committed that was there
     * when this epoch began, or the end could seem to go back. Any thread.
     */
    boolean knowsEnd() {
        LeadReplicas others = followers;
        return others == null || log.highWatermark() >= others.epochStartOffset();
    }

    /**
     * Appends what the leader has sent, and takes over what is committed. Owner only, not while
     * {@link #isHeld}.
     *
     * @param epoch under which it was fetched
     * @throws ApiException the batches are not what follows in this log
     * @throws IOException the log directory has failed
     */
    void appendAsFollower(
            ByteBuffer batches, int epoch, long leaderHighWatermark, long leaderLogStartOffset)
            throws IOException {
        if (batches.hasRemaining()) {
            log.appendAsFollower(batches, epoch);
            flushIfDue();
        }
        advanceHighWatermark(leaderHighWatermark);
        if (leaderLogStartOffset > log.logStartOffset()) {
            log.advanceLogStartOffset(Math.min(leaderLogStartOffset, log.highWatermark()));
        }
        tidying.ifDue();
    }

    /** Does {@code work} when what is in the log now has been flushed. Owner only. */
    void afterFlush(Runnable work) {
        flushIfDue();
        if (flushing && log.recoveryPoint() < log.logEndOffset()) {
            flushWaiters.add(log.logEndOffset() - 1, work);
        } else {
            work.run();
        }
    }

    /**
     * Whether the cluster has not heard of this broker lately, so that another may lead by now: one
     * that was suspended does not know yet what was appended meanwhile. Any thread.
     */
    boolean mayBeDeposed() {
        return followers != null && !replication.current().getAsBoolean();
    }

    /** For whoever leads with followers; null otherwise. Any thread. */
    @Nullable LeadReplicas followers() {
        return followers;
    }

    /** Owner only. */
    void updateConfig(LogConfig config) {
        log.updateConfig(config);
        flushIfDue();
        commit();
    }

    /**
     * Raises the log start. Owner only.
     *
     * @param offset first offset to keep; -1 for the high watermark
     * @return the new log start, once the files of what is below are renamed away
     * @throws OffsetOutOfRangeException below the log start or above the high watermark
     */
    Future<Long> deleteRecords(long offset) {
        if (held != null) {
            Promise<Long> later = owner.promise();
            afterHold(() -> deleteRecords(offset).onComplete(later));
            return later.future();
        }
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
            return tidying.all().map(start);
        } catch (IOException e) {
            throw broken(e);
        }
    }

    /** Rolls by time, gives up segments that are too old or too many. Owner only. */
    void enforceRetention() {
        if (!over && held == null) {
            try {
                int deleted = log.enforceRetention();
                if (deleted > 0) {
                    LOG.info(
                            "{}: retention gave up {} segments, the log now starts at {}",
                            topicPartition(),
                            deleted,
                            log.logStartOffset());
                }
                tidying.ifDue();
            } catch (IOException e) {
                broken(e);
            }
        }
    }

    /** Answers everybody who waits and refuses what comes. Owner only. */
    void retire(ApiException reason) {
        over = true;
        refusal = reason;
        stopFollowing();
        LeadReplicas before = followers;
        followers = null;
        if (before != null) {
            before.end();
        }
        wakeAll();
    }

    /** Completes all waits with what there is. Owner only. */
    void wakeAll() {
        wakeReaders();
        flushWaiters.passedAll();
        logEndWaiters.passedAll();
    }

    private void wakeReaders() {
        highWatermarkWaiters.passedAll();
        stableOffsetWaiters.passedAll();
    }

    /**
     * After a failed write nobody knows what the disk holds: this log is not used again. Whoever
     * waits is told. Owner only.
     */
    KafkaStorageException broken(Throwable cause) {
        KafkaStorageException reason =
                new KafkaStorageException(
                        topicPartition() + ": its log directory has failed: " + cause.getMessage(),
                        cause);
        if (!over) {
            // The directory says so once, for all of its logs.
            LOG.debug("{} goes offline until the broker is restarted", topicPartition(), cause);
            retire(reason);
        }
        return reason;
    }

    // ---- Moving to another directory

    /**
     * Whether the log is changing its directory: {@link #append} has to wait for it. Owner only.
     */
    boolean isHeld() {
        return held != null;
    }

    /**
     * Does {@code work} when the log has moved, after what came before; it is short, and only as
     * much comes as connections have requests in flight. Owner only, while {@link #isHeld}.
     */
    void afterHold(Runnable work) {
        ArrayDeque<Runnable> queue = held;
        if (queue == null) {
            work.run();
        } else {
            queue.add(work);
        }
    }

    /** Appends wait from now on, until {@link #release}. Owner only. */
    void hold() {
        if (held != null) {
            throw new IllegalStateException(topicPartition() + " moves already");
        }
        held = new ArrayDeque<>();
    }

    /** Goes on, with what has waited. Owner only. */
    void release() {
        ArrayDeque<Runnable> waited = held;
        held = null;
        if (waited != null) {
            waited.forEach(Runnable::run);
        }
    }

    /** Goes on with the same log in another directory; all of it is flushed. Owner only. */
    void moved(PartitionLog moved, Workers newSyncs) {
        moved.updateConfig(log.config());
        if (refusal == null) {
            moved.beginLeaderEpoch(leaderEpoch);
        }
        log = moved;
        syncs = newSyncs;
        flushWaiters.passedAll();
        commit();
        release();
    }

    /** It is not used any more; any thread. */
    boolean isOver() {
        return over;
    }

    /** Its log directory has failed; any thread. */
    boolean isBroken() {
        return refusal instanceof KafkaStorageException;
    }

    /** Requests waiting now. Owner only. */
    int waiting() {
        return highWatermarkWaiters.size()
                + stableOffsetWaiters.size()
                + flushWaiters.size()
                + logEndWaiters.size();
    }
}
