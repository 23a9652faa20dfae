package dev.millrace.broker.admin;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.jspecify.annotations.Nullable;

/**
 * The settings of one group. What a group does not set comes from the broker, under the broker's
 * name for it: {@code group.consumer.session.timeout.ms} for {@code consumer.session.timeout.ms}.
 * Pure functions; any thread.
 *
 * @see "KIP-848, KIP-932, KIP-1071, KIP-1240: configs of groups"
 */
public final class GroupConfigs {
    /**
     * @param brokerName where the default comes from; null if nowhere
     * @param defaultValue where the broker has none
     * @param min broker setting that bounds it from below; null if none
     * @param max broker setting that bounds it from above; null if none
     * @param withoutEffect why it changes nothing; empty if it does
     */
    record GroupConfig(
            String name,
            ConfigDef.Type type,
            @Nullable String brokerName,
            String defaultValue,
            ValueRule rule,
            @Nullable String min,
            @Nullable String max,
            String withoutEffect,
            String documentation) {}

    private static final String NO_SHARE = "there are no share groups";
    private static final String NO_STREAMS =
            "there are no streams groups; Kafka Streams uses the classic group protocol";
    private static final Map<String, GroupConfig> ALL = new TreeMap<>();

    static {
        for (String kind : List.of("consumer", "share", "streams")) {
            String why =
                    switch (kind) {
                        case "share" -> NO_SHARE;
                        case "streams" -> NO_STREAMS;
                        default -> "";
                    };
            bounded(
                    kind,
                    "session.timeout.ms",
                    "45000",
                    1,
                    why,
                    "Time without a heartbeat after which a member is removed.");
            bounded(
                    kind,
                    "heartbeat.interval.ms",
                    "5000",
                    1,
                    why,
                    "Time between two heartbeats of a member.");
            bounded(
                    kind,
                    "assignment.interval.ms",
                    "1000",
                    0,
                    why,
                    "Least time between two assignments.");
        }
        bounded(
                "share",
                "record.lock.duration.ms",
                "30000",
                1000,
                NO_SHARE,
                "How long a record is locked for the member that acquired it.");
        bounded(
                "share",
                "delivery.count.limit",
                "5",
                2,
                NO_SHARE,
                "How often a record is delivered at most.");
        bounded(
                "share",
                "partition.max.record.locks",
                "2000",
                100,
                NO_SHARE,
                "Most records of a partition that are locked at once.");
        put(
                new GroupConfig(
                        "streams.num.standby.replicas",
                        ConfigDef.Type.INT,
                        "group.streams.num.standby.replicas",
                        "0",
                        ValueRule.parse(ConfigDef.Type.INT, ">=0"),
                        null,
                        "group.streams.max.standby.replicas",
                        NO_STREAMS,
                        "Standby replicas of each task."));
        put(
                new GroupConfig(
                        "streams.initial.rebalance.delay.ms",
                        ConfigDef.Type.INT,
                        "group.streams.initial.rebalance.delay.ms",
                        "3000",
                        ValueRule.parse(ConfigDef.Type.INT, ">=0"),
                        null,
                        null,
                        NO_STREAMS,
                        "How long an empty group waits for more members after the first."));
        alone(
                "share.auto.offset.reset",
                ConfigDef.Type.STRING,
                "latest",
                "",
                "Where a group without offsets begins: earliest, latest or by_duration:PnDTnHnMn.nS.");
        alone(
                "share.isolation.level",
                ConfigDef.Type.STRING,
                "read_uncommitted",
                "one:read_committed,read_uncommitted",
                "Whether records of transactions are delivered before they are committed.");
        alone(
                "share.renew.acknowledge.enable",
                ConfigDef.Type.BOOLEAN,
                "true",
                "",
                "Whether members may prolong the lock of a record.");
    }

    private GroupConfigs() {}

    private static void bounded(
            String kind, String what, String defaultValue, int least, String why, String doc) {
        String brokerKind = "group." + kind + ".";
        put(
                new GroupConfig(
                        kind + "." + what,
                        ConfigDef.Type.INT,
                        brokerKind + what,
                        defaultValue,
                        ValueRule.parse(ConfigDef.Type.INT, ">=" + least),
                        brokerKind + "min." + what,
                        brokerKind + "max." + what,
                        why,
                        doc));
    }

    private static void alone(
            String name, ConfigDef.Type type, String defaultValue, String rule, String doc) {
        put(
                new GroupConfig(
                        name,
                        type,
                        null,
                        defaultValue,
                        ValueRule.parse(type, rule),
                        null,
                        null,
                        NO_SHARE,
                        doc));
    }

    private static void put(GroupConfig config) {
        // The broker's maximum of partition locks and the like are named with min/max inside.
        ALL.put(config.name(), config);
    }

    static Map<String, GroupConfig> all() {
        return ALL;
    }

    static Optional<GroupConfig> find(String name) {
        return Optional.ofNullable(ALL.get(name));
    }

    /**
     * Everything that holds for a group.
     *
     * @param groupConfigs set on the group itself
     * @param broker the broker's settings as they are now
     */
    public static Map<String, String> effective(
            Map<String, String> groupConfigs, Map<String, String> broker) {
        Map<String, String> values = new HashMap<>();
        ALL.values().forEach(each -> values.put(each.name(), inherited(each, broker)));
        values.putAll(groupConfigs);
        return values;
    }

    static String inherited(GroupConfig config, Map<String, String> broker) {
        if (config.brokerName() == null) {
            return config.defaultValue();
        }
        String set = broker.get(config.brokerName());
        return set == null ? config.defaultValue() : set;
    }

    /**
     * @param configs all that would be set on the group
     * @param broker the broker's settings as they are now
     * @throws InvalidConfigurationException in Kafka's words
     */
    static void validate(Map<String, String> configs, Map<String, String> broker) {
        for (String name : configs.keySet()) {
            if (!ALL.containsKey(name)) {
                throw new InvalidConfigurationException("Unknown group config name: " + name);
            }
        }
        Map<String, String> values = effective(configs, broker);
        Map<String, String> parsed = new LinkedHashMap<>();
        for (GroupConfig each : ALL.values()) {
            String value = values.getOrDefault(each.name(), each.defaultValue());
            try {
                parsed.put(each.name(), each.rule().parse(each.name(), value));
                checkOffsetReset(each.name(), value);
            } catch (ConfigException e) {
                throw new InvalidConfigurationException(e.getMessage());
            }
        }
        for (GroupConfig each : ALL.values()) {
            // An interval between assignments is bounded only where the group itself sets it.
            if (configs.containsKey(each.name())
                    || !each.name().endsWith("assignment.interval.ms")) {
                checkBounds(each, parsed.getOrDefault(each.name(), each.defaultValue()), broker);
            }
        }
        for (String kind : List.of("consumer", "share", "streams")) {
            String session = kind + ".session.timeout.ms";
            String heartbeat = kind + ".heartbeat.interval.ms";
            if (number(parsed, session) <= number(parsed, heartbeat)) {
                throw new InvalidConfigurationException(
                        session + " must be greater than " + heartbeat);
            }
        }
    }

    private static int number(Map<String, String> values, String name) {
        return Integer.parseInt(values.getOrDefault(name, "0"));
    }

    private static void checkBounds(GroupConfig config, String value, Map<String, String> broker) {
        if (config.min() != null && Integer.parseInt(value) < bound(config.min(), broker)) {
            throw new InvalidConfigurationException(
                    config.name() + " must be greater than or equal to " + config.min());
        }
        if (config.max() != null && Integer.parseInt(value) > bound(config.max(), broker)) {
            throw new InvalidConfigurationException(
                    config.name() + " must be less than or equal to " + config.max());
        }
    }

    private static int bound(String brokerName, Map<String, String> broker) {
        BrokerSetting setting = BrokerSetting.find(brokerName).orElseThrow();
        String value = broker.get(brokerName);
        if (value == null) {
            value = setting.defaultValue();
        }
        return value == null ? 0 : Integer.parseInt(value.trim());
    }

    private static void checkOffsetReset(String name, String value) {
        if (!name.equals("share.auto.offset.reset")
                || value.equals("earliest")
                || value.equals("latest")
                || isDuration(value)) {
            return;
        }
        throw new ConfigException(
                name,
                value,
                "Invalid value `"
                        + value
                        + "` for configuration "
                        + name
                        + ". The value must be either 'earliest', 'latest' or of the format"
                        + " 'by_duration:<PnDTnHnMn.nS>'.");
    }

    private static boolean isDuration(String value) {
        String prefix = "by_duration:";
        if (!value.startsWith(prefix)) {
            return false;
        }
        try {
            return !java.time.Duration.parse(value.substring(prefix.length())).isNegative();
        } catch (java.time.format.DateTimeParseException e) {
            return false;
        }
    }
}
