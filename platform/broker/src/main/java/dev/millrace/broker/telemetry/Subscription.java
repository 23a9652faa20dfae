package dev.millrace.broker.telemetry;

import dev.millrace.broker.admin.ClientMetricsConfigs;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Which metrics are wanted of which clients, and how often.
 *
 * @param metrics prefixes of names; {@code *} is all
 */
record Subscription(List<String> metrics, int intervalMs, Map<String, Pattern> patterns) {
    static final String ALL = "*";

    /**
     * @throws org.apache.kafka.common.errors.ApiException if it was written under other rules
     */
    static Subscription of(Map<String, String> configs) {
        return new Subscription(
                ClientMetricsConfigs.metrics(configs),
                ClientMetricsConfigs.intervalMs(configs),
                ClientMetricsConfigs.patterns(configs));
    }
}
