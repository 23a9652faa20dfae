package dev.millrace.broker;

import dev.millrace.cluster.MetadataImage;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.ConfigResource;

/**
 * @param host address to listen on
 * @param port Kafka listener, 0 = any free port
 * @param logDirs {@code log.dirs}
 * @param properties the node's other settings under Kafka's names (num.partitions,
 *     auto.create.topics.enable, log.*, group.*, …); absent ones have Kafka's defaults
 */
public record BrokerConfig(
        int nodeId, String host, int port, List<Path> logDirs, Map<String, String> properties) {

    private static final String CORDONED = "cordoned.log.dirs";

    /**
     * {@code cordoned.log.dirs}: absolute paths of log directories that new logs do not go to. What
     * was set at run time wins over the properties.
     */
    public Set<Path> cordoned(MetadataImage image) {
        String setting =
                image.config(new ConfigResource(ConfigResource.Type.BROKER, String.valueOf(nodeId)))
                        .getOrDefault(CORDONED, properties.getOrDefault(CORDONED, ""))
                        .trim();
        if (setting.isEmpty()) {
            return Set.of();
        }
        Stream<Path> paths =
                setting.equals("*")
                        ? logDirs.stream()
                        : Arrays.stream(setting.split(",", -1)).map(String::trim).map(Path::of);
        return paths.map(Path::toAbsolutePath).collect(Collectors.toUnmodifiableSet());
    }

    /**
     * @throws ConfigException {@code cordoned.log.dirs} names what is not in {@code log.dirs}
     */
    void requireCordonedKnown() {
        String setting = properties.getOrDefault(CORDONED, "").trim();
        List<Path> known = logDirs.stream().map(Path::toAbsolutePath).toList();
        if (!setting.isEmpty() && !setting.equals("*")) {
            for (String path : setting.split(",", -1)) {
                if (!known.contains(Path.of(path.trim()).toAbsolutePath())) {
                    throw new ConfigException(
                            CORDONED,
                            setting,
                            "expected entries of log.dirs, which are " + known + ", or *");
                }
            }
        }
    }

    /** Whether there is a log directory for new logs. */
    public boolean takesNewLogs(MetadataImage image) {
        Set<Path> cordoned = cordoned(image);
        return cordoned.isEmpty()
                || !logDirs.stream().map(Path::toAbsolutePath).allMatch(cordoned::contains);
    }

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
