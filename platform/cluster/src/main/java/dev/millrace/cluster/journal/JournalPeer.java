package dev.millrace.cluster.journal;

import dev.millrace.cluster.PeerAddress;

/**
 * A node of the journal's quorum or one that follows it.
 *
 * @param id its name there, which never changes: of the peer address that it had when it first
 *     joined, or for a node that was alone then of its node id. Ratis makes names of MBeans of it,
 *     which must not contain a colon.
 * @param port of its journal
 * @param voter whether its vote and its copy count
 */
public record JournalPeer(String id, String host, int port, boolean voter) {
    private static final String ALONE = "node-";

    /** The only one; where it listens may change. */
    public static JournalPeer alone(int nodeId, String host, int port) {
        return new JournalPeer(ALONE + nodeId, host, port, true);
    }

    public static JournalPeer of(PeerAddress address, boolean voter) {
        return new JournalPeer(
                id(address.host(), address.port()), address.host(), address.journalPort(), voter);
    }

    /**
     * A voter.
     *
     * @param address HOST:PORT as its operator wrote it
     */
    static JournalPeer at(String address) {
        int colon = address.lastIndexOf(':');
        return of(
                new PeerAddress(
                        address.substring(0, colon),
                        Integer.parseInt(address.substring(colon + 1))),
                true);
    }

    static String id(String peerHost, int peerPort) {
        return peerHost + "-" + peerPort;
    }

    /** Of a node that was alone when its journal began. */
    static String aloneId(int nodeId) {
        return ALONE + nodeId;
    }

    static boolean isAloneId(String id) {
        return id.startsWith(ALONE) && !id.substring(ALONE.length()).contains("-");
    }

    JournalPeer named(String otherId) {
        return new JournalPeer(otherId, host, port, voter);
    }

    JournalPeer voting(boolean votes) {
        return new JournalPeer(id, host, port, votes);
    }

    /** HOST:PORT as its operator wrote it. */
    String address() {
        return host + ":" + Math.max(0, port - 1);
    }
}
