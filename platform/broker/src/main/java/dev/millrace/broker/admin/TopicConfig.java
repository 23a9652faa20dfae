package dev.millrace.broker.admin;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.jspecify.annotations.Nullable;

/**
 * One setting of a topic.
 *
 * @param defaultValue null where nothing is the default
 * @param synonyms broker settings that give topics their default, strongest first
 * @param withoutEffect why the value is stored and shown but changes nothing; null if it does
 * @param documentation one or two sentences for {@code DescribeConfigs}
 */
record TopicConfig(
        String name,
        ConfigType type,
        @Nullable String defaultValue,
        ConfigRule rule,
        List<Synonym> synonyms,
        @Nullable String withoutEffect,
        String documentation) {

    /**
     * @param brokerName for instance {@code log.retention.hours}
     * @param factor its value times this is the topic's value; 1 for other than numbers
     */
    record Synonym(String brokerName, long factor) {
        /** The topic's value for a broker's, or the value itself if it is no number. */
        String toTopicValue(String brokerValue) {
            if (factor == 1) {
                return brokerValue;
            }
            try {
                long number = Long.parseLong(brokerValue.trim());
                // log.retention.hours=-1 is unlimited, whatever the unit.
                return String.valueOf(number < 0 ? number : Math.multiplyExact(number, factor));
            } catch (NumberFormatException | ArithmeticException e) {
                return brokerValue;
            }
        }
    }

    TopicConfig {
        synonyms = List.copyOf(synonyms);
    }

    /** The settings of a broker that this one falls back to, for instance for {@code SHOW}. */
    Optional<String> fromBroker(Map<String, String> brokerProperties) {
        return synonyms.stream()
                .filter(s -> brokerProperties.containsKey(s.brokerName()))
                .findFirst()
                .map(s -> s.toTopicValue(brokerProperties.getOrDefault(s.brokerName(), "")));
    }

    /**
     * The value as it is stored: trimmed.
     *
     * @throws InvalidConfigurationException says what came and what was expected
     */
    String validate(String value) {
        String trimmed = value.trim();
        if (!hasType(trimmed)) {
            throw invalid(value, type.description());
        }
        rule.violation(trimmed)
                .ifPresent(
                        expected -> {
                            throw invalid(value, expected);
                        });
        return trimmed;
    }

    private InvalidConfigurationException invalid(String value, String expected) {
        return new InvalidConfigurationException(
                "Invalid value '" + value + "' for " + name + ": expected " + expected);
    }

    private boolean hasType(String value) {
        try {
            switch (type) {
                case BOOLEAN -> {
                    return value.equalsIgnoreCase("true") || value.equalsIgnoreCase("false");
                }
                case INT -> Integer.parseInt(value);
                case LONG -> Long.parseLong(value);
                case DOUBLE -> Double.parseDouble(value);
                case SHORT -> Short.parseShort(value);
                case STRING, LIST, CLASS, PASSWORD, UNKNOWN -> {
                    return true;
                }
            }
            return true;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    static List<String> elements(String list) {
        return Arrays.stream(list.split(",", -1))
                .map(String::trim)
                .filter(element -> !element.isEmpty())
                .toList();
    }
}
