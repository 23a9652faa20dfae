package dev.millrace.chaos.system;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A broker that can be run as three programs. */
public interface SystemUnderTest {
    String name();

    /**
     * Writes the configuration of a node into its directory, and formats its disk if it must be.
     *
     * @param directory of the node: configuration and printed output; survives everything
     * @param disk where its log goes
     */
    void prepare(int node, Path directory, Path disk) throws IOException;

    /** Starts the node that {@link #prepare} has prepared; the program logs to its output. */
    List<String> command(int node, Path directory);

    Map<String, String> environment(int node);

    /** Addresses for {@code bootstrap.servers}. */
    String bootstrap();

    /** Whether a node has flushed what it acknowledges, as it is configured. */
    boolean flushesBeforeAcknowledging();

    /** Whether its nodes can find each other elsewhere than where they listen. */
    default boolean peersMayBeBehindProxies() {
        return true;
    }
}
