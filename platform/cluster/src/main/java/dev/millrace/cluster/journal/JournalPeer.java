package dev.millrace.cluster.journal;

import dev.millrace.cluster.PeerAddress;

/**
 * A node of the journal's quorum or one that follows it.
 *
 * @param id its name there, which never changes: the peer address, or for a node that is alone its
 *     node id
 * @param port of its journal
 * @param voter whether its vote and its copy count
 */
public record JournalPeer(String id, String host, int port, boolean voter) {

    /** The only one; where it listens may change. */
    public static JournalPeer alone(int nodeId, String host, int port) {
        return new JournalPeer("node-" + nodeId, host, port, true);
    }

    public static JournalPeer of(PeerAddress address, boolean voter) {
        return new JournalPeer(address.toString(), address.host(), address.journalPort(), voter);
    }
}
