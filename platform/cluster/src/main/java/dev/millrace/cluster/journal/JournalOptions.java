package dev.millrace.cluster.journal;

import dev.millrace.cluster.ClusterConfig.Peer;
import java.nio.file.Path;
import java.util.List;

/**
 * @param voters this node among them
 * @param snapshotEvery entries between snapshots
 */
public record JournalOptions(
        int nodeId, Path directory, String host, int port, List<Peer> voters, int snapshotEvery) {
    /** Replaying that many entries takes some tens of milliseconds. */
    public static final int DEFAULT_SNAPSHOT_EVERY = 4096;
}
