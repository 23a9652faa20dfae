package dev.millrace.console;

import io.vertx.core.MultiMap;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which records of a topic are asked for.
 *
 * @param partitions empty = all
 * @param limit most records in the answer
 * @param maxBytes bytes shown of each key, value and header
 */
record RecordsQuery(Start start, Set<Integer> partitions, int limit, int maxBytes) {
    private static final int DEFAULT_LIMIT = 100;
    private static final int MAX_FULL_VALUE_BYTES = 1024 * 1024;

    /** Where reading begins. */
    sealed interface Start {
        record Beginning() implements Start {}

        /** The newest records, as many as the limit allows. */
        record Latest() implements Start {}

        /** The same offset in every partition asked for. */
        record AtOffset(long offset) implements Start {}

        record AtTimestamp(long timestampMs) implements Start {}

        /** On from these offsets: the {@code next} of an earlier page. */
        record From(Map<Integer, Long> offsets) implements Start {}

        /** The newest before these offsets: the {@code previous} of an earlier page. */
        record Before(Map<Integer, Long> offsets) implements Start {}
    }

    static RecordsQuery parse(MultiMap params, ConsoleConfig config) {
        int limit = (int) number(params, "limit", Math.min(DEFAULT_LIMIT, config.maxPageRecords()));
        if (limit < 1 || limit > config.maxPageRecords()) {
            throw ApiException.badRequest(
                    "limit is " + limit + "; expected 1 to " + config.maxPageRecords());
        }
        int maxBytes = (int) number(params, "maxBytes", config.maxValueBytes());
        if (maxBytes < 1 || maxBytes > MAX_FULL_VALUE_BYTES) {
            throw ApiException.badRequest(
                    "maxBytes is " + maxBytes + "; expected 1 to " + MAX_FULL_VALUE_BYTES);
        }
        return new RecordsQuery(
                start(params, new Start.Latest()), partitions(params), limit, maxBytes);
    }

    /**
     * @param unspecified where to begin when the request does not say
     */
    static Start start(MultiMap params, Start unspecified) {
        String from = params.get("from");
        if (from == null) {
            if (params.contains("offset")) {
                from = "offset";
            } else if (params.contains("timestamp")) {
                from = "timestamp";
            } else {
                return unspecified;
            }
        }
        return switch (from) {
            case "beginning" -> new Start.Beginning();
            case "latest" -> new Start.Latest();
            case "offset" -> new Start.AtOffset(required(number(params, "offset", -1), "offset"));
            case "timestamp" -> new Start.AtTimestamp(timestamp(params.get("timestamp")));
            case "positions" -> new Start.From(positions(params));
            case "before" -> new Start.Before(positions(params));
            default ->
                    throw ApiException.badRequest(
                            "from is '"
                                    + from
                                    + "'; expected beginning, latest, offset, timestamp, positions"
                                    + " or before");
        };
    }

    static Set<Integer> partitions(MultiMap params) {
        String text = params.get("partition");
        if (text == null || text.isBlank()) {
            return Set.of();
        }
        try {
            return java.util.Arrays.stream(text.split(",", 1_000))
                    .map(part -> Integer.parseInt(part.trim()))
                    .collect(Collectors.toCollection(TreeSet::new));
        } catch (NumberFormatException malformed) {
            throw ApiException.badRequest(
                    "partition is '" + text + "'; expected a number or a list such as 0,3");
        }
    }

    private static Map<Integer, Long> positions(MultiMap params) {
        String text = params.get("positions");
        if (text == null) {
            throw ApiException.badRequest(
                    "positions is missing; expected the 'next' or 'previous' of an earlier page");
        }
        return Positions.parse(text);
    }

    private static long timestamp(@Nullable String text) {
        if (text == null) {
            throw ApiException.badRequest(
                    "timestamp is missing; expected milliseconds since 1970 or ISO-8601");
        }
        try {
            return text.chars().allMatch(Character::isDigit)
                    ? Long.parseLong(text)
                    : Instant.parse(text).toEpochMilli();
        } catch (DateTimeParseException | NumberFormatException malformed) {
            throw ApiException.badRequest(
                    "timestamp is '"
                            + text
                            + "'; expected milliseconds since 1970 or ISO-8601 such as"
                            + " 2026-01-31T12:00:00Z");
        }
    }

    private static long required(long number, String name) {
        if (number < 0) {
            throw ApiException.badRequest(name + " is missing or negative");
        }
        return number;
    }

    private static long number(MultiMap params, String name, long absent) {
        String text = params.get(name);
        if (text == null) {
            return absent;
        }
        try {
            return Long.parseLong(text.trim());
        } catch (NumberFormatException malformed) {
            throw ApiException.badRequest(name + " is '" + text + "'; expected a whole number");
        }
    }
}
