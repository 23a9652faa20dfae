package dev.millrace.client;

import java.util.HashMap;
import java.util.Map;

/**
 * What a {@link MillraceClient} needs to know.
 *
 * @param bootstrapServers HOST:PORT[,HOST:PORT]...
 * @param connectTimeoutMs how long the first answer of a broker may take; also the limit for each
 *     administrative request and for finding the leader of a topic
 * @param maxInFlight records of one produce stream that are sent and not yet acknowledged
 * @param maxPendingSends records of single {@code send} calls that are not yet acknowledged
 * @param maxPollRecords records that one reader holds in memory ahead of its subscriber
 * @param maxTableRows rows that one {@code table} or {@code changelog} reader may hold
 * @param kafka further settings of kafka-clients (security, compression, batching); they win over
 *     what this client sets itself
 */
public record ClientConfig(
        String bootstrapServers,
        int connectTimeoutMs,
        int maxInFlight,
        int maxPendingSends,
        int maxPollRecords,
        int maxTableRows,
        Map<String, Object> kafka) {

    public ClientConfig {
        if (bootstrapServers.isBlank()) {
            throw new IllegalArgumentException(
                    "bootstrap servers: expected HOST:PORT, got nothing");
        }
        atLeastOne("connectTimeoutMs", connectTimeoutMs);
        atLeastOne("maxInFlight", maxInFlight);
        atLeastOne("maxPendingSends", maxPendingSends);
        atLeastOne("maxPollRecords", maxPollRecords);
        atLeastOne("maxTableRows", maxTableRows);
        kafka = Map.copyOf(kafka);
    }

    public static ClientConfig of(String bootstrapServers) {
        return new ClientConfig(bootstrapServers, 10_000, 5_000, 10_000, 500, 1_000_000, Map.of());
    }

    public ClientConfig withConnectTimeoutMs(int timeoutMs) {
        return new ClientConfig(
                bootstrapServers,
                timeoutMs,
                maxInFlight,
                maxPendingSends,
                maxPollRecords,
                maxTableRows,
                kafka);
    }

    public ClientConfig withMaxInFlight(int records) {
        return new ClientConfig(
                bootstrapServers,
                connectTimeoutMs,
                records,
                maxPendingSends,
                maxPollRecords,
                maxTableRows,
                kafka);
    }

    public ClientConfig withMaxPendingSends(int records) {
        return new ClientConfig(
                bootstrapServers,
                connectTimeoutMs,
                maxInFlight,
                records,
                maxPollRecords,
                maxTableRows,
                kafka);
    }

    public ClientConfig withMaxPollRecords(int records) {
        return new ClientConfig(
                bootstrapServers,
                connectTimeoutMs,
                maxInFlight,
                maxPendingSends,
                records,
                maxTableRows,
                kafka);
    }

    public ClientConfig withMaxTableRows(int rows) {
        return new ClientConfig(
                bootstrapServers,
                connectTimeoutMs,
                maxInFlight,
                maxPendingSends,
                maxPollRecords,
                rows,
                kafka);
    }

    /** Adds one kafka-clients setting. */
    public ClientConfig with(String key, Object value) {
        Map<String, Object> more = new HashMap<>(kafka);
        more.put(key, value);
        return new ClientConfig(
                bootstrapServers,
                connectTimeoutMs,
                maxInFlight,
                maxPendingSends,
                maxPollRecords,
                maxTableRows,
                more);
    }

    private static void atLeastOne(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + ": expected 1 or more, got " + value);
        }
    }
}
