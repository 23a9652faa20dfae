package dev.millrace.broker;

import java.util.Map;
import org.apache.kafka.common.config.ConfigException;

/**
 * How followers fetch.
 *
 * @param maxBytes {@code replica.fetch.max.bytes}: of one partition in one answer
 * @param responseMaxBytes {@code replica.fetch.response.max.bytes}
 * @param minBytes {@code replica.fetch.min.bytes}
 * @param maxWaitMs {@code replica.fetch.wait.max.ms}
 * @param backoffMs {@code replica.fetch.backoff.ms}: the longest pause after a failure; the first
 *     are shorter
 * @param timeoutMs {@code replica.socket.timeout.ms}
 * @param maxLagMs {@code replica.lag.time.max.ms}
 */
record FetcherSettings(
        int maxBytes,
        int responseMaxBytes,
        int minBytes,
        int maxWaitMs,
        int backoffMs,
        int timeoutMs,
        long maxLagMs) {

    /**
     * @throws ConfigException a value that is no number, or out of its range, or a follower would
     *     be out of sync while it waits
     */
    static FetcherSettings from(Map<String, String> properties) {
        BrokerSettings.Reader in = new BrokerSettings.Reader(properties);
        FetcherSettings settings =
                new FetcherSettings(
                        in.number("replica.fetch.max.bytes", 1 << 20, 0),
                        in.number("replica.fetch.response.max.bytes", 10 << 20, 0),
                        in.number("replica.fetch.min.bytes", 1, 0),
                        in.number("replica.fetch.wait.max.ms", 500, 0),
                        in.number("replica.fetch.backoff.ms", 1_000, 0),
                        in.number("replica.socket.timeout.ms", 30_000, 1),
                        in.longNumber("replica.lag.time.max.ms", 30_000, 1));
        if (settings.maxWaitMs > settings.timeoutMs) {
            throw new ConfigException(
                    "replica.socket.timeout.ms",
                    settings.timeoutMs,
                    "expected at least replica.fetch.wait.max.ms, which is " + settings.maxWaitMs);
        }
        if (settings.maxWaitMs > settings.maxLagMs) {
            throw new ConfigException(
                    "replica.lag.time.max.ms",
                    settings.maxLagMs,
                    "expected at least replica.fetch.wait.max.ms, which is " + settings.maxWaitMs);
        }
        return settings;
    }
}
