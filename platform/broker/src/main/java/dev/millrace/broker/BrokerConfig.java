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
        int nodeId, String host, int port, List<Path> logDirs, Map<String, String> properties) {

    /** Host that clients are told: of {@code advertised.listeners}, else the one listened on. */
    String advertisedHost() {
        String advertised = advertisedAddress();
        return advertised.isEmpty() ? host : advertised.substring(0, advertised.lastIndexOf(':'));
    }

    /** Port that clients are told: of {@code advertised.listeners} unless 0, else the bound one. */
    int advertisedPort(int boundPort) {
        String advertised = advertisedAddress();
        int port =
                advertised.isEmpty()
                        ? 0
                        : Integer.parseInt(advertised.substring(advertised.lastIndexOf(':') + 1));
        return port == 0 ? boundPort : port;
    }

    /** HOST:PORT, or empty if not set. */
    private String advertisedAddress() {
        String listener = properties.getOrDefault("advertised.listeners", "");
        return listener.substring(listener.indexOf("//") < 0 ? 0 : listener.indexOf("//") + 2);
    }
}
