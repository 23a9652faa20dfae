package dev.millrace.cluster.journal;

import dev.millrace.cluster.ClusterRules;
import java.nio.file.Path;
import java.util.List;

/**
 * What a node is told. Who is a member, and who votes, the settings say only while there is no
 * journal; from then on the journal itself does.
 *
 * @param self where this node listens; its name is the directory's to say once it has one
 * @param peers nodes to form a journal with, or to find one at; this one may be among them
 * @param snapshotEvery entries between snapshots
 * @param rules that this node decides by when it leads
 * @param alone it has no listener for others
 * @param targetVoters nodes that join vote as soon as there are so many: 1, 3 or 5
 */
public record JournalOptions(
        int nodeId,
        Path directory,
        JournalPeer self,
        List<JournalPeer> peers,
        int snapshotEvery,
        ClusterRules rules,
        boolean alone,
        int targetVoters) {
    /** Replaying that many entries takes some tens of milliseconds. */
    public static final int DEFAULT_SNAPSHOT_EVERY = 4096;

    /** Those that vote are as many as are to. */
    public JournalOptions(
            int nodeId,
            Path directory,
            JournalPeer self,
            List<JournalPeer> peers,
            int snapshotEvery,
            ClusterRules rules) {
        this(
                nodeId,
                directory,
                self,
                peers,
                snapshotEvery,
                rules,
                peers.size() == 1,
                (int) peers.stream().filter(JournalPeer::voter).count());
    }

    List<JournalPeer> voters() {
        return peers.stream().filter(JournalPeer::voter).toList();
    }

    /** As their operator wrote them, sorted. */
    List<String> voterAddresses() {
        return voters().stream().map(JournalPeer::address).sorted().toList();
    }

    /** Everybody that was named but this node. */
    List<JournalPeer> others() {
        return peers.stream().filter(peer -> !peer.id().equals(self.id())).toList();
    }
}
