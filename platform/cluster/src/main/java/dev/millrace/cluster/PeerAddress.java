package dev.millrace.cluster;

/**
 * Where a node listens for the other nodes. Two more ports follow from it:
 *
 * <pre>
 *   port       replication, in Kafka's protocol
 *   port + 1   the metadata journal (Apache Ratis)
 *   port + 2   membership and live group state (Hazelcast)
 * </pre>
 *
 * @param port 0 = any free ports, for a node that is alone
 */
public record PeerAddress(String host, int port) {
    private static final int MAX_PORT = 65_535;

    public PeerAddress {
        if (host.isEmpty() || port < 0 || port > MAX_PORT - 2) {
            throw new IllegalArgumentException(
                    "expected HOST:PORT with a port of at most "
                            + (MAX_PORT - 2)
                            + " (the two ports after it are used too), got "
                            + host
                            + ":"
                            + port);
        }
    }

    public int journalPort() {
        return port == 0 ? 0 : port + 1;
    }

    public int hazelcastPort() {
        return port == 0 ? 0 : port + 2;
    }

    @Override
    public String toString() {
        return host + ":" + port;
    }
}
