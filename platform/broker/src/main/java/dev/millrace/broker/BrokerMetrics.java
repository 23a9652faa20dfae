package dev.millrace.broker;

import dev.millrace.broker.group.GroupCoordinator;
import dev.millrace.broker.quota.ClientQuotas;
import dev.millrace.broker.txn.TxnCoordinator;
import dev.millrace.log.LogDirectory;
import dev.millrace.wire.KafkaServer;
import dev.millrace.wire.RequestContext;
import dev.millrace.wire.RequestMetrics;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * The broker's figures as meters: what each is called and says is in {@code docs/metrics.md}. One
 * set per API of {@code millrace.requests} (timer), {@code millrace.request.bytes} and {@code
 * millrace.response.bytes} (counters), all tagged {@code api}; the others are read from their
 * owners when somebody asks, and cost nothing before.
 */
public final class BrokerMetrics implements RequestMetrics {
    private record Meters(Timer requests, Counter requestBytes, Counter responseBytes) {}

    private final MeterRegistry registry;
    private final Map<ApiKeys, Meters> byApi = new ConcurrentHashMap<>();

    public BrokerMetrics(MeterRegistry registry) {
        this.registry = registry;
    }

    /** {@code millrace.groups}: how many groups this broker coordinates. */
    void groups(GroupCoordinator coordinator) {
        registry.gauge("millrace.groups", coordinator, GroupCoordinator::groupCount);
    }

    /**
     * {@code millrace.connections}: open ones; {@code millrace.connections.malformed}, those closed
     * for sending something that is no request, and {@code millrace.connections.refused}, because
     * their address has too many; {@code millrace.request.memory.bytes} and {@code
     * millrace.request.memory.waits}: what requests take of {@code queued.max.request.bytes}, and
     * how often a connection had to wait for it.
     */
    void listener(KafkaServer.Bound listener) {
        registry.gauge("millrace.connections", listener, KafkaServer.Bound::connections);
        counter(
                "millrace.connections.malformed",
                listener,
                KafkaServer.Bound::malformedConnections);
        counter("millrace.connections.refused", listener, KafkaServer.Bound::refusedConnections);
        registry.gauge(
                "millrace.request.memory.bytes", listener, KafkaServer.Bound::requestMemoryBytes);
        counter("millrace.request.memory.waits", listener, KafkaServer.Bound::requestMemoryWaits);
    }

    private <T> void counter(String name, T of, ToDoubleFunction<T> count) {
        FunctionCounter.builder(name, of, count).register(registry);
    }

    /**
     * {@code millrace.log.directories} and those of them that are {@code
     * millrace.log.directories.offline}; {@code millrace.log.bytes} of all logs; {@code
     * millrace.log.flushes} and {@code millrace.log.flush.ms} since the start; {@code
     * millrace.log.flushes.waiting} for a thread; {@code millrace.log.cache.bytes} of recently
     * appended records in memory.
     */
    void logs(LogDirectories logs) {
        registry.gauge("millrace.log.directories", logs, all -> all.paths().size());
        registry.gauge("millrace.log.directories.offline", logs, LogDirectories::offline);
        registry.gauge("millrace.log.bytes", logs, LogDirectories::logBytes);
        counter("millrace.log.flushes", logs, all -> all.sum(LogDirectory::flushes));
        counter("millrace.log.flush.ms", logs, all -> all.sum(LogDirectory::flushMs));
        registry.gauge("millrace.log.flushes.waiting", logs, LogDirectories::waitingFlushes);
        registry.gauge(
                "millrace.log.cache.bytes", logs, all -> all.sum(LogDirectory::tailCacheBytes));
    }

    /** {@code millrace.background.waiting}: work that waits for a background thread. */
    void background(Workers workers) {
        registry.gauge("millrace.background.waiting", workers, Workers::queued);
    }

    /** {@code millrace.quota.*}: metered entities, muting answers, and for how long. */
    void quotas(ClientQuotas quotas) {
        registry.gauge("millrace.quota.entities", quotas, ClientQuotas::meterCount);
        FunctionCounter.builder(
                        "millrace.quota.throttled.answers", quotas, ClientQuotas::throttledAnswers)
                .register(registry);
        FunctionCounter.builder("millrace.quota.throttled.ms", quotas, ClientQuotas::throttledMs)
                .register(registry);
    }

    /**
     * {@code millrace.cleaner.*}: bytes read and written and logs cleaned since the start; of the
     * last cleaning, how much of what was read had to be written again, how full the map of keys
     * was, how long it took; and what is waiting.
     */
    void cleaner(LogCleaner cleaner) {
        FunctionCounter.builder("millrace.cleaner.read.bytes", cleaner, LogCleaner::bytesRead)
                .register(registry);
        FunctionCounter.builder("millrace.cleaner.written.bytes", cleaner, LogCleaner::bytesWritten)
                .register(registry);
        FunctionCounter.builder("millrace.cleaner.runs", cleaner, LogCleaner::logsCleaned)
                .register(registry);
        registry.gauge("millrace.cleaner.recopy.ratio", cleaner, LogCleaner::lastRecopyRatio);
        registry.gauge("millrace.cleaner.buffer.ratio", cleaner, LogCleaner::lastBufferUtilization);
        registry.gauge("millrace.cleaner.run.seconds", cleaner, LogCleaner::lastRunSeconds);
        registry.gauge("millrace.cleaner.idle.seconds", cleaner, LogCleaner::secondsSinceLastLook);
        registry.gauge("millrace.cleaner.dirty.ratio.max", cleaner, LogCleaner::maxDirtyRatio);
        registry.gauge(
                "millrace.cleaner.overdue.seconds.max", cleaner, LogCleaner::maxOverdueSeconds);
        registry.gauge(
                "millrace.cleaner.uncleanable.partitions",
                cleaner,
                LogCleaner::uncleanablePartitions);
    }

    /** {@code millrace.transactional.ids}: how many of them this broker coordinates. */
    void transactions(TxnCoordinator coordinator) {
        registry.gauge("millrace.transactional.ids", coordinator, TxnCoordinator::idCount);
    }

    /**
     * {@code millrace.replicas.*}: partitions with a replica here, those of them that this broker
     * leads, and of these those with a replica that is not in sync, those that take no acks=all,
     * and by how many offsets the follower that is furthest behind is.
     */
    void replicas(Partitions partitions) {
        registry.gauge("millrace.replicas", partitions, all -> all.all().size());
        registry.gauge(
                "millrace.replicas.led",
                partitions,
                all -> all.all().stream().filter(Partition::isLed).count());
        registry.gauge(
                "millrace.replicas.under.replicated",
                partitions,
                all -> count(all, LeadReplicas::isUnderReplicated));
        registry.gauge(
                "millrace.replicas.under.min.isr",
                partitions,
                all -> count(all, LeadReplicas::isUnderMinInsyncReplicas));
        registry.gauge(
                "millrace.replicas.lag.max",
                partitions,
                all -> followers(all).mapToLong(LeadReplicas::maxLag).max().orElse(0));
    }

    /**
     * {@code millrace.replicas.throttled.bytes} that throttled replicas were sent and have fetched;
     * and {@code millrace.replicas.aside}: 1 while this broker is cut off from the others.
     */
    void clusterSide(ClusterSide side) {
        throttled("leader", side.throttle().leaders());
        throttled("follower", side.throttle().followers());
        registry.gauge("millrace.replicas.aside", side, each -> each.isAside() ? 1 : 0);
    }

    private void throttled(String side, ReplicationQuota quota) {
        FunctionCounter.builder(
                        "millrace.replicas.throttled.bytes", quota, ReplicationQuota::totalBytes)
                .tag("side", side)
                .register(registry);
    }

    private static Stream<LeadReplicas> followers(Partitions partitions) {
        return partitions.all().stream()
                .map(Partition::followers)
                .filter(Objects::nonNull)
                .map(Objects::requireNonNull);
    }

    private static long count(Partitions partitions, Predicate<LeadReplicas> which) {
        return followers(partitions).filter(which).count();
    }

    void fetchSessions(FetchSessions sessions) {
        registry.gauge("millrace.fetch.sessions", sessions, FetchSessions::sessions);
        registry.gauge("millrace.fetch.session.partitions", sessions, FetchSessions::partitions);
        FunctionCounter.builder(
                        "millrace.fetch.session.evictions", sessions, FetchSessions::evictions)
                .register(registry);
    }

    @Override
    public void answered(
            RequestContext context, long elapsedNs, int requestBytes, int responseBytes) {
        Meters meters = byApi.get(context.api());
        if (meters == null) {
            meters = create(context.api());
        }
        meters.requests.record(elapsedNs, TimeUnit.NANOSECONDS);
        meters.requestBytes.increment(requestBytes);
        meters.responseBytes.increment(responseBytes);
    }

    /** The registry answers the same meters to two threads that come here at once. */
    private Meters create(ApiKeys api) {
        Meters meters =
                new Meters(
                        registry.timer("millrace.requests", "api", api.name),
                        registry.counter("millrace.request.bytes", "api", api.name),
                        registry.counter("millrace.response.bytes", "api", api.name));
        byApi.put(api, meters);
        return meters;
    }
}
