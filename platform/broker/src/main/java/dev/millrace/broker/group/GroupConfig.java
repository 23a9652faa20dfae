package dev.millrace.broker.group;

import java.util.Map;
import org.apache.kafka.common.config.ConfigException;

/**
 * @param minSessionTimeoutMs {@code group.min.session.timeout.ms}
 * @param maxSessionTimeoutMs {@code group.max.session.timeout.ms}
 * @param maxSize {@code group.max.size}, members of one group
 * @param maxGroups {@code millrace.groups.max}, groups that this node coordinates; joins and
 *     commits of more are refused with POLICY_VIOLATION
 * @param initialRebalanceDelayMs how long an empty group waits after its first member for more;
 *     each arrival prolongs it by as much. {@code group.initial.rebalance.delay.ms}
 * @param maxInitialRebalanceDelayMs bound on that prolongation, beside the rebalance timeout
 * @param offsetMetadataMaxBytes {@code offset.metadata.max.bytes}
 * @param offsetsRetentionMs {@code offsets.retention.minutes}
 * @param offsetsRetentionCheckIntervalMs {@code offsets.retention.check.interval.ms}
 * @param threads {@code group.coordinator.threads}, event loops that share the partitions
 * @param consumer of groups in which the server assigns
 */
public record GroupConfig(
        int minSessionTimeoutMs,
        int maxSessionTimeoutMs,
        int maxSize,
        int maxGroups,
        int initialRebalanceDelayMs,
        int maxInitialRebalanceDelayMs,
        int offsetMetadataMaxBytes,
        long offsetsRetentionMs,
        long offsetsRetentionCheckIntervalMs,
        int threads,
        ConsumerGroupConfig consumer) {

    /**
     * Where nothing is set, a new group waits for this long a silence instead of Kafka's 3 s: it
     * gathers the consumers that one process starts together, and a lone consumer does not notice
     * it.
     */
    static final int QUIET_WINDOW_MS = 50;

    /** Where nothing is set, arrivals prolong the first rebalance no further than Kafka's delay. */
    static final int MAX_QUIET_MS = 3_000;

    public static final GroupConfig DEFAULT = from(Map.of());

    /**
     * @param properties the node's settings under Kafka's names; absent ones have Kafka's defaults
     * @throws ConfigException on a value that is no number or out of range
     */
    public static GroupConfig from(Map<String, String> properties) {
        boolean adaptive = !properties.containsKey("group.initial.rebalance.delay.ms");
        int minSessionTimeoutMs =
                (int) number(properties, "group.min.session.timeout.ms", 6_000, 1, MAX_INT);
        return new GroupConfig(
                minSessionTimeoutMs,
                (int)
                        number(
                                properties,
                                "group.max.session.timeout.ms",
                                1_800_000,
                                minSessionTimeoutMs,
                                MAX_INT),
                (int) number(properties, "group.max.size", MAX_INT, 1, MAX_INT),
                (int) number(properties, "millrace.groups.max", 100_000, 1, MAX_INT),
                (int)
                        number(
                                properties,
                                "group.initial.rebalance.delay.ms",
                                QUIET_WINDOW_MS,
                                0,
                                MAX_INT),
                adaptive ? MAX_QUIET_MS : Integer.MAX_VALUE,
                (int) number(properties, "offset.metadata.max.bytes", 4_096, 0, MAX_INT),
                number(properties, "offsets.retention.minutes", 7 * 24 * 60, 1, MAX_INT) * 60_000,
                number(properties, "offsets.retention.check.interval.ms", 600_000, 1, MAX_LONG),
                (int) number(properties, "group.coordinator.threads", 1, 1, 64),
                ConsumerGroupConfig.from(properties));
    }

    /**
     * The first rebalance waits until nobody comes any more, and not as long as Kafka's setting
     * says: then clients that have only been given an id count as arrivals too.
     */
    boolean waitsForSilence() {
        return maxInitialRebalanceDelayMs < Integer.MAX_VALUE;
    }

    private static final long MAX_INT = Integer.MAX_VALUE;
    private static final long MAX_LONG = Long.MAX_VALUE;

    static long number(
            Map<String, String> properties, String name, long defaultValue, long min, long max) {
        String value = properties.get(name);
        if (value == null) {
            return defaultValue;
        }
        long number;
        try {
            number = Long.parseLong(value.trim());
        } catch (NumberFormatException e) {
            throw new ConfigException(name, value, "expected a whole number");
        }
        if (number < min || number > max) {
            throw new ConfigException(name, value, "expected a number from " + min + " to " + max);
        }
        return number;
    }
}
