package dev.millrace.broker.admin;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidRequestException;

/**
 * The settings of a subscription to client metrics. Pure functions; any thread.
 *
 * @see "KIP-714: client metrics and observability"
 */
public final class ClientMetricsConfigs {
    public static final String METRICS = "metrics";
    public static final String INTERVAL_MS = "interval.ms";
    public static final String MATCH = "match";

    public static final int DEFAULT_INTERVAL_MS = 300_000;
    private static final int MIN_INTERVAL_MS = 100;
    private static final int MAX_INTERVAL_MS = 3_600_000;

    /** What a client can be recognised by. */
    public static final Set<String> MATCH_KEYS =
            Set.of(
                    "client_instance_id",
                    "client_id",
                    "client_software_name",
                    "client_software_version",
                    "client_source_address",
                    "client_source_port");

    /**
     * @param defaultValue as it is written
     */
    record Config(String name, ConfigDef.Type type, String defaultValue, String documentation) {}

    private static final Map<String, Config> ALL = new TreeMap<>();

    static {
        put(
                METRICS,
                ConfigDef.Type.LIST,
                "",
                "Prefixes of the names of metrics that clients push; * is all of them.");
        put(
                INTERVAL_MS,
                ConfigDef.Type.INT,
                String.valueOf(DEFAULT_INTERVAL_MS),
                "Time between two pushes of a client.");
        put(
                MATCH,
                ConfigDef.Type.LIST,
                "",
                "Which clients push: KEY=REGEX, all of which must match; without any, every client.");
    }

    private ClientMetricsConfigs() {}

    private static void put(String name, ConfigDef.Type type, String value, String doc) {
        ALL.put(name, new Config(name, type, value, doc));
    }

    static Map<String, Config> all() {
        return ALL;
    }

    /**
     * @param subscription its name
     * @param configs all that would be set on it
     * @throws InvalidRequestException or InvalidConfigurationException, in Kafka's words
     */
    static void validate(String subscription, Map<String, String> configs) {
        if (subscription.isEmpty()) {
            throw new InvalidRequestException("Subscription name can't be empty");
        }
        for (Map.Entry<String, String> each : configs.entrySet()) {
            if (!ALL.containsKey(each.getKey())) {
                throw new InvalidRequestException(
                        "Unknown client metrics configuration: " + each.getKey());
            }
        }
        intervalMs(configs);
        patterns(configs);
    }

    /**
     * @throws InvalidRequestException if it is out of its range
     * @throws InvalidConfigurationException if it is no number
     */
    public static int intervalMs(Map<String, String> configs) {
        String text = configs.getOrDefault(INTERVAL_MS, String.valueOf(DEFAULT_INTERVAL_MS));
        int intervalMs;
        try {
            intervalMs = (Integer) ConfigDef.parseType(INTERVAL_MS, text, ConfigDef.Type.INT);
        } catch (ConfigException e) {
            throw new InvalidConfigurationException(e.getMessage());
        }
        if (intervalMs < MIN_INTERVAL_MS || intervalMs > MAX_INTERVAL_MS) {
            throw new InvalidRequestException(
                    "Invalid value "
                            + intervalMs
                            + " for interval.ms, interval must be between 100 and 3600000 (1"
                            + " hour)");
        }
        return intervalMs;
    }

    /** Prefixes of names; {@code *} is all. */
    public static List<String> metrics(Map<String, String> configs) {
        return list(configs.getOrDefault(METRICS, ""));
    }

    /**
     * What a client must look like, by one of {@link #MATCH_KEYS}.
     *
     * @throws InvalidConfigurationException on what is no pattern
     */
    public static Map<String, Pattern> patterns(Map<String, String> configs) {
        Map<String, Pattern> patterns = new HashMap<>();
        for (String each : list(configs.getOrDefault(MATCH, ""))) {
            String[] parts = each.split("=", -1);
            if (parts.length != 2 || parts[1].isEmpty() || !MATCH_KEYS.contains(parts[0].trim())) {
                throw illegal(each);
            }
            try {
                patterns.put(parts[0].trim(), Pattern.compile(parts[1].trim()));
            } catch (PatternSyntaxException e) {
                throw illegal(each);
            }
        }
        return patterns;
    }

    private static InvalidConfigurationException illegal(String pattern) {
        return new InvalidConfigurationException("Illegal client matching pattern: " + pattern);
    }

    private static List<String> list(String text) {
        return TopicConfig.elements(text);
    }
}
