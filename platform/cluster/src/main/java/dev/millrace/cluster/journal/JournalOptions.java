package dev.millrace.cluster.journal;

import dev.millrace.cluster.ClusterRules;
import java.nio.file.Path;
import java.util.List;

/**
 * @param self this node
 * @param peers all of them, this one among them
 * @param snapshotEvery entries between snapshots
 * @param rules that this node decides by when it leads
 */
public record JournalOptions(
        int nodeId,
        Path directory,
        JournalPeer self,
        List<JournalPeer> peers,
        int snapshotEvery,
        ClusterRules rules) {
    /** Replaying that many entries takes some tens of milliseconds. */
    public static final int DEFAULT_SNAPSHOT_EVERY = 4096;

    boolean isAlone() {
        return peers.size() == 1;
    }

    /** {@link JournalPeer#id}, sorted. */
    List<String> voters() {
        return peers.stream().filter(JournalPeer::voter).map(JournalPeer::id).sorted().toList();
    }

    /** As their operator wrote them, sorted. */
    List<String> voterAddresses() {
        return peers.stream()
                .filter(JournalPeer::voter)
                .map(JournalPeer::address)
                .sorted()
                .toList();
    }
}
