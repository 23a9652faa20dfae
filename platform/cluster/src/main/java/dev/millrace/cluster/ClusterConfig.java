package dev.millrace.cluster;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What a node has to know to take part in a cluster. Nodes find each other by address; which node
 * id is where, they learn from the journal.
 *
 * @param nodeId {@code node.id}, not negative
 * @param directory where the journal lives; created if absent, used by one process at a time
 * @param self loopback or private address that this node listens on for the others
 * @param peers addresses of nodes to form a cluster with, or to find one at; empty = this node
 *     alone, which nobody can join
 * @param voters those of them that hold the journal when the cluster is formed, an odd number. A
 *     node that is not among them joins a cluster that others have formed.
 * @param rack empty if not set
 * @param rules followed while this node leads the journal
 * @param targetVoters nodes that join become voters as soon as there are so many: 1, 3 or 5
 */
public record ClusterConfig(
        int nodeId,
        Path directory,
        PeerAddress self,
        List<PeerAddress> peers,
        List<PeerAddress> voters,
        String rack,
        ClusterRules rules,
        int targetVoters) {

    public ClusterConfig {
        if (nodeId < 0) {
            throw new IllegalArgumentException("node.id must not be negative, got " + nodeId);
        }
        peers = List.copyOf(peers);
        voters = List.copyOf(voters);
        if (!peers.isEmpty()) {
            check(self, peers, voters);
        }
    }

    /** With as many voters as are named. */
    public ClusterConfig(
            int nodeId,
            Path directory,
            PeerAddress self,
            List<PeerAddress> peers,
            List<PeerAddress> voters,
            String rack,
            ClusterRules rules) {
        this(nodeId, directory, self, peers, voters, rack, rules, voters.size());
    }

    /** A node that is its own cluster, on any free ports. */
    public static ClusterConfig alone(int nodeId, Path directory) {
        return new ClusterConfig(
                nodeId,
                directory,
                new PeerAddress("127.0.0.1", 0),
                List.of(),
                List.of(),
                "",
                ClusterRules.DEFAULT);
    }

    private static void check(PeerAddress self, List<PeerAddress> peers, List<PeerAddress> voters) {
        if (!peers.containsAll(voters) || voters.size() % 2 == 0) {
            throw new IllegalArgumentException(
                    "millrace.cluster.voters should be 1, 3 or 5 of millrace.cluster.peers, which"
                            + " are "
                            + peers
                            + ", got "
                            + voters);
        }
        Set<PeerAddress> all = new LinkedHashSet<>(peers);
        all.add(self);
        Set<String> taken = new HashSet<>();
        for (PeerAddress peer : all) {
            for (int port = peer.port(); port <= peer.hazelcastPort(); port++) {
                if (peer.port() == 0 || !taken.add(peer.host() + ":" + port)) {
                    throw new IllegalArgumentException(
                            "millrace.cluster.peers: a node uses the port that is given and the two"
                                    + " after it, so nodes on one host need ports at least 3 apart;"
                                    + " got "
                                    + all);
                }
            }
        }
    }

    /** Whether this node is its own cluster, and can only be that. */
    public boolean isAlone() {
        return peers.isEmpty();
    }
}
