package dev.millrace.connect;

import dev.millrace.connect.record.ErrorPolicy;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Range;
import org.apache.kafka.common.config.ConfigDef.ValidString;
import org.apache.kafka.common.config.ConfigException;

/** The settings of a connector that the worker itself understands; Kafka's keys and defaults. */
final class ConnectorConfig extends AbstractConfig {
    static final String NAME = "name";
    static final String CONNECTOR_CLASS = "connector.class";
    static final String TASKS_MAX = "tasks.max";
    static final String TOPICS = "topics";
    static final String TOPICS_REGEX = "topics.regex";
    private static final String DLQ = "errors.deadletterqueue.";
    private static final String DLQ_TOPIC = DLQ + "topic.name";
    private static final String DLQ_REPLICATION = DLQ + "topic.replication.factor";
    private static final String DLQ_HEADERS = DLQ + "context.headers.enable";

    private static final ConfigDef DEF =
            new ConfigDef()
                    .define(
                            NAME,
                            ConfigDef.Type.STRING,
                            ConfigDef.NO_DEFAULT_VALUE,
                            new ConfigDef.NonEmptyString(),
                            Importance.HIGH,
                            "Unique name.")
                    .define(
                            CONNECTOR_CLASS,
                            ConfigDef.Type.STRING,
                            Importance.HIGH,
                            "Class name or alias.")
                    .define(
                            TASKS_MAX,
                            ConfigDef.Type.INT,
                            1,
                            Range.atLeast(1),
                            Importance.HIGH,
                            "Most tasks.")
                    .define(
                            WorkerConfig.KEY_CONVERTER,
                            ConfigDef.Type.STRING,
                            null,
                            Importance.LOW,
                            "")
                    .define(
                            WorkerConfig.VALUE_CONVERTER,
                            ConfigDef.Type.STRING,
                            null,
                            Importance.LOW,
                            "")
                    .define(
                            WorkerConfig.HEADER_CONVERTER,
                            ConfigDef.Type.STRING,
                            null,
                            Importance.LOW,
                            "")
                    .define(
                            "transforms",
                            ConfigDef.Type.LIST,
                            List.of(),
                            Importance.LOW,
                            "Their names, in order.")
                    .define(
                            "predicates",
                            ConfigDef.Type.LIST,
                            List.of(),
                            Importance.LOW,
                            "Their names.")
                    .define(
                            TOPICS,
                            ConfigDef.Type.LIST,
                            List.of(),
                            Importance.HIGH,
                            "Topics of a sink.")
                    .define(
                            TOPICS_REGEX,
                            ConfigDef.Type.STRING,
                            "",
                            Importance.HIGH,
                            "Topics of a sink.")
                    .define(
                            "errors.retry.timeout",
                            ConfigDef.Type.LONG,
                            0L,
                            Range.atLeast(-1),
                            Importance.MEDIUM,
                            "")
                    .define(
                            "errors.retry.delay.max.ms",
                            ConfigDef.Type.LONG,
                            60_000L,
                            Range.atLeast(1),
                            Importance.MEDIUM,
                            "")
                    .define(
                            "errors.tolerance",
                            ConfigDef.Type.STRING,
                            "none",
                            ValidString.in("none", "all"),
                            Importance.MEDIUM,
                            "")
                    .define(
                            "errors.log.enable",
                            ConfigDef.Type.BOOLEAN,
                            false,
                            Importance.MEDIUM,
                            "")
                    .define(
                            "errors.log.include.messages",
                            ConfigDef.Type.BOOLEAN,
                            false,
                            Importance.MEDIUM,
                            "")
                    .define(DLQ_TOPIC, ConfigDef.Type.STRING, "", Importance.MEDIUM, "")
                    .define(DLQ_REPLICATION, ConfigDef.Type.SHORT, (short) 3, Importance.MEDIUM, "")
                    .define(DLQ_HEADERS, ConfigDef.Type.BOOLEAN, false, Importance.MEDIUM, "");

    ConnectorConfig(Map<String, String> settings) {
        super(DEF, settings, false);
    }

    String name() {
        return getString(NAME);
    }

    String connectorClass() {
        return getString(CONNECTOR_CLASS);
    }

    int tasksMax() {
        return getInt(TASKS_MAX);
    }

    /** Without this a sink would silently read nothing. */
    void checkSink() {
        boolean topics = !getList(TOPICS).isEmpty();
        boolean regex = !getString(TOPICS_REGEX).isBlank();
        if (topics == regex) {
            throw new ConfigException(
                    "sink connector "
                            + name()
                            + ": expected one of topics and topics.regex, got "
                            + (topics ? "both" : "neither"));
        }
    }

    ErrorPolicy.Settings errors() {
        return new ErrorPolicy.Settings(
                getLong("errors.retry.timeout"),
                getLong("errors.retry.delay.max.ms"),
                getString("errors.tolerance").equals("all"),
                getBoolean("errors.log.enable"),
                getBoolean("errors.log.include.messages"));
    }

    Optional<String> deadLetterTopic() {
        return Optional.of(getString(DLQ_TOPIC)).filter(topic -> !topic.isBlank());
    }

    short deadLetterReplicationFactor() {
        return getShort(DLQ_REPLICATION);
    }

    boolean deadLetterHeaders() {
        return getBoolean(DLQ_HEADERS);
    }

    /** What follows {@code prefix} in the settings, as a plugin is configured with it. */
    Map<String, Object> below(String prefix) {
        return new HashMap<>(originalsWithPrefix(prefix));
    }
}
