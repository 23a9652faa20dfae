package dev.millrace.broker.quota;

import dev.millrace.wire.RequestContext;
import dev.millrace.wire.RequestQuotas;
import dev.millrace.wire.quota.SlidingRate;
import dev.millrace.wire.quota.TokenBucket;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.apache.kafka.common.message.CreatePartitionsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.jspecify.annotations.Nullable;

/**
 * Meters what clients use and says how long they wait, by the rules of Apache Kafka: bandwidth of
 * Produce and Fetch, time spent on requests, partitions created and deleted. A client without a
 * limit is not metered. Any thread.
 *
 * <p>The time a request takes is that of its connection's event loop, and of the worker that reads
 * for a Fetch; like Kafka's it leaves out what happens while the request waits.
 */
public final class ClientQuotas implements RequestQuotas {
    /** As Kafka's sensors. */
    private static final long FORGET_AFTER_MS = TimeUnit.HOURS.toMillis(1);

    private static final long SWEEP_EVERY_MS = TimeUnit.MINUTES.toMillis(10);
    private static final double PERCENT_PER_NS = 100.0 / TimeUnit.SECONDS.toNanos(1);

    private final QuotaWindows windows;
    private final int maxMeters;
    private final LongSupplier clockMs;

    private final Map<Client, Limits> clients = new ConcurrentHashMap<>();
    private final Map<MeterKey, QuotaMeter> meters = new ConcurrentHashMap<>();
    private final LongAdder throttledAnswers = new LongAdder();
    private final LongAdder throttledMs = new LongAdder();
    private Map<ClientQuotaEntity, Map<String, Double>> set = Map.of();
    private volatile QuotaLimits limits = QuotaLimits.NONE;
    private volatile boolean enabled;
    private volatile long sweptMs;

    private record Client(String user, String clientId) {}

    private record MeterKey(QuotaType type, QuotaLimits.Counted counted) {}

    private record Used(MeterKey key, long lastMs) {}

    /** What counts for one client, as long as the limits are {@code from}. */
    private record Limits(
            QuotaLimits from,
            @Nullable RateMeter produce,
            @Nullable RateMeter fetch,
            @Nullable RateMeter request,
            @Nullable MutationMeter mutation) {}

    /** With Kafka's windows, room for 20,000 entities, and the system's clock. */
    public ClientQuotas(QuotaWindows windows) {
        this(windows, 20_000, () -> TimeUnit.NANOSECONDS.toMillis(System.nanoTime()));
    }

    /**
     * @param maxMeters bound on entities that are metered; beyond it those used longest ago are
     *     forgotten, and begin anew
     */
    ClientQuotas(QuotaWindows windows, int maxMeters, LongSupplier clockMs) {
        this.windows = windows;
        this.maxMeters = maxMeters;
        this.clockMs = clockMs;
        this.sweptMs = clockMs.getAsLong();
    }

    /**
     * From now on these quotas; what has been used is kept.
     *
     * @param quotas entity to quota keys; those of IPs are ignored here
     */
    public synchronized void update(Map<ClientQuotaEntity, Map<String, Double>> quotas) {
        if (quotas.equals(set)) {
            return;
        }
        set = quotas;
        QuotaLimits changed = quotas.isEmpty() ? QuotaLimits.NONE : new QuotaLimits(quotas);
        limits = changed;
        enabled = !changed.isEmpty();
        clients.clear();
        if (changed.isEmpty()) {
            meters.clear();
        }
    }

    @Override
    public boolean enabled() {
        return enabled;
    }

    @Override
    public int throttleMs(
            RequestContext context,
            ApiMessage request,
            @Nullable ApiMessage response,
            int requestBytes,
            long spentNs) {
        Limits client = limitsOf(context);
        long nowMs = clockMs.getAsLong();
        long waitMs =
                switch (context.api()) {
                    // Decided by its handler, since a throttled answer is empty.
                    case FETCH ->
                            response instanceof FetchResponseData fetched
                                    ? fetched.throttleTimeMs()
                                    : 0;
                    case PRODUCE ->
                            Math.max(
                                    client.produce == null
                                            ? 0
                                            : client.produce.recordMs(requestBytes, nowMs),
                                    request instanceof ProduceRequestData produce
                                                    && produce.acks() == 0
                                            ? 0
                                            : requestMs(client, spentNs, nowMs));
                    case WRITE_TXN_MARKERS -> 0;
                    default -> Math.max(mutationMs(response), requestMs(client, spentNs, nowMs));
                };
        return counted(waitMs);
    }

    private int counted(long waitMs) {
        if (waitMs <= 0) {
            return 0;
        }
        throttledAnswers.increment();
        throttledMs.add(waitMs);
        return (int) Math.min(waitMs, Integer.MAX_VALUE);
    }

    private long requestMs(Limits client, long spentNs, long nowMs) {
        return client.request == null
                ? 0
                : Math.min(
                        windows.clientWindowMs(),
                        client.request.recordMs(spentNs * PERCENT_PER_NS, nowMs));
    }

    /** What the handler has found with its {@link MutationQuota}. */
    private static int mutationMs(@Nullable ApiMessage response) {
        if (response instanceof CreateTopicsResponseData created) {
            return created.throttleTimeMs();
        }
        if (response instanceof DeleteTopicsResponseData deleted) {
            return deleted.throttleTimeMs();
        }
        return response instanceof CreatePartitionsResponseData grown ? grown.throttleTimeMs() : 0;
    }

    @Override
    public void spentMore(RequestContext context, long ns) {
        if (context.api() == ApiKeys.WRITE_TXN_MARKERS) {
            return;
        }
        RateMeter meter = limitsOf(context).request;
        if (meter != null) {
            meter.record(ns * PERCENT_PER_NS, clockMs.getAsLong());
        }
    }

    /**
     * How many bytes this client may be sent at once: more would be throttled however long it had
     * been silent.
     */
    public long maxFetchBytes(RequestContext context) {
        RateMeter meter = enabled ? limitsOf(context).fetch : null;
        if (meter == null) {
            return Long.MAX_VALUE;
        }
        double windowS = windows.clientWindowMs() / 1000.0;
        return (long) (meter.limit() * (windows.clientWindows() - 1) * windowS);
    }

    /** Whether a Fetch of this client is counted at all, so that its size is wanted. */
    public boolean countsFetch(RequestContext context) {
        if (!enabled) {
            return false;
        }
        Limits client = limitsOf(context);
        return client.fetch != null || client.request != null;
    }

    /**
     * Counts a Fetch that is about to be answered. If the client has to wait, the bytes are not
     * counted: it gets an empty answer with this throttle time.
     *
     * @param responseBytes of the body
     * @param spentNs of event loops and workers
     */
    public int fetchThrottleMs(RequestContext context, int responseBytes, long spentNs) {
        Limits client = limitsOf(context);
        long nowMs = clockMs.getAsLong();
        long waitMs = requestMs(client, spentNs, nowMs);
        RateMeter bytes = client.fetch;
        if (bytes != null) {
            waitMs = Math.max(waitMs, bytes.recordMs(responseBytes, nowMs));
            if (waitMs > 0) {
                bytes.record(-responseBytes, nowMs);
            }
        }
        return (int) Math.min(waitMs, Integer.MAX_VALUE);
    }

    /**
     * The controller mutation quota of one request.
     *
     * @param strictSince from this version on what is beyond the quota is refused
     */
    public MutationQuota mutations(RequestContext context, int strictSince) {
        MutationMeter meter = enabled ? limitsOf(context).mutation : null;
        return meter == null
                ? MutationQuota.UNBOUNDED
                : new MutationQuota(meter, context.version() >= strictSince, clockMs);
    }

    private Limits limitsOf(RequestContext context) {
        Client client = new Client(context.principal().getName(), context.clientId());
        QuotaLimits now = limits;
        Limits known = clients.get(client);
        if (known != null && known.from == now) {
            return known;
        }
        Limits resolved =
                new Limits(
                        now,
                        rate(now, QuotaType.PRODUCE, client),
                        rate(now, QuotaType.FETCH, client),
                        rate(now, QuotaType.REQUEST, client),
                        mutation(now, client));
        if (clients.size() >= maxMeters) {
            // Only a cache of what the limits say.
            clients.clear();
        }
        clients.put(client, resolved);
        forgetIdle();
        return resolved;
    }

    private @Nullable RateMeter rate(QuotaLimits now, QuotaType type, Client client) {
        QuotaLimits.Limit limit = now.find(type, client.user, client.clientId);
        if (limit == null) {
            return null;
        }
        QuotaMeter meter =
                meters.computeIfAbsent(
                        new MeterKey(type, limit.counted()),
                        key ->
                                new RateMeter(
                                        new SlidingRate(
                                                windows.clientWindows(), windows.clientWindowMs()),
                                        limit.perSecond(),
                                        clockMs.getAsLong()));
        meter.limit(limit.perSecond());
        return (RateMeter) meter;
    }

    private @Nullable MutationMeter mutation(QuotaLimits now, Client client) {
        QuotaLimits.Limit limit =
                now.find(QuotaType.CONTROLLER_MUTATION, client.user, client.clientId);
        if (limit == null) {
            return null;
        }
        double burstS = windows.controllerWindows() * windows.controllerWindowMs() / 1000.0;
        QuotaMeter meter =
                meters.computeIfAbsent(
                        new MeterKey(QuotaType.CONTROLLER_MUTATION, limit.counted()),
                        key ->
                                new MutationMeter(
                                        new TokenBucket(burstS),
                                        limit.perSecond(),
                                        clockMs.getAsLong()));
        meter.limit(limit.perSecond());
        return (MutationMeter) meter;
    }

    /** Every ten minutes, or at once when there are too many. */
    private void forgetIdle() {
        long nowMs = clockMs.getAsLong();
        if (meters.size() <= maxMeters && nowMs - sweptMs < SWEEP_EVERY_MS) {
            return;
        }
        synchronized (this) {
            sweptMs = nowMs;
            boolean forgot =
                    meters.values()
                            .removeIf(meter -> nowMs - meter.lastUsedMs() >= FORGET_AFTER_MS);
            if (meters.size() > maxMeters) {
                // The times are copied first: they change while they are sorted.
                meters.entrySet().stream()
                        .map(entry -> new Used(entry.getKey(), entry.getValue().lastUsedMs()))
                        .sorted(Comparator.comparingLong(Used::lastMs))
                        .limit(meters.size() - maxMeters + maxMeters / 10)
                        .toList()
                        .forEach(eldest -> meters.remove(eldest.key));
                forgot = true;
            }
            if (forgot) {
                clients.clear();
            }
        }
    }

    /** Entities that are metered now. */
    public int meterCount() {
        return meters.size();
    }

    /** Answers that muted their connection. */
    public long throttledAnswers() {
        return throttledAnswers.sum();
    }

    /** For how long, together. */
    public long throttledMs() {
        return throttledMs.sum();
    }
}
