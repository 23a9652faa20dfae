package dev.millrace.broker.group;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.common.config.ConfigException;

/**
 * Settings of groups in which the server assigns (KIP-848).
 *
 * @param sessionTimeoutMs {@code group.consumer.session.timeout.ms} and its bounds for single
 *     groups
 * @param heartbeatIntervalMs {@code group.consumer.heartbeat.interval.ms}, the same
 * @param assignmentIntervalMs {@code group.consumer.assignment.interval.ms}, the same: how long a
 *     target stands before the next is made
 * @param adaptiveHeartbeat where the heartbeat interval is not set, members are asked to come back
 *     sooner while their group is changing
 * @param maxSize {@code group.consumer.max.size}
 * @param assignors {@code group.consumer.assignors}, the first for members that do not choose
 * @param migration {@code group.consumer.migration.policy}
 * @param regexRefreshIntervalMs {@code group.consumer.regex.refresh.interval.ms}
 */
record ConsumerGroupConfig(
        Bounded sessionTimeoutMs,
        Bounded heartbeatIntervalMs,
        Bounded assignmentIntervalMs,
        boolean adaptiveHeartbeat,
        int maxSize,
        List<String> assignors,
        Migration migration,
        int regexRefreshIntervalMs) {

    static final List<String> ASSIGNORS = List.of("uniform", "range");

    /** While a member waits for partitions, or others for it. */
    static final int CONVERGING_HEARTBEAT_MS = 250;

    /** While members of the group come and go. */
    static final int UNSETTLED_HEARTBEAT_MS = 1_000;

    /** After this long without a change, a group is settled. */
    static final int SETTLED_AFTER_MS = 60_000;

    /**
     * @param value for groups that do not set their own
     * @param min what a group may set, as {@code max}
     */
    record Bounded(int value, int min, int max) {
        int of(Map<String, String> groupConfig, String name) {
            return of(groupConfig, name, value);
        }

        /**
         * @param otherwise for groups that do not set their own, instead of {@code value}
         */
        int of(Map<String, String> groupConfig, String name, int otherwise) {
            String set = groupConfig.get(name);
            if (set == null) {
                return otherwise;
            }
            try {
                return Math.max(min, Math.min(max, Integer.parseInt(set.trim())));
            } catch (NumberFormatException e) {
                return otherwise;
            }
        }
    }

    /** Whether a group changes its protocol while it has members. */
    enum Migration {
        /** To the new protocol with its first new member, and back when the last has left. */
        BIDIRECTIONAL(true, true),
        UPGRADE(true, false),
        DOWNGRADE(false, true),
        DISABLED(false, false);

        private final boolean upgrades;
        private final boolean downgrades;

        Migration(boolean upgrades, boolean downgrades) {
            this.upgrades = upgrades;
            this.downgrades = downgrades;
        }

        boolean upgrades() {
            return upgrades;
        }

        boolean downgrades() {
            return downgrades;
        }
    }

    /**
     * @param properties the node's settings under Kafka's names; absent ones have Kafka's defaults
     * @throws ConfigException on a value that is out of range, or contradicts another
     */
    static ConsumerGroupConfig from(Map<String, String> properties) {
        ConsumerGroupConfig config =
                new ConsumerGroupConfig(
                        bounded(properties, "session.timeout.ms", 1, 45_000, 45_000, 60_000),
                        bounded(properties, "heartbeat.interval.ms", 1, 5_000, 5_000, 15_000),
                        bounded(properties, "assignment.interval.ms", 0, 1_000, 0, 15_000),
                        !properties.containsKey("group.consumer.heartbeat.interval.ms"),
                        integer(properties, "group.consumer.max.size", Integer.MAX_VALUE, 1),
                        assignors(properties),
                        migration(properties),
                        integer(
                                properties,
                                "group.consumer.regex.refresh.interval.ms",
                                600_000,
                                10_000));
        if (config.sessionTimeoutMs.value() <= config.heartbeatIntervalMs.value()) {
            throw new ConfigException(
                    "group.consumer.session.timeout.ms",
                    config.sessionTimeoutMs.value(),
                    "expected more than group.consumer.heartbeat.interval.ms, "
                            + config.heartbeatIntervalMs.value());
        }
        return config;
    }

    private static Bounded bounded(
            Map<String, String> properties, String name, int least, int value, int min, int max) {
        Bounded bounded =
                new Bounded(
                        integer(properties, "group.consumer." + name, value, least),
                        integer(properties, "group.consumer.min." + name, min, least),
                        integer(properties, "group.consumer.max." + name, max, least));
        if (bounded.min() > bounded.max()
                || bounded.value() < bounded.min()
                || bounded.value() > bounded.max()) {
            throw new ConfigException(
                    "group.consumer." + name,
                    bounded.value(),
                    "expected a number between group.consumer.min.%s, %d, and group.consumer.max.%s, %d"
                            .formatted(name, bounded.min(), name, bounded.max()));
        }
        return bounded;
    }

    private static int integer(
            Map<String, String> properties, String name, int defaultValue, int min) {
        return (int) GroupConfig.number(properties, name, defaultValue, min, Integer.MAX_VALUE);
    }

    private static List<String> assignors(Map<String, String> properties) {
        String value = properties.get("group.consumer.assignors");
        if (value == null) {
            return ASSIGNORS;
        }
        List<String> names =
                Arrays.stream(value.split(",", -1)).map(String::trim).distinct().toList();
        if (!new HashSet<>(ASSIGNORS).containsAll(names)) {
            throw new ConfigException(
                    "group.consumer.assignors",
                    value,
                    "expected one or both of uniform and range; other assignors run in the clients"
                            + " (group.protocol=classic)");
        }
        return names;
    }

    private static Migration migration(Map<String, String> properties) {
        String value = properties.getOrDefault("group.consumer.migration.policy", "bidirectional");
        try {
            return Migration.valueOf(value.trim().toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new ConfigException(
                    "group.consumer.migration.policy",
                    value,
                    "expected bidirectional, upgrade, downgrade or disabled");
        }
    }
}
