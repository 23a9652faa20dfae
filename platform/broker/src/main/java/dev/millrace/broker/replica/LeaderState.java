package dev.millrace.broker.replica;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the leader of a partition knows of its followers in one leader epoch: which offset is
 * committed, and which ISR to ask the cluster for.
 *
 * <pre>
 *   fetch of a follower ──► its log end, when it had all ──► high watermark
 *                                       │
 *                   joins or has fallen behind ──► proposal ──► the cluster decides
 *                                                                │
 *   maximal ISR = ISR ∪ proposed ISR, until ◄── the metadata says ┘
 * </pre>
 *
 * The rules that keep committed records:
 *
 * <ol>
 *   <li>the high watermark is the smallest log end over the <em>maximal</em> ISR: the cluster may
 *       elect anybody of either set while a proposal is under way
 *   <li>it does not move while the ISR has fewer than {@code min.insync.replicas}: what the last
 *       survivor alone has could be lost with it (KIP-966)
 *   <li>one proposal at a time, conditional on the epochs it was made from; it counts when the
 *       metadata says so, never before
 *   <li>a follower joins that has fetched in this epoch, and has all below the high watermark and
 *       below the start of the epoch: before that the high watermark here may be too small
 *   <li>and whose fetches come from the incarnation that the cluster knows (KIP-903)
 * </ol>
 *
 * No clock and no log of its own: offsets and times come with the calls. One thread.
 *
 * @see "KIP-497, KIP-841, KIP-903, KIP-966; Vanlightly/kafka-tlaplus, kip-966"
 */
public final class LeaderState {
    /** Of a follower that has not fetched in this epoch. */
    private static final long UNKNOWN = -1;

    private static final long NEVER = Long.MIN_VALUE / 2;

    private final int nodeId;
    private final long epochStartOffset;
    private final long maxLagMs;
    private final long maxSilenceMs;
    private final Map<Integer, Follower> followers = new LinkedHashMap<>();

    private Leadership metadata;
    private Set<Integer> isr;

    /** Sent, and the metadata has not moved on since; its members count as in sync. */
    private @Nullable IsrProposal proposed;

    private static final class Follower {
        private long endOffset = UNKNOWN;
        private long brokerEpoch = UNKNOWN;

        /** When it last had all that the leader had. */
        private long caughtUpMs = NEVER;

        private long fetchedMs = NEVER;

        /** The same, or when it began to be waited for. */
        private long heardMs = NEVER;

        private long leaderEndAtFetch = UNKNOWN;
    }

    /**
     * @param metadata of the epoch that begins
     * @param epochStartOffset the log end at this moment
     * @param maxLagMs {@code replica.lag.time.max.ms}
     * @param maxSilenceMs {@code millrace.replica.silence.max.ms}
     */
    public LeaderState(
            int nodeId,
            Leadership metadata,
            long epochStartOffset,
            long maxLagMs,
            long maxSilenceMs,
            long nowMs) {
        this.nodeId = nodeId;
        this.metadata = metadata;
        this.epochStartOffset = epochStartOffset;
        this.maxLagMs = maxLagMs;
        this.maxSilenceMs = maxSilenceMs;
        this.isr = new LinkedHashSet<>(metadata.isr());
        addFollowers();
        for (int id : metadata.isr()) {
            Follower follower = followers.get(id);
            if (follower != null) {
                // The last leader counted it: it has that long to show up here.
                follower.caughtUpMs = nowMs;
                follower.heardMs = nowMs;
            }
        }
    }

    private void addFollowers() {
        for (int id : metadata.replicas()) {
            if (id != nodeId) {
                followers.computeIfAbsent(id, key -> new Follower());
            }
        }
    }

    public int leaderEpoch() {
        return metadata.leaderEpoch();
    }

    /** Where this epoch began; consumers are told of no end below it. */
    public long epochStartOffset() {
        return epochStartOffset;
    }

    /** As the metadata has it. */
    public Collection<Integer> isr() {
        return isr;
    }

    /** Takes over newer metadata of the same leader epoch; what is older has no effect. */
    public void update(Leadership next) {
        if (next.leaderEpoch() != metadata.leaderEpoch()) {
            throw new IllegalArgumentException(
                    "epoch %d has a state of its own, this is of epoch %d"
                            .formatted(next.leaderEpoch(), metadata.leaderEpoch()));
        }
        if (next.partitionEpoch() < metadata.partitionEpoch()) {
            return;
        }
        if (next.partitionEpoch() > metadata.partitionEpoch()) {
            // Made, or never to be made: its condition does not hold any more.
            proposed = null;
            isr = new LinkedHashSet<>(next.isr());
            followers.keySet().retainAll(next.replicas());
        }
        metadata = next;
        addFollowers();
        for (Map.Entry<Integer, Follower> entry : followers.entrySet()) {
            if (!next.eligible().containsKey(entry.getKey())) {
                // Back from where it is now, it has to show first that it has caught up.
                entry.getValue().caughtUpMs = NEVER;
            }
        }
    }

    /**
     * A follower asks for what follows {@code offset}: it has all below, as this leader has it.
     *
     * @param brokerEpoch of the incarnation that fetches
     * @param leaderEndOffset the log end when the request is answered
     * @return false if it is no replica of this partition
     */
    public boolean fetched(
            int replicaId, long brokerEpoch, long offset, long leaderEndOffset, long nowMs) {
        Follower follower = followers.get(replicaId);
        if (follower == null) {
            return false;
        }
        if (brokerEpoch < follower.brokerEpoch) {
            // The last words of an incarnation that has ended.
            return true;
        }
        if (brokerEpoch != follower.brokerEpoch && follower.brokerEpoch != UNKNOWN) {
            follower.caughtUpMs = NEVER;
            follower.leaderEndAtFetch = UNKNOWN;
        }
        if (offset >= leaderEndOffset) {
            follower.caughtUpMs = Math.max(follower.caughtUpMs, nowMs);
        } else if (follower.leaderEndAtFetch != UNKNOWN && offset >= follower.leaderEndAtFetch) {
            // It has all that there was when it fetched before this.
            follower.caughtUpMs = Math.max(follower.caughtUpMs, follower.fetchedMs);
        }
        follower.brokerEpoch = brokerEpoch;
        follower.endOffset = offset;
        follower.leaderEndAtFetch = leaderEndOffset;
        follower.fetchedMs = nowMs;
        follower.heardMs = nowMs;
        return true;
    }

    /**
     * This broker did nothing for so long: what followers have sent meanwhile waits to be read, and
     * is nobody's silence.
     */
    public void paused(long forMs) {
        for (Follower follower : followers.values()) {
            if (follower.heardMs != NEVER) {
                follower.heardMs += forMs;
            }
        }
    }

    /** Whether acks=all cannot be promised. */
    public boolean isUnderMinInsyncReplicas() {
        return isr.size() < metadata.effectiveMinInsyncReplicas();
    }

    /**
     * The offset below which all is committed.
     *
     * @param ownEndOffset of the leader's log, or of what it has in the sense that the topic asks
     *     for
     * @return -1 if the high watermark has to stay where it is; else it may be lower than it is,
     *     which has no effect either
     */
    public long highWatermark(long ownEndOffset, long nowMs) {
        if (isUnderMinInsyncReplicas()) {
            return UNKNOWN;
        }
        long committed = ownEndOffset;
        for (Map.Entry<Integer, Follower> entry : followers.entrySet()) {
            Follower follower = entry.getValue();
            if (inMaximalIsr(entry.getKey())
                    || (isEligible(entry.getKey(), follower)
                            && hasCaughtUp(follower, ownEndOffset, nowMs))) {
                committed = Math.min(committed, follower.endOffset);
            }
        }
        return committed;
    }

    private boolean inMaximalIsr(int id) {
        return isr.contains(id) || (proposed != null && proposed.isr().containsKey(id));
    }

    private boolean isEligible(int id, Follower follower) {
        Long known = metadata.eligible().get(id);
        return known != null && known == follower.brokerEpoch;
    }

    private boolean hasCaughtUp(Follower follower, long ownEndOffset, long nowMs) {
        return follower.endOffset >= ownEndOffset
                || (nowMs - follower.caughtUpMs <= maxLagMs
                        && nowMs - follower.heardMs <= maxSilenceMs);
    }

    /**
     * The ISR to ask the cluster for; null if it is right as it is, or has been asked for. The
     * caller sends what it gets until the metadata moves on, or the {@link #withdrawal} of it.
     *
     * @param endOffset of the leader's log
     */
    public @Nullable IsrProposal propose(long highWatermark, long endOffset, long nowMs) {
        if (proposed != null) {
            return null;
        }
        Map<Integer, Long> wanted = new LinkedHashMap<>();
        boolean changed = false;
        for (int id : isr) {
            Follower follower = followers.get(id);
            if (follower == null || hasCaughtUp(follower, endOffset, nowMs)) {
                // A member that has started anew stays one only if the cluster knows it has all.
                wanted.put(id, metadata.eligible().getOrDefault(id, UNKNOWN));
            } else {
                changed = true;
            }
        }
        for (Map.Entry<Integer, Follower> entry : followers.entrySet()) {
            if (!isr.contains(entry.getKey())
                    && mayJoin(entry.getKey(), entry.getValue(), highWatermark)) {
                wanted.put(entry.getKey(), entry.getValue().brokerEpoch);
                changed = true;
            }
        }
        if (!changed) {
            return null;
        }
        proposed = new IsrProposal(metadata.leaderEpoch(), metadata.partitionEpoch(), wanted);
        return proposed;
    }

    private boolean mayJoin(int id, Follower follower, long highWatermark) {
        return follower.endOffset != UNKNOWN
                && follower.endOffset >= Math.max(highWatermark, epochStartOffset)
                && isEligible(id, follower);
    }

    /**
     * What to ask the cluster for instead of a {@code proposal} that it has refused: the ISR as it
     * is. It moves the partition's epoch, so that no copy of the proposal that is still on its way
     * can be made any more; {@link #update} with that epoch ends the proposal here.
     */
    public IsrProposal withdrawal(IsrProposal proposal) {
        Map<Integer, Long> unchanged = new LinkedHashMap<>();
        for (int id : isr) {
            unchanged.put(id, metadata.eligible().getOrDefault(id, UNKNOWN));
        }
        return new IsrProposal(proposal.leaderEpoch(), proposal.partitionEpoch(), unchanged);
    }

    /** Whether {@code proposal} is still waited for. */
    public boolean awaits(IsrProposal proposal) {
        return proposal.equals(proposed);
    }

    /** In the words of an operator: who has what. */
    public List<String> describe() {
        List<String> lines = new ArrayList<>();
        followers.forEach(
                (id, follower) ->
                        lines.add(
                                "replica %d: log end %d, broker epoch %d%s"
                                        .formatted(
                                                id,
                                                follower.endOffset,
                                                follower.brokerEpoch,
                                                isr.contains(id) ? ", in sync" : "")));
        return lines;
    }

    /** How many offsets the follower that is furthest behind has to go. */
    public long maxLag(long endOffset) {
        long lag = 0;
        for (Follower follower : followers.values()) {
            lag = Math.max(lag, endOffset - Math.max(0, follower.endOffset));
        }
        return lag;
    }
}
