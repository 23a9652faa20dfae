package dev.millrace.broker.telemetry;

import dev.millrace.cluster.MetadataImage;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.TelemetryTooLargeException;
import org.apache.kafka.common.errors.ThrottlingQuotaExceededException;
import org.apache.kafka.common.errors.UnknownSubscriptionIdException;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who pushes metrics, and whether it may now. Clients that have not been heard of for three of
 * their intervals (at least a minute) are forgotten; of more than {@link #MAX_INSTANCES} the one
 * silent longest is.
 *
 * <p>Any thread; requests are rare, so one lock holds everything.
 */
public final class Telemetry {
    private static final Logger LOG = LoggerFactory.getLogger(Telemetry.class);

    static final int MAX_INSTANCES = 16_384;
    private static final long MIN_EXPIRY_MS = 60_000;

    private final int maxBytes;
    private final LongSupplier nowMs;
    private final ClientMetricsStore store;

    /** In the order in which they were last heard of. */
    private final LinkedHashMap<Uuid, ClientInstance> instances =
            new LinkedHashMap<>(16, 0.75f, true);

    private Map<ConfigResource, Map<String, String>> configs = Map.of();
    private List<Subscription> subscriptions = List.of();
    private long subscriptionsVersion;
    private long throttled;
    private long unknownSubscriptions;

    /**
     * @param maxBytes {@code telemetry.max.bytes}
     */
    public Telemetry(int maxBytes, LongSupplier nowMs, ClientMetricsStore store) {
        this.maxBytes = maxBytes;
        this.nowMs = nowMs;
        this.store = store;
    }

    int maxBytes() {
        return maxBytes;
    }

    /** Takes the subscriptions from the cluster's metadata. */
    public synchronized void follow(MetadataImage image) {
        if (image.configs() == configs) {
            return;
        }
        configs = image.configs();
        List<Subscription> next = new ArrayList<>();
        configs.forEach(
                (resource, values) -> {
                    if (resource.type() == ConfigResource.Type.CLIENT_METRICS) {
                        try {
                            next.add(Subscription.of(values));
                        } catch (ApiException e) {
                            LOG.warn(
                                    "Subscription {} to client metrics is left out: {}",
                                    resource.name(),
                                    e.getMessage());
                        }
                    }
                });
        // Patterns have no equality; asking every client once more does no harm.
        if (!next.isEmpty() || !subscriptions.isEmpty()) {
            subscriptions = List.copyOf(next);
            subscriptionsVersion++;
        }
    }

    /** An answer to GetTelemetrySubscriptions. */
    record Demand(Uuid instanceId, int subscriptionId, List<String> metrics, int intervalMs) {}

    /**
     * @param client with the instance id that it was given, or a new one
     * @throws ThrottlingQuotaExceededException it asks too often
     */
    synchronized Demand subscribe(Client client) {
        long now = nowMs.getAsLong();
        ClientInstance instance = instance(client, now);
        if (!instance.acceptGet(now)
                && instance.lastError() != Errors.UNKNOWN_SUBSCRIPTION_ID
                && instance.lastError() != Errors.UNSUPPORTED_COMPRESSION_TYPE) {
            throw tooEarly(client);
        }
        instance.lastError(Errors.NONE);
        return new Demand(
                client.instanceId(),
                instance.subscriptionId(),
                instance.metrics(),
                instance.intervalMs());
    }

    /**
     * @param bytes size of what is pushed
     * @throws ApiException if it is not accepted
     */
    synchronized void push(
            Client client, int subscriptionId, boolean terminating, int bytes, Runnable codec) {
        long now = nowMs.getAsLong();
        ClientInstance instance = instance(client, now);
        try {
            check(instance, now, subscriptionId, terminating, bytes, codec);
            instance.lastError(Errors.NONE);
        } catch (ApiException e) {
            instance.lastError(Errors.forException(e));
            throw e;
        } finally {
            instance.terminate(terminating);
        }
    }

    private void check(
            ClientInstance instance,
            long now,
            int subscriptionId,
            boolean terminating,
            int bytes,
            Runnable codec) {
        if (instance.terminating()) {
            throw new InvalidRequestException(
                    "Client "
                            + instance.client().instanceId()
                            + " said with its last push that it ends; nothing is expected of it"
                            + " any more");
        }
        if (!instance.acceptPush(now) && !terminating) {
            throw tooEarly(instance.client());
        }
        if (subscriptionId != instance.subscriptionId()) {
            unknownSubscriptions++;
            throw new UnknownSubscriptionIdException(
                    "Client "
                            + instance.client().instanceId()
                            + " pushes for subscription "
                            + subscriptionId
                            + ", by now it is "
                            + instance.subscriptionId()
                            + "; get the subscriptions again");
        }
        codec.run();
        if (bytes > maxBytes) {
            throw new TelemetryTooLargeException(
                    "Client "
                            + instance.client().instanceId()
                            + " pushes "
                            + bytes
                            + " bytes, telemetry.max.bytes allows "
                            + maxBytes);
        }
    }

    /** What was pushed could not be read. */
    synchronized void unreadable(Uuid instanceId) {
        ClientInstance instance = instances.get(instanceId);
        if (instance != null) {
            instance.lastError(Errors.INVALID_RECORD);
        }
    }

    private ThrottlingQuotaExceededException tooEarly(Client client) {
        throttled++;
        return new ThrottlingQuotaExceededException(
                "Client " + client.instanceId() + " comes before its push interval is over");
    }

    private ClientInstance instance(Client client, long now) {
        forgetSilent(now);
        ClientInstance known = instances.get(client.instanceId());
        if (known == null || known.subscriptionsVersion() < subscriptionsVersion) {
            // What it was told before no longer holds, so it need not wait.
            known =
                    ClientInstance.of(
                            known == null ? client : known.client(),
                            subscriptionsVersion,
                            subscriptions);
            instances.put(client.instanceId(), known);
        }
        known.expiresAt(now + Math.max(MIN_EXPIRY_MS, 3L * known.intervalMs()));
        if (instances.size() > MAX_INSTANCES) {
            forgetEldest();
        }
        return known;
    }

    private void forgetSilent(long now) {
        Iterator<ClientInstance> eldestFirst = instances.values().iterator();
        while (eldestFirst.hasNext()) {
            ClientInstance instance = eldestFirst.next();
            if (instance.expiresMs() - now <= 0) {
                eldestFirst.remove();
                store.forget(instance.client().instanceId());
            }
        }
    }

    private void forgetEldest() {
        Iterator<ClientInstance> eldestFirst = instances.values().iterator();
        Uuid eldest = eldestFirst.next().client().instanceId();
        eldestFirst.remove();
        store.forget(eldest);
    }

    /** Figures of this, and the latest values of all clients, in Prometheus' text format. */
    public synchronized String scrape() {
        forgetSilent(nowMs.getAsLong());
        return """
                # HELP millrace_telemetry_clients Clients that push metrics, or may.
                # TYPE millrace_telemetry_clients gauge
                millrace_telemetry_clients %d
                # HELP millrace_telemetry_throttled_total Requests of clients that came too early.
                # TYPE millrace_telemetry_throttled_total counter
                millrace_telemetry_throttled_total %d
                # HELP millrace_telemetry_unknown_subscriptions_total Pushes for what is no longer asked.
                # TYPE millrace_telemetry_unknown_subscriptions_total counter
                millrace_telemetry_unknown_subscriptions_total %d
                """
                        .formatted(instances.size(), throttled, unknownSubscriptions)
                + store.scrape();
    }
}
