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

    /** No request to the journal is on its way for longer. */
    private static final long MAX_TRAVEL_MS = 3_000;

    private static final long PATIENCE_MS = 1_000;

    private final SimulatedCluster cluster;
    private final SimulatedReplica replica;
    private final LeaderState state;
    private final long epochStartOffset;
    private @Nullable IsrProposal asked;

    /** Of what has not been answered yet; {@link #NEVER} if there is nothing. */
    private long sentMs = NEVER;

    /** When last it was not known what had become of it. */
    private long unknownMs = NEVER;

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
            asked = proposal;
            unknownMs = NEVER;
            send(proposal);
        }
    }

    /** What has not been answered in time, or not been made, is asked again. */
    void askAgain() {
        IsrProposal proposal = asked;
        if (proposal == null || !state.awaits(proposal)) {
            return;
        }
        boolean waits = sentMs != NEVER;
        if (waits && cluster.nowMs() - sentMs < PATIENCE_MS) {
            return;
        }
        if (waits) {
            unknownMs = cluster.nowMs();
        }
        send(proposal);
    }

    private void send(IsrProposal proposal) {
        int id = replica.node().id();
        long brokerEpoch = replica.node().brokerEpoch();
        long nowMs = cluster.nowMs();
        sentMs = nowMs;
        cluster.network()
                .send(
                        id,
                        SimulatedNetwork.JOURNAL,
                        () -> {
                            if (cluster.nowMs() - nowMs < MAX_TRAVEL_MS) {
                                decide(id, brokerEpoch, proposal);
                            }
                        });
    }

    private void decide(int id, long brokerEpoch, IsrProposal proposal) {
        Map<Integer, Long> members = new HashMap<>(proposal.isr());
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
                                proposal.leaderEpoch(),
                                proposal.partitionEpoch(),
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
        boolean noCopyIsLeft = cluster.nowMs() - unknownMs > MAX_TRAVEL_MS;
        if (Errors.forException(why) == Errors.INELIGIBLE_REPLICA && noCopyIsLeft) {
            cluster.say("%d: gives up %s", replica.node().id(), proposal);
            state.refused(proposal);
            replica.commit();
        }
    }
}
