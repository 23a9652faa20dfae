package dev.millrace.broker.simulation;

import static dev.millrace.broker.simulation.Mutation.call;
import static dev.millrace.broker.simulation.Mutation.field;
import static dev.millrace.broker.simulation.Mutation.result;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Errors that have been made, here or elsewhere, in what keeps records. Those of the rules are
 * planted into the compiled classes, those of what connects them into the simulation of it. Numbers
 * are those of the rules that replication is built by.
 */
enum PlantedFault {
    NONE(0),

    // ---- the leader's rules (LeaderState)
    /** 1: the cluster may elect who was proposed. */
    HIGH_WATERMARK_OF_THE_CURRENT_ISR(18),
    /** 1: the high watermark follows those that are quick, in the ISR or not. */
    HIGH_WATERMARK_WITHOUT_THE_ISR(1),
    /** 2: the last replica standing commits by itself. */
    COMMITS_BELOW_MIN_ISR(6),
    /** 4: a new leader's high watermark may be too low to judge by. */
    JOINS_BELOW_THE_EPOCHS_START(86),
    /** 4: whoever is there may join. */
    JOINS_WITHOUT_HAVING_CAUGHT_UP(5),

    // ---- the journal's rules
    /** 3: what has changed since is overwritten. */
    ISR_CHANGES_WITHOUT_COMPARING_EPOCHS(88),
    /** 5: a broker joins by what it had before it lost it (KIP-903). */
    JOINS_AS_ANOTHER_INCARNATION(0),
    /** 7: who may have lost records stays in the ISR. */
    UNCLEAN_REPLICA_IS_TRUSTED(13),
    /** KIP-966: nobody is eligible, so the last leader leads, whatever it has lost. */
    ELIGIBLE_REPLICAS_ARE_FORGOTTEN(71),
    /** A broker may lead before it knows that it does. */
    UNFENCED_BEFORE_IT_HAS_CAUGHT_UP(0),

    // ---- the follower's rules and the log
    /** 8: what was acknowledged is above the high watermark of a follower. */
    CUT_TO_THE_HIGH_WATERMARK(73),
    /** 8: logs that differ are not noticed. */
    LOGS_ARE_NOT_COMPARED(1),
    /** 9: epochs of records that were cut off remain. */
    EPOCHS_ARE_NOT_CUT(0),
    /** Recovery believes what the disk has left. */
    RECOVERY_BELIEVES_THE_DISK(32),

    // ---- what connects them
    /** 12: who was deposed has promised something. */
    DEPOSED_LEADER_ACKNOWLEDGES(0),
    /** 1: acks=all is acks=1. */
    ACKNOWLEDGED_WHEN_APPENDED(0),
    /** 12: who has not been heard of for a session goes on by itself. */
    LEASE_IS_NOT_HONOURED(17),
    /** 13: the end of the log is told before it is known. */
    END_TOLD_BEFORE_IT_IS_KNOWN(15),
    /** What is acknowledged on disk is in the leader's memory. */
    LEADER_COUNTS_WHAT_IS_NOT_FLUSHED(20),
    /** What is acknowledged on disk is in a follower's memory. */
    FOLLOWER_COUNTS_WHAT_IS_NOT_FLUSHED(10),
    /** What it has appended as a leader, it fetches on from as a follower. */
    DEPOSED_LEADER_COUNTS_WHAT_IS_NOT_FLUSHED(0),
    /** 35: the marker of a clean stop is not the last thing that is written. */
    MARKED_CLEAN_BEFORE_ALL_IS_FLUSHED(0),
    /** 7: a restart of the machine looks like one of the process. */
    BOOT_IS_NOT_NOTICED(32),

    // ---- coordinators
    /** 31: what the last coordinator was told is committed may be above what is known here. */
    LOADED_BEFORE_ALL_IS_COMMITTED(0),
    /** 31: a coordinator goes on with what it knows from before another was in between. */
    COORDINATOR_APPENDS_IN_ANY_EPOCH(0),
    /** 22: markers are written for what nobody will remember. */
    DECIDED_BEFORE_IT_IS_COMMITTED(5),
    /** 22: nobody ends what the last coordinator has decided. */
    MARKERS_ARE_NOT_SENT_AGAIN(1),
    /** 31: an offset is lost with the coordinator. */
    OFFSETS_ACKNOWLEDGED_WHEN_APPENDED(0),
    /** 20: a late batch opens a transaction that nobody ends (KIP-890). */
    BATCHES_ARE_NOT_VERIFIED(0),
    /** 24: who reads committed records only is not told which are not. */
    ABORTED_TRANSACTIONS_ARE_NOT_TOLD(0);

    private static final String LEADER = "broker.replica.LeaderState";
    private static final String DECISIONS = "cluster.journal.ReplicaDecisions";
    private static final String DRAFT = "cluster.journal.PartitionDraft";

    private final long foundAt;

    /**
     * @param foundAt a seed whose life shows it
     */
    PlantedFault(long foundAt) {
        this.foundAt = foundAt;
    }

    long foundAt() {
        return foundAt;
    }

    /** What is changed in the classes; nothing, if the simulation knows the fault itself. */
    List<Mutation> mutations() {
        return switch (this) {
            case HIGH_WATERMARK_OF_THE_CURRENT_ISR ->
                    List.of(field(LEADER, "inMaximalIsr", "proposed", null));
            case HIGH_WATERMARK_WITHOUT_THE_ISR -> List.of(result(LEADER, "inMaximalIsr", false));
            case COMMITS_BELOW_MIN_ISR ->
                    List.of(result(LEADER, "isUnderMinInsyncReplicas", false));
            case JOINS_BELOW_THE_EPOCHS_START ->
                    List.of(field(LEADER, "mayJoin", "epochStartOffset", 0L));
            case JOINS_WITHOUT_HAVING_CAUGHT_UP -> List.of(result(LEADER, "mayJoin", true));
            case ISR_CHANGES_WITHOUT_COMPARING_EPOCHS ->
                    List.of(
                            call(DECISIONS, "alterPartition", "partitionEpoch", 0),
                            result(DECISIONS, "staleOrMalformed", null));
            case UNCLEAN_REPLICA_IS_TRUSTED ->
                    List.of(
                            field(DRAFT, "build", "lost", Mutation.EMPTY),
                            field(DRAFT, "eligible", "lost", Mutation.EMPTY));
            case ELIGIBLE_REPLICAS_ARE_FORGOTTEN ->
                    List.of(result(DRAFT, "eligible", Mutation.EMPTY));
            case UNFENCED_BEFORE_IT_HAS_CAUGHT_UP ->
                    List.of(call(DECISIONS, "heartbeat", "caughtUpVersion", Long.MAX_VALUE));
            case EPOCHS_ARE_NOT_CUT -> List.of(result("log.LeaderEpochs", "truncateFromEnd", null));
            case RECOVERY_BELIEVES_THE_DISK ->
                    List.of(call("log.LogLoader", "recover", "crcMatches", true));
            default -> List.of();
        };
    }

    /** Lives in which it is found soon; null for any. */
    @Nullable Terms terms() {
        return switch (this) {
            case LEASE_IS_NOT_HONOURED -> new Terms(1, false, true, 1 << 20);
            case DEPOSED_LEADER_COUNTS_WHAT_IS_NOT_FLUSHED -> new Terms(2, true, false, 1 << 20);
            default -> null;
        };
    }

    /** Whether hundreds of lives may pass before one shows it. */
    boolean isRare() {
        return switch (this) {
            case JOINS_AS_ANOTHER_INCARNATION,
                    DEPOSED_LEADER_COUNTS_WHAT_IS_NOT_FLUSHED,
                    MARKED_CLEAN_BEFORE_ALL_IS_FLUSHED,
                    COORDINATOR_APPENDS_IN_ANY_EPOCH ->
                    true;
            default -> false;
        };
    }

    /** Else it concerns replicas alone. */
    boolean concernsCoordinators() {
        return switch (this) {
            case LOADED_BEFORE_ALL_IS_COMMITTED,
                    COORDINATOR_APPENDS_IN_ANY_EPOCH,
                    DECIDED_BEFORE_IT_IS_COMMITTED,
                    MARKERS_ARE_NOT_SENT_AGAIN,
                    OFFSETS_ACKNOWLEDGED_WHEN_APPENDED,
                    BATCHES_ARE_NOT_VERIFIED,
                    ABORTED_TRANSACTIONS_ARE_NOT_TOLD ->
                    true;
            default -> false;
        };
    }
}
