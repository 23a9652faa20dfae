package dev.millrace.broker.simulation;

import dev.millrace.broker.replica.IsrProposal;
import dev.millrace.broker.replica.LeaderState;
import dev.millrace.broker.replica.Leadership;
import dev.millrace.cluster.journal.MetadataRequest;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * One epoch of leading: the real {@link LeaderState}, and what the broker's {@code LeadReplicas}
 * does for it, which is to give it a clock and to carry its proposals to the journal.
 */
final class SimulatedLeader {
    private static final long NEVER = Long.MIN_VALUE / 2;

    private static final long PATIENCE_MS = 1_000;

    private final SimulatedCluster cluster;
    private final SimulatedReplica replica;
    private final LeaderState state;
    private final long epochStartOffset;
    private @Nullable IsrProposal proposed;

    /** The proposal, or what withdraws it. */
    private @Nullable IsrProposal asked;

    /** Of what has not been answered yet; {@link #NEVER} if there is nothing. */
    private long sentMs = NEVER;

    SimulatedLeader(SimulatedCluster cluster, SimulatedReplica replica, Leadership metadata) {
        this.cluster = cluster;
        this.replica = replica;
        this.epochStartOffset = replica.log().logEndOffset();
        this.state =
                new LeaderState(
                        replica.node().id(),
                        metadata,
                        epochStartOffset,
                        SimulatedCluster.MAX_LAG_MS,
                        SimulatedCluster.MAX_SILENCE_MS,
                        cluster.nowMs());
    }

    LeaderState state() {
        return state;
    }

    long epochStartOffset() {
        return epochStartOffset;
    }

    void update(Leadership metadata) {
        state.update(metadata);
        propose();
    }

    /** Nobody else is in sync, or may be soon. */
    boolean isAlone() {
        IsrProposal pending = proposed;
        return state.isr().size() == 1 && (pending == null || !state.awaits(pending));
    }

    long committed(long own) {
        if (state.isr().size() == 1 && !replica.node().isCurrent()) {
            return -1;
        }
        return state.highWatermark(own, cluster.nowMs());
    }

    void fetched(int follower, long brokerEpoch, long offset) {
        if (state.fetched(
                follower, brokerEpoch, offset, replica.log().logEndOffset(), cluster.nowMs())) {
            replica.commit();
        }
    }

    /** From time to time, and when something has changed. */
    void propose() {
        IsrProposal proposal =
                state.propose(
                        replica.log().highWatermark(),
                        replica.log().logEndOffset(),
                        cluster.nowMs());
        if (proposal != null) {
            cluster.say(
                    "%d %s: proposes %s, in sync %s",
                    replica.node().id(), replica.partition(), proposal, state.isr());
            proposed = proposal;
            asked = proposal;
            send(proposal, proposal);
        }
    }

    /** What has not been answered in time, or not been made, is asked again. */
    void askAgain() {
        IsrProposal proposal = proposed;
        IsrProposal again = asked;
        boolean waits = sentMs != NEVER && cluster.nowMs() - sentMs < PATIENCE_MS;
        if (proposal != null && again != null && state.awaits(proposal) && !waits) {
            send(proposal, again);
        }
    }

    private void send(IsrProposal proposal, IsrProposal request) {
        int id = replica.node().id();
        long brokerEpoch = replica.node().brokerEpoch();
        sentMs = cluster.nowMs();
        cluster.network()
                .send(
                        id,
                        SimulatedNetwork.JOURNAL,
                        () -> decide(id, brokerEpoch, proposal, request));
    }

    private void decide(int id, long brokerEpoch, IsrProposal proposal, IsrProposal request) {
        Map<Integer, Long> members = new HashMap<>(request.isr());
        if (cluster.planted(PlantedFault.JOINS_AS_ANOTHER_INCARNATION)) {
            cluster.image()
                    .brokers()
                    .forEach(
                            (node, known) ->
                                    members.computeIfPresent(
                                            node, (same, epoch) -> known.brokerEpoch()));
        }
        boolean made =
                cluster.ask(
                        new MetadataRequest.AlterPartition(
                                id,
                                brokerEpoch,
                                cluster.topicId(replica.partition()),
                                replica.partition().partition(),
                                request.leaderEpoch(),
                                request.partitionEpoch(),
                                members),
                        refused ->
                                cluster.network()
                                        .send(
                                                SimulatedNetwork.JOURNAL,
                                                id,
                                                () -> refused(proposal, refused)));
        if (made) {
            cluster.say("journal: %s", cluster.state(cluster.image(), replica.partition()));
        }
    }

    private void refused(IsrProposal proposal, ApiException why) {
        if (replica.leads() != this || !state.awaits(proposal)) {
            return;
        }
        sentMs = NEVER;
        if (Errors.forException(why) == Errors.INELIGIBLE_REPLICA) {
            // Another copy may be on its way, and be taken when the broker is back.
            IsrProposal withdrawal = state.withdrawal(proposal);
            cluster.say("%d: withdraws %s", replica.node().id(), proposal);
            asked = withdrawal;
            send(proposal, withdrawal);
        }
    }
}
