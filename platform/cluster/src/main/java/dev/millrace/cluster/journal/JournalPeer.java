package dev.millrace.cluster.journal;

import dev.millrace.cluster.PeerAddress;

/**
 * A node of the journal's quorum or one that follows it.
 *
 * @param id its name there, which never changes: of the peer address, or for a node that is alone
 *     of its node id. Ratis makes names of MBeans of it, which must not contain a colon.
 * @param port of its journal
 * @param voter whether its vote and its copy count
 */
public record JournalPeer(String id, String host, int port, boolean voter) {

    /** The only one; where it listens may change. */
    public static JournalPeer alone(int nodeId, String host, int port) {
        return new JournalPeer("node-" + nodeId, host, port, true);
    }

    public static JournalPeer of(PeerAddress address, boolean voter) {
        return new JournalPeer(
                id(address.host(), address.port()), address.host(), address.journalPort(), voter);
    }

    static String id(String peerHost, int peerPort) {
        return peerHost + "-" + peerPort;
    }

    /** HOST:PORT as its operator wrote it. */
    String address() {
        int dash = id.lastIndexOf('-');
        return id.substring(0, dash) + ":" + id.substring(dash + 1);
    }
}
