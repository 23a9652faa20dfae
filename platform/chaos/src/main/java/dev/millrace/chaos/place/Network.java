package dev.millrace.chaos.place;

import java.util.List;

/**
 * Three nodes and the clients, each reachable from each, until a direction is cut.
 *
 * <p>Nodes are 1, 2, 3; {@link #CLIENTS} is where the load runs. A cut loses packets silently: who
 * sends gets no answer, and no error either. Called from one thread.
 */
public interface Network extends AutoCloseable {
    int CLIENTS = 0;

    /** What a node listens for. A peer port has the two numbers after it for itself as well. */
    enum Port {
        CLIENTS(0, 1),
        PEERS(10, 3);

        final int offset;
        final int width;

        Port(int offset, int width) {
            this.offset = offset;
            this.width = width;
        }
    }

    String description();

    /**
     * Whether a node is found where it listens, so that directions between nodes can be cut
     * whatever they know of themselves.
     */
    boolean isTransparent();

    /** Where the node itself listens. */
    HostPort bind(int node, Port port);

    /** Where the others find it; differs from {@link #bind} when a proxy stands between. */
    HostPort reach(int node, Port port);

    /**
     * The command that runs {@code command} at the node's place; its pid is that of the program.
     */
    List<String> at(int node, List<String> command);

    /** The program of a node was started: whose connections are whose may depend on it. */
    default void started(int node, long pid) {}

    /** From now on nothing that {@code from} sends arrives at {@code to}. */
    void cut(int from, int to);

    /** What arrives at the node and what it sends passes at this rate from now on. */
    void slow(int node, int kbitPerSecond);

    /** Undoes every {@link #cut} and {@link #slow}. */
    void heal();

    @Override
    void close();
}
