package dev.millrace.node.config;

import java.util.List;
import java.util.function.Predicate;

/**
 * One setting a node knows.
 *
 * @param name Kafka's name, or {@code millrace.…}
 * @param expects for messages: "a whole number from 1 to 65536"
 * @param accepts whether a (trimmed) text is such a value
 * @param effect empty, or why the setting is accepted but changes nothing
 */
record Setting(String name, String expects, Predicate<String> accepts, String effect) {

    static Setting text(String name) {
        return new Setting(name, "a text", value -> true, "");
    }

    static Setting number(String name, long min, long max) {
        String expects =
                max == Long.MAX_VALUE
                        ? "a whole number of at least " + min
                        : "a whole number from " + min + " to " + max;
        return new Setting(name, expects, value -> isNumber(value, min, max), "");
    }

    static Setting count(String name, long min) {
        return number(name, min, Integer.MAX_VALUE);
    }

    static Setting ratio(String name) {
        return new Setting(name, "a number from 0 to 1", value -> isDecimal(value, 0, 1), "");
    }

    static Setting atLeastOne(String name) {
        return new Setting(
                name, "a number of at least 1", value -> isDecimal(value, 1, Double.MAX_VALUE), "");
    }

    static Setting flag(String name) {
        return oneOf(name, "true", "false");
    }

    static Setting oneOf(String name, String... values) {
        List<String> allowed = List.of(values);
        return new Setting(name, "one of " + String.join(", ", allowed), allowed::contains, "");
    }

    static Setting matching(String name, String expects, String pattern) {
        return new Setting(name, expects, value -> value.matches(pattern), "");
    }

    /** Kafka has it, its users' files contain it, and here it has nothing to act on. */
    Setting withoutEffect(String why) {
        return new Setting(name, expects, accepts, why);
    }

    private static boolean isNumber(String value, long min, long max) {
        try {
            long number = Long.parseLong(value);
            return number >= min && number <= max;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private static boolean isDecimal(String value, double min, double max) {
        try {
            double number = Double.parseDouble(value);
            return number >= min && number <= max;
        } catch (NumberFormatException e) {
            return false;
        }
    }
}
