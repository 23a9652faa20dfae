package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.ClientInstanceIds;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Ids of an instance's clients.
 *
 * @param admin null: it pushes no metrics
 */
public record ClientIds(
        @Nullable Uuid admin,
        Map<String, Uuid> consumerInstanceIds,
        Map<String, Uuid> producerInstanceIds)
        implements ClientInstanceIds {

    /** Ids of one thread's clients, by client id; empty: the client pushes no metrics. */
    public record OfThread(
            Map<String, Future<Optional<Uuid>>> consumers,
            Map<String, Future<Optional<Uuid>>> producers) {}

    @Override
    public Uuid adminInstanceId() {
        if (admin == null) {
            throw new IllegalStateException(
                    "Telemetry is not enabled on the admin client. Set config"
                            + " `admin.enable.metrics.push` to `true`.");
        }
        return admin;
    }

    /**
     * Asks all clients at once.
     *
     * @throws TimeoutException when one has no id in time
     */
    public static ClientIds ask(
            Collection<Function<Duration, OfThread>> threads, Admin admin, Duration timeout) {
        long deadlineNs = System.nanoTime() + timeout.toNanos();
        Map<String, Future<Optional<Uuid>>> consumers = new LinkedHashMap<>();
        Map<String, Future<Optional<Uuid>>> producers = new LinkedHashMap<>();
        for (Function<Duration, OfThread> thread : threads) {
            OfThread asked = thread.apply(timeout);
            consumers.putAll(asked.consumers);
            producers.putAll(asked.producers);
        }
        Optional<Uuid> adminId = idOf(() -> admin.clientInstanceId(timeout));
        return new ClientIds(
                adminId.orElse(null),
                awaited(consumers, deadlineNs),
                awaited(producers, deadlineNs));
    }

    private static Map<String, Uuid> awaited(
            Map<String, Future<Optional<Uuid>>> asked, long deadlineNs) {
        Map<String, Uuid> ids = new TreeMap<>();
        asked.forEach(
                (client, answer) -> {
                    long leftMs = Math.max(0, (deadlineNs - System.nanoTime()) / 1_000_000);
                    Errands.await(answer, leftMs, "the instance id of " + client)
                            .ifPresent(id -> ids.put(client, id));
                });
        return ids;
    }

    /**
     * Empty when the client pushes no metrics.
     *
     * @throws TimeoutException when the broker has not yet given it an id
     */
    static Optional<Uuid> idOf(Supplier<@Nullable Uuid> client) {
        try {
            Uuid id = client.get();
            if (id == null) {
                throw new TimeoutException("The client has no instance id yet");
            }
            return Optional.of(id);
        } catch (IllegalStateException e) {
            return Optional.empty(); // what clients throw when they push none
        }
    }
}
