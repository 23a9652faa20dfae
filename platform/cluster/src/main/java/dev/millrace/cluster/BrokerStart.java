package dev.millrace.cluster;

/**
 * What a broker says of itself when it starts.
 *
 * @param host of the listener for clients
 * @param peerHost of the listener for the other nodes, as in {@code millrace.cluster.peers}; empty
 *     if it is not to say: the cluster knows it
 * @param rack empty if not set
 * @param previousEpoch broker epoch with which it stopped, if it still has all that it had then: it
 *     wrote its clean-shutdown marker, or nothing but the process has ended. -1 if records that it
 *     had acknowledged may be missing; it is then in no ISR in which there are others (KIP-966)
 */
public record BrokerStart(
        String host, int port, String peerHost, int peerPort, String rack, long previousEpoch) {
    public static final long UNCLEAN = -1;

    /** A broker that has no other nodes to talk to. */
    public BrokerStart(String host, int port, String rack) {
        this(host, port, "", 0, rack, UNCLEAN);
    }

    /** With the address under which the other nodes know it. */
    BrokerStart at(PeerAddress peer) {
        return new BrokerStart(host, port, peer.host(), peer.port(), rack, previousEpoch);
    }
}
