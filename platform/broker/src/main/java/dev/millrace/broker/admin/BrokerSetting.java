package dev.millrace.broker.admin;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A setting of a broker as {@code DescribeConfigs} shows it. Those that are defaults of topics can
 * be changed at run time; the others are read once at start.
 *
 * @param defaultValue null if it has none
 * @param dynamic may be altered while the broker runs
 */
record BrokerSetting(
        String name,
        ConfigType type,
        @Nullable String defaultValue,
        boolean dynamic,
        String documentation) {

    private static final Map<String, BrokerSetting> KNOWN = new LinkedHashMap<>();

    private static final List<String> SECRETS =
            List.of("password", "secret", "jaas.config", "keystore.key", "credential");

    static {
        known("node.id", ConfigType.INT, null, "Number of this node in its cluster.");
        known("log.dirs", ConfigType.STRING, null, "Directories that hold the logs.");
        known("listeners", ConfigType.STRING, null, "Address that Kafka clients connect to.");
        known("num.partitions", ConfigType.INT, "1", "Partitions of a topic that names no number.");
        known(
                "default.replication.factor",
                ConfigType.INT,
                "1",
                "Replicas of a topic that names no number.");
        known(
                "auto.create.topics.enable",
                ConfigType.BOOLEAN,
                "true",
                "Whether a topic is created when a client first asks for it.");
        known("delete.topic.enable", ConfigType.BOOLEAN, "true", "Whether topics may be deleted.");
        known(
                "offsets.topic.num.partitions",
                ConfigType.INT,
                "50",
                "Partitions of the topic of committed offsets; fixed once it exists.");
        known(
                "offsets.retention.minutes",
                ConfigType.INT,
                "10080",
                "How long offsets outlive the last member of their group.");
        known(
                "offsets.retention.check.interval.ms",
                ConfigType.LONG,
                "600000",
                "Time between two looks for expired offsets.");
        known(
                "offset.metadata.max.bytes",
                ConfigType.INT,
                "4096",
                "Longest text that a client may commit with an offset.");
        known(
                "group.initial.rebalance.delay.ms",
                ConfigType.INT,
                null,
                "How long an empty group waits for more members after the first. Unset, it waits"
                        + " for 50 ms of silence, at most 3 s.");
        known(
                "group.min.session.timeout.ms",
                ConfigType.INT,
                "6000",
                "Shortest session timeout a member may ask for.");
        known(
                "group.max.session.timeout.ms",
                ConfigType.INT,
                "1800000",
                "Longest session timeout a member may ask for.");
        known("group.max.size", ConfigType.INT, "2147483647", "Most members of one group.");
        known("millrace.groups.max", ConfigType.INT, "100000", "Most groups of one broker.");
        known(
                "socket.request.max.bytes",
                ConfigType.INT,
                "104857600",
                "Largest request that is read.");
        known(
                "connections.max.idle.ms",
                ConfigType.LONG,
                "600000",
                "Time after which a silent connection is closed.");
        known(
                "log.retention.check.interval.ms",
                ConfigType.LONG,
                "300000",
                "Time between two looks for segments to delete.");
        known(
                "log.cleaner.enable",
                ConfigType.BOOLEAN,
                "true",
                "Whether topics with cleanup.policy compact are compacted.");
        known("log.cleaner.threads", ConfigType.INT, "1", "Threads that compact logs.");
        known(
                "log.cleaner.backoff.ms",
                ConfigType.LONG,
                "15000",
                "Pause of a cleaner when no log is dirty enough.");
        known(
                "log.cleaner.io.max.bytes.per.second",
                ConfigType.DOUBLE,
                "1.7976931348623157E308",
                "Bytes that all cleaners together read and write in a second, on average.");
        known(
                "log.cleaner.io.buffer.size",
                ConfigType.INT,
                "524288",
                "Memory of all cleaners together for reading and writing.");
        known(
                "log.cleaner.io.buffer.load.factor",
                ConfigType.DOUBLE,
                "0.9",
                "How full a cleaner's map of keys may become.");
        known(
                "log.cleaner.dedupe.buffer.size",
                ConfigType.LONG,
                "134217728",
                "Memory of all cleaners together for the keys of a dirty section, 24 bytes each;"
                        + " at most an eighth of the heap is used.");
        for (TopicConfig topic : TopicConfigs.all()) {
            for (TopicConfig.Synonym synonym : topic.synonyms()) {
                boolean strongest = topic.synonyms().get(0).equals(synonym);
                KNOWN.putIfAbsent(
                        synonym.brokerName(),
                        new BrokerSetting(
                                synonym.brokerName(),
                                synonym.factor() == 1 ? topic.type() : ConfigType.INT,
                                strongest ? topic.defaultValue() : null,
                                true,
                                "Default of topics' "
                                        + topic.name()
                                        + ". "
                                        + topic.documentation()));
            }
        }
    }

    private static void known(
            String name, ConfigType type, @Nullable String defaultValue, String documentation) {
        KNOWN.put(name, new BrokerSetting(name, type, defaultValue, false, documentation));
    }

    static Map<String, BrokerSetting> known() {
        return Map.copyOf(KNOWN);
    }

    /** Settings of other parts of the node, or of none, are shown as they were given. */
    static BrokerSetting of(String name) {
        return KNOWN.getOrDefault(
                name, new BrokerSetting(name, ConfigType.STRING, null, false, ""));
    }

    /** Not to be shown. */
    boolean isSensitive() {
        String lower = name.toLowerCase(Locale.ROOT);
        return SECRETS.stream().anyMatch(lower::contains);
    }
}
