package dev.millrace.broker.admin;

import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/**
 * A setting of a broker: a line of {@code broker-settings.tsv}, which has all of Apache Kafka's and
 * Millrace's own.
 *
 * @param kafkaDefault of Apache Kafka; null if there is none
 * @param defaultValue here; null if there is none
 * @param internal a knob that Kafka knows and does not show
 * @param withoutEffect why the value is accepted and changes nothing; empty if it does
 * @param refusal why another value than the default is refused; empty if it is not
 * @param documentation one or two sentences
 */
public record BrokerSetting(
        String name,
        ConfigDef.Type type,
        @Nullable String kafkaDefault,
        @Nullable String defaultValue,
        UpdateMode updateMode,
        boolean internal,
        ValueRule rule,
        String withoutEffect,
        String refusal,
        String documentation) {

    /** How a setting can be changed while the broker runs. */
    public enum UpdateMode {
        /** Not at all: it is read at start. */
        READ_ONLY("read-only"),
        /** For one broker. */
        PER_BROKER("per-broker"),
        /** For one broker, or for all. */
        CLUSTER_WIDE("cluster-wide");

        private final String text;

        UpdateMode(String text) {
            this.text = text;
        }

        static UpdateMode of(String text) {
            for (UpdateMode mode : values()) {
                if (mode.text.equals(text)) {
                    return mode;
                }
            }
            throw new IllegalArgumentException("There is no update mode '" + text + "'");
        }

        @Override
        public String toString() {
            return text;
        }
    }

    private static final class Table {
        // Read when first asked for: not on the way to a node that listens.
        static final Map<String, BrokerSetting> ALL = BrokerSettingTable.read();
    }

    /** All of them by name, in the order of their names. */
    public static Map<String, BrokerSetting> all() {
        return Table.ALL;
    }

    static Optional<BrokerSetting> find(String name) {
        return Optional.ofNullable(all().get(name));
    }

    /** For messages: "a whole number of at least 1". */
    public String expects() {
        return rule.expects();
    }

    /** Whether it is of the type, and allowed. */
    public boolean accepts(String value) {
        return rule.violation(name, value).isEmpty();
    }

    /**
     * The value as DescribeConfigs shows it.
     *
     * @throws ConfigException if it is not of the type or not allowed, in Kafka's words
     */
    public String parse(String value) {
        return rule.parse(name, value);
    }

    /** Why this value must not be set although it fits; empty if it may. */
    public Optional<String> refusalOf(String value) {
        return refusal.isEmpty() || value.isBlank() || Objects.equals(value.trim(), kafkaDefault)
                ? Optional.empty()
                : Optional.of(name + " cannot be set to '" + value.trim() + "': " + refusal);
    }

    boolean isSensitive() {
        return type == ConfigDef.Type.PASSWORD;
    }

    boolean isDynamic() {
        return updateMode != UpdateMode.READ_ONLY;
    }
}
