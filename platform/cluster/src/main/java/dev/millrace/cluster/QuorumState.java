package dev.millrace.cluster;

import java.util.List;

/**
 * The metadata journal's quorum, as its leader sees it.
 *
 * @param leaderId node id
 * @param leaderEpoch the Raft term
 * @param highWatermark index after the last committed entry
 * @param voters all of them, the leader first
 * @param observers that follow the journal without a vote
 */
public record QuorumState(
        int leaderId,
        int leaderEpoch,
        long highWatermark,
        List<Voter> voters,
        List<Voter> observers) {
    /**
     * @param nodeId -1 if it has not registered yet
     * @param host where its journal listens
     * @param logEndOffset index after the last entry it is known to have
     * @param lastFetchMs when it last answered the leader, wall clock
     * @param lastCaughtUpMs when it last had all of the leader's entries, wall clock; -1 unknown
     */
    public record Voter(
            int nodeId,
            String host,
            int port,
            long logEndOffset,
            long lastFetchMs,
            long lastCaughtUpMs) {}
}
