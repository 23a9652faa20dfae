package dev.millrace.cluster;

import java.nio.file.Path;
import java.util.List;

/**
 * What a node has to know to take part in the cluster.
 *
 * @param nodeId {@code node.id}, not negative
 * @param directory where the journal lives; created if absent, used by one process at a time
 * @param host loopback or private address that the journal and Hazelcast listen on
 * @param journalPort Ratis; 0 = any free port (only with a single voter)
 * @param hazelcastPort Hazelcast; 0 = any free port (only with a single voter)
 * @param rack empty if not set
 * @param voters the nodes that hold the journal, this one among them; empty = this node alone
 */
public record ClusterConfig(
        int nodeId,
        Path directory,
        String host,
        int journalPort,
        int hazelcastPort,
        String rack,
        List<Peer> voters) {

    public ClusterConfig {
        if (nodeId < 0) {
            throw new IllegalArgumentException("node.id must not be negative, got " + nodeId);
        }
        voters = List.copyOf(voters);
        if (!voters.isEmpty() && voters.stream().noneMatch(voter -> voter.nodeId() == nodeId)) {
            throw new IllegalArgumentException(
                    "node.id " + nodeId + " is not among the voters " + voters);
        }
        if (voters.size() > 1 && (journalPort == 0 || hazelcastPort == 0)) {
            throw new IllegalArgumentException(
                    "with several voters the journal and Hazelcast ports must be fixed, got "
                            + journalPort
                            + " and "
                            + hazelcastPort);
        }
    }

    /** A node that is its own cluster. */
    public ClusterConfig(
            int nodeId, Path directory, String host, int journalPort, int hazelcastPort) {
        this(nodeId, directory, host, journalPort, hazelcastPort, "", List.of());
    }

    /** Where another voter listens. */
    public record Peer(int nodeId, String host, int journalPort, int hazelcastPort) {}
}
