package dev.millrace.broker.admin;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/**
 * The values a setting takes, as its line in the table says it; refusals are in Kafka's words.
 *
 * <pre>
 *   (empty)       anything of the type
 *   &gt;=1           a number of 1 or more
 *   1..9          a number from 1 to 9
 *   1..9|-1       the same, or -1
 *   one:a,b       a or b; of a list: each element, at most once
 *   anycase:a,b   the same, however it is written
 *   filled        anything but the empty text
 * </pre>
 */
final class ValueRule {
    private static final Pattern AT_LEAST = Pattern.compile(">=(-?\\d+)");
    private static final Pattern BETWEEN = Pattern.compile("(-?[\\d.]+?)\\.\\.(-?[\\d.]+)(\\|-1)?");

    private final ConfigDef.Type type;
    private final ConfigDef.@Nullable Validator validator;
    private final String expects;

    private ValueRule(
            ConfigDef.Type type, ConfigDef.@Nullable Validator validator, String expects) {
        this.type = type;
        this.validator = validator;
        this.expects = expects;
    }

    static ValueRule parse(ConfigDef.Type type, String text) {
        String typeName = ConfigType.of(type).description();
        if (text.isEmpty()) {
            return new ValueRule(type, null, typeName);
        }
        Matcher atLeast = AT_LEAST.matcher(text);
        if (atLeast.matches()) {
            long min = Long.parseLong(atLeast.group(1));
            return new ValueRule(
                    type,
                    ConfigDef.Range.atLeast(min),
                    typeName
                            + (type == ConfigDef.Type.INT
                                    ? " from " + min + " to " + Integer.MAX_VALUE
                                    : " of at least " + min));
        }
        Matcher between = BETWEEN.matcher(text);
        if (between.matches()) {
            Number min = number(between.group(1));
            Number max = number(between.group(2));
            return between.group(3) == null
                    ? new ValueRule(
                            type,
                            ConfigDef.Range.between(min, max),
                            typeName + " from " + min + " to " + max)
                    : new ValueRule(
                            type,
                            betweenOrMinusOne(min.longValue(), max.longValue()),
                            typeName + " from " + min + " to " + max + ", or -1");
        }
        if (text.startsWith("one:")) {
            String[] allowed = text.substring("one:".length()).split(",", -1);
            return new ValueRule(
                    type,
                    type == ConfigDef.Type.LIST
                            ? ConfigDef.ValidList.in(true, allowed)
                            : ConfigDef.ValidString.in(allowed),
                    (type == ConfigDef.Type.LIST ? "a list of " : "one of ")
                            + String.join(", ", allowed));
        }
        if (text.startsWith("anycase:")) {
            String[] allowed = text.substring("anycase:".length()).split(",", -1);
            return new ValueRule(
                    type,
                    ConfigDef.CaseInsensitiveValidString.in(allowed),
                    "one of " + String.join(", ", allowed).toLowerCase(Locale.ROOT));
        }
        if (text.equals("filled")) {
            return new ValueRule(type, new ConfigDef.NonEmptyString(), "a text that is not empty");
        }
        throw new IllegalArgumentException("No rule is written '" + text + "'");
    }

    private static Number number(String text) {
        return text.contains(".") ? (Number) Double.valueOf(text) : (Number) Long.valueOf(text);
    }

    private static ConfigDef.Validator betweenOrMinusOne(long min, long max) {
        return (name, value) -> {
            long number = ((Number) value).longValue();
            if (number != -1 && (number < min || number > max)) {
                throw new ConfigException(
                        name,
                        value,
                        "Value must be between " + min + " and " + max + " or equal to -1");
            }
        };
    }

    /** For messages: "a whole number of at least 1". */
    String expects() {
        return expects;
    }

    /**
     * The value as DescribeConfigs shows it.
     *
     * @throws ConfigException if it is not of the type, or not allowed
     */
    String parse(String name, String text) {
        if (type == ConfigDef.Type.CLASS || type == ConfigDef.Type.PASSWORD) {
            return text.trim();
        }
        Object value = ConfigDef.parseType(name, text, type);
        if (validator != null) {
            validator.ensureValid(name, value);
        }
        String shown = ConfigDef.convertToString(value, type);
        return shown == null ? "" : shown;
    }

    Optional<String> violation(String name, String text) {
        try {
            parse(name, text);
            return Optional.empty();
        } catch (ConfigException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /** Elements of a list as Kafka splits them: not trimmed. */
    static List<String> elements(String list) {
        return list.isEmpty() ? List.of() : List.of(list.split(",", -1));
    }
}
