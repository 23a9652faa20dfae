package dev.millrace.broker.admin;

import dev.millrace.cluster.MetadataImage;
import dev.millrace.log.CompactionConfig;
import dev.millrace.log.LogConfig;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.jspecify.annotations.Nullable;

/**
 * The settings of topics. A value is looked for, in this order, in the topic's own configs, in what
 * was set at run time for this broker and for all brokers, in the node's properties (under the
 * broker's name for it, {@code log.retention.hours} for {@code retention.ms}), and in the defaults.
 *
 * <p>Pure functions; any thread.
 */
public final class TopicConfigs {
    private static final Map<String, TopicConfig> BY_NAME = new LinkedHashMap<>();

    static {
        TopicConfigTable.rows().forEach(row -> BY_NAME.put(row.name(), row));
    }

    private TopicConfigs() {}

    /** All of them. */
    static Collection<TopicConfig> all() {
        return BY_NAME.values();
    }

    static Optional<TopicConfig> find(String name) {
        return Optional.ofNullable(BY_NAME.get(name));
    }

    /** Accepted, stored and shown, but without effect: name to reason. */
    public static Map<String, String> withoutEffect() {
        Map<String, String> reasons = new TreeMap<>();
        for (TopicConfig config : all()) {
            if (config.withoutEffect() != null) {
                reasons.put(config.name(), config.withoutEffect());
            }
        }
        return reasons;
    }

    /**
     * The configs as they are stored.
     *
     * @throws InvalidConfigurationException on an unknown name or a value that does not fit; says
     *     what was expected
     */
    public static Map<String, String> validate(Map<String, String> configs) {
        Map<String, String> valid = new LinkedHashMap<>();
        configs.forEach((name, value) -> valid.put(name, require(name).validate(value)));
        return valid;
    }

    /**
     * Checks values against each other, with the broker's where the topic has none.
     *
     * @param topicConfigs each valid by itself
     */
    static void validateTogether(
            Map<String, String> brokerProperties,
            MetadataImage image,
            int nodeId,
            Map<String, String> topicConfigs) {
        Values values = new Values(brokerProperties, image, nodeId, topicConfigs);
        long min = values.number("min.compaction.lag.ms");
        long max = values.number("max.compaction.lag.ms");
        if (min > max) {
            throw new InvalidConfigurationException(
                    "conflict topic config setting min.compaction.lag.ms ("
                            + min
                            + ") > max.compaction.lag.ms ("
                            + max
                            + ")");
        }
    }

    static TopicConfig require(String name) {
        return find(name)
                .orElseThrow(
                        () ->
                                new InvalidConfigurationException(
                                        "Unknown topic config name: " + name));
    }

    /**
     * What the topic's logs run with.
     *
     * @param brokerProperties of this node, under Kafka's names
     */
    public static LogConfig logConfig(
            Map<String, String> brokerProperties, MetadataImage image, int nodeId, String topic) {
        Values values = new Values(brokerProperties, image, nodeId, topic);
        List<String> cleanup = TopicConfig.elements(values.get("cleanup.policy"));
        return new LogConfig(
                values.integer("segment.bytes"),
                values.number("segment.ms"),
                values.number("segment.jitter.ms"),
                values.integer("segment.index.bytes"),
                values.integer("index.interval.bytes"),
                values.number("retention.bytes"),
                values.number("retention.ms"),
                values.integer("max.message.bytes"),
                cleanup.contains("delete"),
                cleanup.contains("compact"),
                values.get("message.timestamp.type").equals("LogAppendTime"),
                values.number("message.timestamp.before.max.ms"),
                values.number("message.timestamp.after.max.ms"),
                values.get("compression.type"),
                compressionLevel(values),
                Boolean.parseBoolean(values.get("preallocate")),
                values.number("file.delete.delay.ms"),
                values.number("flush.messages"),
                values.number("flush.ms"),
                values.get(TopicConfigTable.ACK_DURABILITY).equals("disk"),
                new CompactionConfig(
                        values.number("delete.retention.ms"),
                        values.number("min.compaction.lag.ms"),
                        values.number("max.compaction.lag.ms"),
                        Double.parseDouble(values.get("min.cleanable.dirty.ratio"))));
    }

    /** What topics inherit as {@code retention.ms}. */
    static long retentionMs(Map<String, String> brokerProperties) {
        TopicConfig config = require("retention.ms");
        return Long.parseLong(
                config.fromBroker(brokerProperties)
                        .orElse(String.valueOf(config.defaultValue()))
                        .trim());
    }

    private static int compressionLevel(Values values) {
        String level = "compression." + values.get("compression.type") + ".level";
        return find(level).isPresent() ? values.integer(level) : 0;
    }

    /**
     * What the topic's replicas go by.
     *
     * @param throttledLeaders {@code leader.replication.throttled.replicas}
     * @param throttledFollowers {@code follower.replication.throttled.replicas}
     */
    public record Replicas(int minInsync, String throttledLeaders, String throttledFollowers) {}

    /** As this node sees the topic now. */
    public static Replicas replicas(
            Map<String, String> brokerProperties, MetadataImage image, int nodeId, String topic) {
        Values values = new Values(brokerProperties, image, nodeId, topic);
        return new Replicas(
                values.integer("min.insync.replicas"),
                values.get(TopicConfigTable.THROTTLED_LEADERS),
                values.get(TopicConfigTable.THROTTLED_FOLLOWERS));
    }

    /**
     * Checks those of a node's properties that are defaults of topics, once at start.
     *
     * @throws InvalidConfigurationException names the property
     */
    public static void validateBrokerProperties(Map<String, String> brokerProperties) {
        for (TopicConfig config : all()) {
            for (TopicConfig.Synonym synonym : config.synonyms()) {
                String value = brokerProperties.get(synonym.brokerName());
                if (value != null) {
                    validateSynonym(config, synonym, value);
                }
            }
        }
    }

    static void validateSynonym(TopicConfig config, TopicConfig.Synonym synonym, String value) {
        try {
            config.validate(synonym.toTopicValue(value));
        } catch (InvalidConfigurationException e) {
            throw new InvalidConfigurationException(
                    "Invalid value '"
                            + value
                            + "' for "
                            + synonym.brokerName()
                            + ", the default of topics' "
                            + config.name()
                            + ": "
                            + e.getMessage());
        }
    }

    /**
     * One value with where it was found.
     *
     * @param foundAs the name it has there
     */
    record Found(String foundAs, @Nullable String value, ConfigSource source) {}

    /** Everywhere a topic's value is set, strongest first; the first one counts. Never empty. */
    static List<Found> lookUp(
            TopicConfig config,
            Map<String, String> brokerProperties,
            MetadataImage image,
            int nodeId,
            Map<String, String> topicConfigs) {
        List<Found> found = new ArrayList<>();
        String own = topicConfigs.get(config.name());
        if (own != null) {
            found.add(new Found(config.name(), own, ConfigSource.DYNAMIC_TOPIC));
        }
        addSynonyms(
                found,
                config,
                image.config(brokerResource(String.valueOf(nodeId))),
                ConfigSource.DYNAMIC_BROKER);
        addSynonyms(
                found,
                config,
                image.config(brokerResource("")),
                ConfigSource.DYNAMIC_DEFAULT_BROKER);
        addSynonyms(found, config, brokerProperties, ConfigSource.STATIC_BROKER);
        String defaultName =
                config.synonyms().isEmpty() ? config.name() : config.synonyms().get(0).brokerName();
        found.add(new Found(defaultName, config.defaultValue(), ConfigSource.DEFAULT));
        return found;
    }

    /**
     * What DescribeConfigs says of where a value comes from, strongest first, as Kafka says it:
     * with the value that is set there, in its unit, and of the broker's settings only the first
     * that gives the topic its default and those after it. So {@code log.retention.hours} is there
     * below {@code log.retention.ms}, and alone it is not. May be empty: then it is Kafka's
     * default.
     */
    static List<Found> synonyms(
            TopicConfig config,
            Map<String, String> brokerProperties,
            MetadataImage image,
            int nodeId,
            Map<String, String> topicConfigs) {
        List<Found> found = new ArrayList<>();
        List<String> names =
                config.synonyms().stream().map(TopicConfig.Synonym::brokerName).toList();
        addRaw(
                found,
                names,
                image.config(brokerResource(String.valueOf(nodeId))),
                ConfigSource.DYNAMIC_BROKER);
        addRaw(found, names, image.config(brokerResource("")), ConfigSource.DYNAMIC_DEFAULT_BROKER);
        addRaw(found, names, brokerProperties, ConfigSource.STATIC_BROKER);
        for (String name : names) {
            BrokerSetting.find(name)
                    .map(BrokerSetting::defaultValue)
                    .ifPresent(value -> found.add(new Found(name, value, ConfigSource.DEFAULT)));
        }
        int first = 0;
        while (first < found.size() && !found.get(first).foundAs().equals(names.get(0))) {
            first++;
        }
        List<Found> shown = new ArrayList<>(found.subList(first, found.size()));
        String own = topicConfigs.get(config.name());
        if (own != null) {
            shown.add(0, new Found(config.name(), own, ConfigSource.DYNAMIC_TOPIC));
        }
        return shown;
    }

    private static void addRaw(
            List<Found> found,
            List<String> names,
            Map<String, String> properties,
            ConfigSource source) {
        for (String name : names) {
            String value = properties.get(name);
            if (value != null) {
                found.add(new Found(name, value.trim(), source));
            }
        }
    }

    private static void addSynonyms(
            List<Found> found,
            TopicConfig config,
            Map<String, String> properties,
            ConfigSource source) {
        for (TopicConfig.Synonym synonym : config.synonyms()) {
            String value = properties.get(synonym.brokerName());
            if (value != null) {
                found.add(
                        new Found(
                                synonym.brokerName(), synonym.toTopicValue(value).trim(), source));
            }
        }
    }

    /**
     * @param name node id, or empty for all brokers
     */
    static ConfigResource brokerResource(String name) {
        return new ConfigResource(ConfigResource.Type.BROKER, name);
    }

    static ConfigResource topicResource(String name) {
        return new ConfigResource(ConfigResource.Type.TOPIC, name);
    }

    private record Values(
            Map<String, String> brokerProperties,
            MetadataImage image,
            int nodeId,
            Map<String, String> topicConfigs) {

        Values(
                Map<String, String> brokerProperties,
                MetadataImage image,
                int nodeId,
                String topic) {
            this(brokerProperties, image, nodeId, image.config(topicResource(topic)));
        }

        String get(String name) {
            TopicConfig config = require(name);
            String value =
                    lookUp(config, brokerProperties, image, nodeId, topicConfigs).get(0).value();
            return value == null ? "" : value;
        }

        long number(String name) {
            return Long.parseLong(get(name));
        }

        int integer(String name) {
            return Integer.parseInt(get(name));
        }
    }
}
