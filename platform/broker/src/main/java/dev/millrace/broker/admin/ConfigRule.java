package dev.millrace.broker.admin;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What values a setting takes beyond its type. {@link #violation} says what was expected, or
 * nothing if the value is fine.
 */
@FunctionalInterface
interface ConfigRule {
    /**
     * @param value of the right type, trimmed
     * @return what would be accepted
     */
    Optional<String> violation(String value);

    static ConfigRule any() {
        return value -> Optional.empty();
    }

    static ConfigRule atLeast(long min) {
        return value ->
                Long.parseLong(value) >= min
                        ? Optional.empty()
                        : Optional.of("a number of " + min + " or more");
    }

    static ConfigRule between(double min, double max) {
        return value -> {
            double number = Double.parseDouble(value);
            return number >= min && number <= max
                    ? Optional.empty()
                    : Optional.of("a number from " + min + " to " + max);
        };
    }

    static ConfigRule level(int min, int max, int... others) {
        return value -> {
            int level = Integer.parseInt(value);
            boolean fits =
                    (level >= min && level <= max)
                            || Arrays.stream(others).anyMatch(o -> o == level);
            String more =
                    Arrays.stream(others)
                            .mapToObj(other -> ", or " + other)
                            .collect(Collectors.joining());
            return fits
                    ? Optional.empty()
                    : Optional.of("a level from " + min + " to " + max + more);
        };
    }

    static ConfigRule oneOf(String... allowed) {
        return value ->
                List.of(allowed).contains(value)
                        ? Optional.empty()
                        : Optional.of("one of " + String.join(", ", allowed));
    }

    /** Every element of a list; the list may be empty. */
    static ConfigRule listOf(String... allowed) {
        return value ->
                List.of(allowed).containsAll(TopicConfig.elements(value))
                        ? Optional.empty()
                        : Optional.of("a list of " + String.join(" and ", allowed));
    }

    /** {@code *}, nothing, or {@code partition:broker} in a list. */
    static ConfigRule throttledReplicas() {
        return value ->
                value.equals("*") || value.matches("(\\s*\\d+:\\d+\\s*(,\\s*\\d+:\\d+\\s*)*)?")
                        ? Optional.empty()
                        : Optional.of("*, or a list of partition:broker");
    }

    /** Takes only {@code value}, because anything else would promise what is not there. */
    static ConfigRule only(String only, String reason) {
        return value -> value.equals(only) ? Optional.empty() : Optional.of(only + ": " + reason);
    }
}
