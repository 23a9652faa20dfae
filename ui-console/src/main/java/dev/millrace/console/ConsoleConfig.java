package dev.millrace.console;

import java.util.Map;

/**
 * What the console needs to know, and the limits it keeps.
 *
 * @param bootstrapServers {@code host:port,...} of the cluster it shows
 * @param clientProperties further kafka-clients settings for all its clients (security and the
 *     like)
 * @param maxStreams live tails and tables open at the same time, over all browsers; each holds one
 *     consumer and one thread
 * @param maxPageRecords largest {@code limit} of one page of records
 * @param maxValueBytes bytes of one key or value that are sent to a browser; the rest is cut and
 *     marked
 * @param tailRingRecords records a live tail holds for a browser that reads too slowly; older ones
 *     are dropped and counted
 * @param maxTableKeys keys a table view holds; the least recently changed ones leave first
 */
public record ConsoleConfig(
        String bootstrapServers,
        Map<String, String> clientProperties,
        int maxStreams,
        int maxPageRecords,
        int maxValueBytes,
        int tailRingRecords,
        int maxTableKeys) {

    public ConsoleConfig {
        if (bootstrapServers.isBlank()) {
            throw new IllegalArgumentException(
                    "bootstrapServers is empty; expected host:port[,host:port]...");
        }
        clientProperties = Map.copyOf(clientProperties);
        positive("maxStreams", maxStreams);
        positive("maxPageRecords", maxPageRecords);
        positive("maxValueBytes", maxValueBytes);
        positive("tailRingRecords", tailRingRecords);
        positive("maxTableKeys", maxTableKeys);
    }

    /**
     * Defaults: 64 streams, pages of 1000, values of 64 KiB, rings of 5000, tables of 10 000 keys.
     */
    public static ConsoleConfig of(String bootstrapServers) {
        return new ConsoleConfig(bootstrapServers, Map.of(), 64, 1_000, 64 * 1024, 5_000, 10_000);
    }

    private static void positive(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(
                    name + " is " + value + "; expected a positive number");
        }
    }
}
