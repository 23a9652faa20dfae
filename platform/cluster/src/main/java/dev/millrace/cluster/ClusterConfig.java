package dev.millrace.cluster;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a node has to know to take part in the cluster. Nodes find each other by address; which node
 * id is where, they learn from the journal.
 *
 * @param nodeId {@code node.id}, not negative
 * @param directory where the journal lives; created if absent, used by one process at a time
 * @param self loopback or private address that this node listens on for the others
 * @param peers the addresses of all nodes, this one's among them; empty = this node alone
 * @param voters those of them that hold the journal, an odd number; the others follow it
 * @param rack empty if not set
 * @param rules followed while this node leads the journal
 */
public record ClusterConfig(
        int nodeId,
        Path directory,
        PeerAddress self,
        List<PeerAddress> peers,
        List<PeerAddress> voters,
        String rack,
        ClusterRules rules) {

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
        if (!peers.contains(self)) {
            throw new IllegalArgumentException(
                    "millrace.peer.listener "
                            + self
                            + " should be one of millrace.cluster.peers, which are "
                            + peers);
        }
        if (!peers.containsAll(voters) || voters.size() % 2 == 0) {
            throw new IllegalArgumentException(
                    "millrace.cluster.voters should be 1, 3 or 5 of millrace.cluster.peers, which"
                            + " are "
                            + peers
                            + ", got "
                            + voters);
        }
        Set<String> taken = new HashSet<>();
        for (PeerAddress peer : peers) {
            for (int port = peer.port(); port <= peer.hazelcastPort(); port++) {
                if (peer.port() == 0 || !taken.add(peer.host() + ":" + port)) {
                    throw new IllegalArgumentException(
                            "millrace.cluster.peers: a node uses the port that is given and the two"
                                    + " after it, so nodes on one host need ports at least 3 apart;"
                                    + " got "
                                    + peers);
                }
            }
        }
    }

    /** Whether this node is its own cluster. */
    public boolean isAlone() {
        return peers.size() <= 1;
    }
}
