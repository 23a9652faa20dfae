package dev.millrace.cluster;

import java.nio.file.Path;

/**
 * @param nodeId {@code node.id}
 * @param directory where the journal lives; created if absent
 * @param host loopback or private address that the journal and Hazelcast listen on
 * @param journalPort Ratis; 0 = any free port
 * @param hazelcastPort Hazelcast; 0 = any free port
 */
public record ClusterConfig(
        int nodeId, Path directory, String host, int journalPort, int hazelcastPort) {}
