package dev.millrace.broker;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * @param host address to listen on
 * @param port Kafka listener, 0 = any free port
 * @param logDirs {@code log.dirs}
 * @param properties the node's other settings under Kafka's names (num.partitions,
 *     auto.create.topics.enable, log.*, group.*, …); absent ones have Kafka's defaults
 */
public record BrokerConfig(
        int nodeId, String host, int port, List<Path> logDirs, Map<String, String> properties) {}
