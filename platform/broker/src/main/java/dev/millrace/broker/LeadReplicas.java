package dev.millrace.broker;

import dev.millrace.broker.replica.IsrProposal;
import dev.millrace.broker.replica.LeaderState;
import dev.millrace.broker.replica.Leadership;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The followers of a partition led here, in one leader epoch: gives {@link LeaderState} a clock and
 * sends what it proposes. The partition's owner only, where not said otherwise.
 */
final class LeadReplicas {
    private static final Logger LOG = LoggerFactory.getLogger(LeadReplicas.class);
    private static final long RETRY_MS = 200;
    private static final long NOWHERE = -1;

    /** A look that is as late as that says nothing of the followers. */
    private static final long PAUSE_MS = 1_000;

    private final Partition partition;
    private final Replication replication;
    private final LeaderState state;
    private final long epochStartOffset;
    private @Nullable ScheduledFuture<?> nextCheck;
    private long checkDueMs;
    private boolean ended;

    /** For whoever counts; written by the owner. */
    private volatile boolean complete;

    private volatile boolean underMinimum;
    private volatile long maxLag;
    private volatile Set<Integer> inSync = Set.of();

    /** For whoever looks for a replica to read from; written by the owner, only if there is one. */
    private final Map<Integer, Progress> progress = new ConcurrentHashMap<>();

    /** What a follower has, as of its last fetch. */
    record Progress(long startOffset, long endOffset) {}

    LeadReplicas(Partition partition, Replication replication, Leadership metadata) {
        this.partition = partition;
        this.replication = replication;
        this.epochStartOffset = partition.log().logEndOffset();
        this.state =
                new LeaderState(
                        replication.nodeId(),
                        metadata,
                        epochStartOffset,
                        replication.maxLagMs(),
                        replication.maxSilenceMs(),
                        nowMs());
        note(metadata);
        checkLater(Math.max(1, replication.maxLagMs() / 2));
    }

    private static long nowMs() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    }

    private void note(Leadership metadata) {
        complete = metadata.isr().size() >= metadata.replicas().size();
        underMinimum = state.isUnderMinInsyncReplicas();
        inSync = Set.copyOf(metadata.isr());
        progress.keySet().retainAll(metadata.replicas());
    }

    /** Any thread. */
    boolean isInSync(int nodeId) {
        return inSync.contains(nodeId);
    }

    /** Null if it has not fetched in this epoch, or nobody reads from followers. Any thread. */
    @Nullable Progress progress(int nodeId) {
        return progress.get(nodeId);
    }

    /** Any thread. */
    long epochStartOffset() {
        return epochStartOffset;
    }

    /** Whether some replica is not in sync; any thread. */
    boolean isUnderReplicated() {
        return !complete;
    }

    /** Any thread. */
    boolean isUnderMinInsyncReplicas() {
        return underMinimum;
    }

    /** Offsets that the last follower has to go, as of the last look; any thread. */
    long maxLag() {
        return maxLag;
    }

    List<String> describe() {
        return state.describe();
    }

    void update(Leadership metadata) {
        state.update(metadata);
        note(metadata);
        propose();
    }

    /**
     * @param own what this broker has, in the sense that the topic asks for
     * @return offset that the high watermark may go to; -1 if nowhere
     */
    long committed(long own) {
        if (state.isr().size() == 1 && !replication.current().getAsBoolean()) {
            // Nobody else confirms that this broker still leads.
            checkLater(RETRY_MS);
            return NOWHERE;
        }
        long nowMs = nowMs();
        long committed = state.highWatermark(own, nowMs);
        long soonMs = Math.max(1, replication.maxSilenceMs() / 5);
        if (committed < own && checkDueMs - nowMs > soonMs) {
            // Somebody is waited for, who may be silent.
            checkLater(soonMs);
        }
        return committed;
    }

    void fetched(int replicaId, long brokerEpoch, long offset, long startOffset) {
        long end = partition.log().logEndOffset();
        if (state.fetched(replicaId, brokerEpoch, offset, end, nowMs())) {
            if (partition.tellsHighWatermark()) {
                progress.put(replicaId, new Progress(startOffset, offset));
            }
            partition.commit();
            if (!complete) {
                propose();
            }
        }
    }

    /** Another epoch begins, here or elsewhere. */
    void end() {
        ended = true;
        if (nextCheck != null) {
            nextCheck.cancel(false);
        }
    }

    private void checkLater(long delayMs) {
        if (nextCheck != null) {
            nextCheck.cancel(false);
        }
        checkDueMs = nowMs() + delayMs;
        nextCheck =
                partition
                        .owner()
                        .nettyEventLoop()
                        .schedule(this::check, delayMs, TimeUnit.MILLISECONDS);
    }

    private void check() {
        if (!ended) {
            long lateMs = nowMs() - checkDueMs;
            if (lateMs > PAUSE_MS) {
                state.paused(lateMs);
            }
            maxLag = state.maxLag(partition.log().logEndOffset());
            checkLater(Math.max(1, replication.maxLagMs() / 2));
            propose();
            partition.commit();
        }
    }

    private void propose() {
        if (ended) {
            return;
        }
        IsrProposal proposal =
                state.propose(
                        partition.log().highWatermark(), partition.log().logEndOffset(), nowMs());
        if (proposal != null) {
            LOG.info(
                    "{}: asks for in-sync replicas {}, they are {}",
                    partition.topicPartition(),
                    proposal.isr().keySet(),
                    state.isr());
            send(proposal, false);
        }
    }

    /**
     * @param withdraws sends what takes the proposal back
     */
    private void send(IsrProposal proposal, boolean withdraws) {
        replication
                .changes()
                .propose(
                        partition.topicId(),
                        partition.topicPartition().partition(),
                        withdraws ? state.withdrawal(proposal) : proposal)
                .whenComplete(
                        (made, failure) ->
                                partition
                                        .owner()
                                        .nettyEventLoop()
                                        .execute(() -> answered(proposal, withdraws, failure)));
    }

    /** What was made comes with the metadata. */
    private void answered(IsrProposal proposal, boolean withdraws, @Nullable Throwable failure) {
        if (ended || failure == null || !state.awaits(proposal)) {
            return;
        }
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null
                        ? failure.getCause()
                        : failure;
        Errors error = Errors.forException(cause);
        if (error == Errors.INELIGIBLE_REPLICA && !withdraws) {
            LOG.info(
                    "{}: in-sync replicas stay {}: {}",
                    partition.topicPartition(),
                    state.isr(),
                    cause.getMessage());
            // Another copy may be on its way, and be taken when the broker is back: its members
            // count until the partition's epoch has moved on, which leaves all copies behind.
            send(proposal, true);
            return;
        }
        // It may yet be made, or has been: until the metadata tells, its members count.
        partition
                .owner()
                .nettyEventLoop()
                .schedule(() -> sendAgain(proposal, withdraws), RETRY_MS, TimeUnit.MILLISECONDS);
    }

    private void sendAgain(IsrProposal proposal, boolean withdraws) {
        if (!ended && state.awaits(proposal)) {
            send(proposal, withdraws);
        }
    }
}
