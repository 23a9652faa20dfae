package dev.millrace.streams;

import static dev.millrace.streams.StreamsConfig.*;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/** What must fit together, of several settings; in Kafka Streams' words. */
final class SettingsRules {
    private SettingsRules() {}

    /** Tags that racks are told apart by, and those that this client has. */
    static void requireTags(List<String> rackAware, Map<String, String> tags) {
        if (tags.size() > MAX_RACK_AWARE_ASSIGNMENT_TAG_LIST_SIZE) {
            throw new ConfigException(
                    String.format(
                            "At most %s client tags can be specified using %s prefix.",
                            MAX_RACK_AWARE_ASSIGNMENT_TAG_LIST_SIZE, CLIENT_TAG_PREFIX));
        }
        for (String each : rackAware) {
            if (each.isEmpty()) {
                throw new ConfigException(
                        RACK_AWARE_ASSIGNMENT_TAGS_CONFIG,
                        rackAware,
                        "Contains invalid value []. Tag key cannot be empty.");
            }
            if (!tags.containsKey(each)) {
                throw new ConfigException(
                        RACK_AWARE_ASSIGNMENT_TAGS_CONFIG,
                        rackAware,
                        String.format(
                                "Contains invalid value [%s] which doesn't have corresponding tag set via [%s] prefix.",
                                each, CLIENT_TAG_PREFIX));
            }
        }
        tags.forEach(SettingsRules::requireTag);
    }

    private static void requireTag(String key, String value) {
        String name = CLIENT_TAG_PREFIX + key;
        if (key.isBlank()) {
            throw new ConfigException("Invalid config `client.tag.` (missing client tag key).");
        }
        if (value.isBlank()) {
            throw new ConfigException(name, "[]", "Tag value cannot be empty.");
        }
        requireLength(name, key, "Tag key", MAX_RACK_AWARE_ASSIGNMENT_TAG_KEY_LENGTH);
        requireLength(name, value, "Tag value", MAX_RACK_AWARE_ASSIGNMENT_TAG_VALUE_LENGTH);
    }

    private static void requireLength(String name, String part, String what, int max) {
        if (part.length() > max) {
            throw new ConfigException(name, part, what + " exceeds maximum length of " + max + ".");
        }
    }

    /** A transaction would time out before its commit. */
    static void requireTransactionsToLast(long commitIntervalMs, Map<String, Object> given) {
        String name = producerPrefix(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG);
        Object timeout = given.get(name);
        int timeoutMs =
                timeout == null
                        ? ClientSettings.TRANSACTION_TIMEOUT_MS
                        : (int) ConfigDef.parseType(name, timeout, ConfigDef.Type.INT);
        if (timeoutMs < commitIntervalMs) {
            throw new IllegalArgumentException(
                    String.format(
                            "Transaction timeout %d was set lower than streams commit interval %d: every transaction"
                                    + " would time out. Lower commit.interval.ms, or raise"
                                    + " producer.transaction.timeout.ms.",
                            timeoutMs, commitIntervalMs));
        }
    }

    /**
     * An instance pushes its metrics through its admin client, and those of threads through
     * consumers.
     */
    static void requireSameMetricsPush(
            boolean streams,
            @Nullable Boolean consumer,
            @Nullable Boolean mainConsumer,
            @Nullable Boolean admin) {
        if (!streams) {
            return;
        }
        String consistent = ", the setting needs to be consistent between the two";
        if (Boolean.FALSE.equals(consumer) && mainConsumer == null && admin == null) {
            throw new ConfigException(
                    "Kafka Streams metrics push enabled but consumer.enable.metrics is false"
                            + consistent);
        }
        boolean mainOff = Boolean.FALSE.equals(mainConsumer);
        boolean adminOff = Boolean.FALSE.equals(admin);
        if (mainOff || adminOff) {
            String enabled =
                    Boolean.TRUE.equals(consumer)
                            ? "and consumer.enable.metrics are enabled,"
                            : "enabled";
            String disabled =
                    mainOff && adminOff
                            ? "main.consumer and admin.client metrics push are disabled"
                            : (mainOff ? "main.consumer" : "admin.client")
                                    + " metrics push is disabled";
            throw new ConfigException(
                    "Kafka Streams metrics push " + enabled + " but " + disabled + consistent);
        }
    }

    /** A batch of the producers must fit into a segment of internal topics. */
    static void requireBatchesToFit(@Nullable Object segmentBytes, @Nullable Object batchBytes) {
        if (segmentBytes != null
                && batchBytes != null
                && Integer.parseInt(segmentBytes.toString())
                        < Integer.parseInt(batchBytes.toString())) {
            throw new IllegalArgumentException(
                    String.format(
                            Locale.ROOT,
                            "Specified topic segment size %s is smaller than the configured producer batch size %s,"
                                    + " this will cause produced batch not able to be appended to the topic",
                            segmentBytes,
                            batchBytes));
        }
    }
}
