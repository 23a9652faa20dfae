package dev.millrace.streams.http;

import dev.millrace.streams.KafkaStreams;
import dev.millrace.streams.KeyQueryMetadata;
import dev.millrace.streams.StreamsMetadata;
import dev.millrace.streams.errors.InvalidStateStoreException;
import dev.millrace.streams.processor.StreamPartitioner;
import dev.millrace.streams.state.HostInfo;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Finds who has a key, and asks there: the instance that runs its task, and where a stale answer is
 * allowed and that one does not answer, those that follow it.
 */
final class Router {
    private final KafkaStreams streams;
    private final HostInfo self;
    private final Map<String, Served<?>> stores;
    private final LocalReads local;
    private final Peers peers;
    private final LongAdder answeredHere = new LongAdder();
    private final LongAdder answeredByStandby = new LongAdder();
    private final LongAdder unavailable = new LongAdder();

    Router(KafkaStreams streams, HostInfo self, Map<String, Served<?>> stores, Peers peers) {
        this.streams = streams;
        this.self = self;
        this.stores = stores;
        this.local = new LocalReads(streams);
        this.peers = peers;
    }

    Map<String, Long> counts() {
        Map<String, Long> counts = new TreeMap<>();
        counts.put("answered-here", answeredHere.sum());
        counts.put("answered-by-standby", answeredByStandby.sum());
        counts.put("asked-elsewhere", peers.asked());
        counts.put("asking-elsewhere", (long) peers.underWay());
        counts.put("unavailable", unavailable.sum());
        return counts;
    }

    /**
     * @param forwarded whether another instance asks
     * @param partition of the key, as that instance has found it; null: it did not say
     */
    CompletableFuture<Answer> answer(
            Question question, boolean forwarded, @Nullable Integer partition) {
        CompletableFuture<Answer> answer;
        try {
            answer = route(question, forwarded, partition);
        } catch (RuntimeException e) {
            answer = CompletableFuture.failedFuture(e);
        }
        return answer.handle(
                (found, failure) -> {
                    Answer said = failure == null ? found : of(failure);
                    if (said.isUnavailable()) {
                        unavailable.increment();
                    }
                    return said;
                });
    }

    private static Answer of(Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        if (cause instanceof Refused refused) {
            return refused.answer();
        }
        if (cause instanceof InvalidStateStoreException) { // not started yet, or stopped
            return Refused.unavailable("not_here", String.valueOf(cause.getMessage())).answer();
        }
        return new Refused(500, "failed", String.valueOf(cause)).answer();
    }

    private CompletableFuture<Answer> route(
            Question question, boolean forwarded, @Nullable Integer partition) {
        String name = question.store();
        if (name == null) {
            return CompletableFuture.completedFuture(Answer.ok(list(), false));
        }
        Served<?> store = stores.get(name);
        if (store == null) {
            throw new Refused(
                    404,
                    "no_such_store",
                    "No store " + name + " is served here. There are " + stores.keySet());
        }
        store.check(question);
        String key = question.key();
        if (key == null) {
            return forwarded
                    ? CompletableFuture.completedFuture(ownRows(store, question))
                    : allRows(store, question);
        }
        return ofKey(store, key, question, forwarded, partition);
    }

    private String list() {
        Map<String, Object> served = new TreeMap<>();
        stores.forEach(
                (name, store) -> served.put(name, store.kind().name().toLowerCase(Locale.ROOT)));
        Map<String, Object> instances = new TreeMap<>();
        for (StreamsMetadata each : streams.metadataForAllStreamsClients()) {
            Map<String, Object> instance = new LinkedHashMap<>();
            instance.put("stores", new TreeSet<>(each.stateStoreNames()));
            instance.put("standbys", new TreeSet<>(each.standbyStateStoreNames()));
            instances.put(each.hostInfo().host() + ":" + each.hostInfo().port(), instance);
        }
        return Json.object(
                "state", streams.state().name(), "stores", served, "instances", instances);
    }

    private <K> CompletableFuture<Answer> ofKey(
            Served<K> store,
            String text,
            Question question,
            boolean forwarded,
            @Nullable Integer partition) {
        K key = store.key(text);
        if (store.kind() == Served.Kind.GLOBAL) {
            return CompletableFuture.completedFuture(here(store, key, -1, false, question));
        }
        if (forwarded && partition != null) {
            return CompletableFuture.completedFuture(
                    hereOrStandby(store, key, partition, question));
        }
        KeyQueryMetadata where = whereIs(store, key);
        if (where.equals(KeyQueryMetadata.NOT_AVAILABLE)) {
            throw Refused.unavailable(
                    "rebalancing",
                    "Nobody knows who has key " + text + " of store " + store.name());
        }
        if (forwarded) {
            return CompletableFuture.completedFuture(
                    hereOrStandby(store, key, where.partition(), question));
        }
        Deque<HostInfo> candidates = new ArrayDeque<>();
        candidates.add(where.activeHost());
        if (question.stale()) {
            Set<HostInfo> standbys = new LinkedHashSet<>(where.standbyHosts());
            if (standbys.remove(self)) {
                candidates.add(self); // no need to go far
            }
            candidates.addAll(standbys);
        }
        return first(store, key, where.partition(), question, candidates);
    }

    private <K> KeyQueryMetadata whereIs(Served<K> store, K key) {
        StreamPartitioner<K, ?> own = store.partitioner();
        return own == null
                ? streams.queryMetadataForKey(store.name(), key, store.keys().serializer())
                : streams.queryMetadataForKey(store.name(), key, own);
    }

    /** The answer of the first candidate that has one; the last one's, when none has. */
    private <K> CompletableFuture<Answer> first(
            Served<K> store, K key, int partition, Question question, Deque<HostInfo> candidates) {
        HostInfo candidate = candidates.remove();
        CompletableFuture<Answer> asked;
        if (candidate.equals(self)) {
            try {
                asked =
                        CompletableFuture.completedFuture(
                                hereOrStandby(store, key, partition, question));
            } catch (Refused e) {
                asked = CompletableFuture.failedFuture(e);
            }
        } else {
            asked = peers.ask(candidate, partition, question.text());
        }
        if (candidates.isEmpty()) {
            return asked;
        }
        return asked.exceptionally(Router::of)
                .thenCompose(
                        answer ->
                                answer.isUnavailable()
                                        ? first(store, key, partition, question, candidates)
                                        : CompletableFuture.completedFuture(answer));
    }

    private <K> Answer hereOrStandby(Served<K> store, K key, int partition, Question question) {
        try {
            return here(store, key, partition, false, question);
        } catch (Refused e) {
            if (e.status() != 503 || !question.stale()) {
                throw e;
            }
        }
        Answer stale = here(store, key, partition, true, question);
        answeredByStandby.increment();
        return stale;
    }

    private <K> Answer here(
            Served<K> store, K key, int partition, boolean stale, Question question) {
        String body = local.ofKey(store, key, partition, stale, question);
        answeredHere.increment();
        return Answer.ok(body, stale);
    }

    /** One row a line. */
    private Answer ownRows(Served<?> store, Question question) {
        List<String> rows = local.rows(store, question);
        answeredHere.increment();
        return Answer.ok(String.join("\n", rows), false);
    }

    /** Of all instances; all of them answer, or there is none. */
    private CompletableFuture<Answer> allRows(Served<?> store, Question question) {
        if (store.kind() == Served.Kind.GLOBAL) {
            return CompletableFuture.completedFuture(
                    rows(local.rows(store, question), question.limit()));
        }
        Map<HostInfo, Set<TopicPartition>> placed = placed(store);
        if (placed.isEmpty()) {
            throw Refused.unavailable("rebalancing", "Nobody knows who has store " + store.name());
        }
        List<CompletableFuture<List<String>>> parts = new ArrayList<>();
        for (HostInfo host : placed.keySet()) {
            parts.add(
                    host.equals(self)
                            ? CompletableFuture.completedFuture(local.rows(store, question))
                            : peers.ask(host, -1, question.text()).thenApply(Router::lines));
        }
        return CompletableFuture.allOf(parts.toArray(CompletableFuture<?>[]::new))
                .thenApply(
                        done -> {
                            if (!placed.equals(placed(store))) {
                                throw Refused.unavailable(
                                        "rebalancing", "Partitions moved while they were read");
                            }
                            List<String> rows = new ArrayList<>();
                            parts.forEach(part -> rows.addAll(part.join()));
                            return rows(rows, question.limit());
                        });
    }

    private Map<HostInfo, Set<TopicPartition>> placed(Served<?> store) {
        Map<HostInfo, Set<TopicPartition>> placed = new LinkedHashMap<>();
        Collection<StreamsMetadata> all = streams.streamsMetadataForStore(store.name());
        for (StreamsMetadata each : all) {
            if (each.stateStoreNames().contains(store.name())) {
                placed.put(each.hostInfo(), each.topicPartitions());
            }
        }
        return placed;
    }

    private static List<String> lines(Answer answer) {
        if (answer.status() != 200) {
            throw answer.isUnavailable()
                    ? Refused.unavailable(
                            "unavailable", "An instance has no answer: " + answer.body())
                    : new Refused(answer.status(), "failed", answer.body());
        }
        return answer.body().isEmpty() ? List.of() : answer.body().lines().toList();
    }

    private static Answer rows(List<String> rows, int limit) {
        List<String> shown = rows.size() > limit ? rows.subList(0, limit) : rows;
        return Answer.ok(
                "{\"rows\":["
                        + String.join(",", shown)
                        + "],\"limited\":"
                        + (rows.size() >= limit)
                        + "}",
                false);
    }
}
