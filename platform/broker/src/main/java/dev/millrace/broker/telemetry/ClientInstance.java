package dev.millrace.broker.telemetry;

import dev.millrace.broker.admin.ClientMetricsConfigs;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.CRC32C;
import org.apache.kafka.common.protocol.Errors;

/** What is asked of one client, and when it has come last. Guarded by {@link Telemetry}. */
final class ClientInstance {
    private static final long NEVER = Long.MIN_VALUE / 2;

    private final Client client;
    private final long subscriptionsVersion;
    private final List<String> metrics;
    private final int intervalMs;
    private final int subscriptionId;

    private long lastGetMs = NEVER;
    private long lastPushMs = NEVER;
    private boolean terminating;
    private Errors lastError = Errors.NONE;
    private long expiresMs;

    private ClientInstance(
            Client client, long subscriptionsVersion, List<String> metrics, int intervalMs) {
        this.client = client;
        this.subscriptionsVersion = subscriptionsVersion;
        this.metrics = metrics;
        this.intervalMs = intervalMs;
        this.subscriptionId = subscriptionId(client, metrics, intervalMs);
    }

    /** All that matching subscriptions ask for, as often as the most eager one does. */
    static ClientInstance of(
            Client client, long subscriptionsVersion, Collection<Subscription> subscriptions) {
        Set<String> metrics = new TreeSet<>();
        int intervalMs = ClientMetricsConfigs.DEFAULT_INTERVAL_MS;
        for (Subscription each : subscriptions) {
            if (client.matches(each.patterns())) {
                metrics.addAll(each.metrics());
                intervalMs = Math.min(intervalMs, each.intervalMs());
            }
        }
        return new ClientInstance(
                client,
                subscriptionsVersion,
                metrics.contains(Subscription.ALL)
                        ? List.of(Subscription.ALL)
                        : List.copyOf(metrics),
                intervalMs);
    }

    /** The same for the same demands, another for others; what a push is held against. */
    private static int subscriptionId(Client client, List<String> metrics, int intervalMs) {
        CRC32C crc = new CRC32C();
        crc.update((metrics.toString() + intervalMs).getBytes(StandardCharsets.UTF_8));
        return (int) crc.getValue() ^ client.instanceId().hashCode();
    }

    Client client() {
        return client;
    }

    long subscriptionsVersion() {
        return subscriptionsVersion;
    }

    List<String> metrics() {
        return metrics;
    }

    int intervalMs() {
        return intervalMs;
    }

    int subscriptionId() {
        return subscriptionId;
    }

    boolean terminating() {
        return terminating;
    }

    void terminate(boolean now) {
        terminating = now;
    }

    Errors lastError() {
        return lastError;
    }

    void lastError(Errors error) {
        lastError = error;
    }

    long expiresMs() {
        return expiresMs;
    }

    void expiresAt(long ms) {
        expiresMs = ms;
    }

    /** False if it comes before its interval is over. */
    boolean acceptGet(long nowMs) {
        if (nowMs - Math.max(lastGetMs, lastPushMs) < intervalMs) {
            return false;
        }
        lastGetMs = nowMs;
        return true;
    }

    /** False if it comes too early: the first push after a get may, since clients add a jitter. */
    boolean acceptPush(long nowMs) {
        if (lastGetMs <= lastPushMs && nowMs - lastPushMs < intervalMs) {
            return false;
        }
        lastPushMs = nowMs;
        return true;
    }
}
