package dev.millrace.console;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Offsets by partition as one short text, {@code 0:120,1:88}: the continuation token of pages and
 * the event id of live tails.
 */
final class Positions {
    private static final int MAX_PARTITIONS = 10_000;

    private Positions() {}

    static String format(Map<Integer, Long> offsets) {
        return new TreeMap<>(offsets)
                .entrySet().stream()
                        .map(entry -> entry.getKey() + ":" + entry.getValue())
                        .collect(Collectors.joining(","));
    }

    static Map<Integer, Long> parse(String text) {
        Map<Integer, Long> offsets = new TreeMap<>();
        for (String part : text.split(",", MAX_PARTITIONS)) {
            int colon = part.indexOf(':');
            try {
                int partition = Integer.parseInt(part.substring(0, Math.max(0, colon)).trim());
                long offset = Long.parseLong(part.substring(colon + 1).trim());
                if (partition < 0 || offset < 0) {
                    throw new NumberFormatException("negative");
                }
                offsets.put(partition, offset);
            } catch (NumberFormatException malformed) {
                throw ApiException.badRequest(
                        "positions are partition:offset[,partition:offset]..., for instance"
                                + " 0:120,1:88; got '"
                                + text
                                + "'");
            }
        }
        return offsets;
    }
}
