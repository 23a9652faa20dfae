package dev.millrace.streams.http;

import dev.millrace.streams.KafkaStreams;
import dev.millrace.streams.KeyValue;
import dev.millrace.streams.StoreQueryParameters;
import dev.millrace.streams.errors.InvalidStateStoreException;
import dev.millrace.streams.kstream.Windowed;
import dev.millrace.streams.query.FailureReason;
import dev.millrace.streams.query.MultiVersionedKeyQuery;
import dev.millrace.streams.query.Query;
import dev.millrace.streams.query.QueryResult;
import dev.millrace.streams.query.StateQueryRequest;
import dev.millrace.streams.query.VersionedKeyQuery;
import dev.millrace.streams.state.KeyValueIterator;
import dev.millrace.streams.state.QueryableStoreType;
import dev.millrace.streams.state.QueryableStoreTypes;
import dev.millrace.streams.state.ReadOnlyKeyValueStore;
import dev.millrace.streams.state.ReadOnlySessionStore;
import dev.millrace.streams.state.ReadOnlyWindowStore;
import dev.millrace.streams.state.ValueAndTimestamp;
import dev.millrace.streams.state.VersionedRecord;
import dev.millrace.streams.state.VersionedRecordIterator;
import dev.millrace.streams.state.WindowStoreIterator;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Answers from the stores of this instance. Any thread. */
final class LocalReads {
    private final KafkaStreams streams;

    LocalReads(KafkaStreams streams) {
        this.streams = streams;
    }

    /**
     * About one key.
     *
     * @param partition negative: of a global store
     * @param stale whether a standby may answer
     * @throws Refused 503 when the partition is not here, 404 when the key is not
     */
    <K> String ofKey(Served<K> store, K key, int partition, boolean stale, Question question) {
        try {
            return switch (question.resource()) {
                case "windows" -> windows(store, key, partition, stale, question);
                case "sessions" -> sessions(store, key, partition, stale);
                case "versions" -> versions(store, key, partition, stale, question);
                default ->
                        store.kind() == Served.Kind.VERSIONED
                                ? version(store, key, partition, stale, question)
                                : value(store, key, partition, stale);
            };
        } catch (InvalidStateStoreException e) {
            throw Refused.unavailable("not_here", String.valueOf(e.getMessage()));
        }
    }

    private <T> T open(Served<?> store, QueryableStoreType<T> type, int partition, boolean stale) {
        StoreQueryParameters<T> parameters =
                StoreQueryParameters.fromNameAndType(store.name(), type);
        if (partition >= 0) {
            parameters = parameters.withPartition(partition);
        }
        return streams.store(stale ? parameters.enableStaleStores() : parameters);
    }

    private static Refused absent(Served<?> store, Object key) {
        return new Refused(404, "no_such_key", "Store " + store.name() + " has no key " + key);
    }

    private <K> String value(Served<K> store, K key, int partition, boolean stale) {
        Object value = timestamped(store, key, partition, stale);
        if (value == null) {
            value =
                    open(store, QueryableStoreTypes.<K, Object>keyValueStore(), partition, stale)
                            .get(key);
        }
        if (value == null) {
            throw absent(store, key);
        }
        return row(store, key, value);
    }

    /** Null where rows have no timestamps, and where there is no row. */
    private <K> @Nullable Object timestamped(Served<K> store, K key, int partition, boolean stale) {
        ReadOnlyKeyValueStore<K, ValueAndTimestamp<Object>> rows;
        try {
            rows =
                    open(
                            store,
                            QueryableStoreTypes.<K, Object>timestampedKeyValueStore(),
                            partition,
                            stale);
        } catch (InvalidStateStoreException e) {
            return null; // a plain one, or none; the caller finds out
        }
        return rows.get(key);
    }

    private static String row(Served<?> store, Object key, Object value) {
        return value instanceof ValueAndTimestamp<?> both
                ? Json.object(
                        "key",
                        key,
                        "value",
                        store.render().apply(both.value()),
                        "timestamp",
                        both.timestamp())
                : Json.object("key", key, "value", store.render().apply(value));
    }

    private <K> String windows(
            Served<K> store, K key, int partition, boolean stale, Question question) {
        List<Object> all = new ArrayList<>();
        ReadOnlyWindowStore<K, Object> windows =
                open(store, QueryableStoreTypes.<K, Object>windowStore(), partition, stale);
        try (WindowStoreIterator<Object> found = windows.fetch(key, from(question), to(question))) {
            while (found.hasNext()) {
                KeyValue<Long, Object> each = found.next();
                all.add(
                        new Json.Raw(
                                Json.object(
                                        "start",
                                        each.key,
                                        "value",
                                        store.render().apply(each.value))));
            }
        }
        if (all.isEmpty()) {
            throw absent(store, key);
        }
        return Json.object("key", key, "windows", all);
    }

    private static Instant from(Question question) {
        return Instant.ofEpochMilli(question.time("from", 0));
    }

    private static Instant to(Question question) {
        return Instant.ofEpochMilli(question.time("to", Long.MAX_VALUE));
    }

    private <K> String sessions(Served<K> store, K key, int partition, boolean stale) {
        List<Object> all = new ArrayList<>();
        ReadOnlySessionStore<K, Object> sessions =
                open(store, QueryableStoreTypes.<K, Object>sessionStore(), partition, stale);
        try (KeyValueIterator<Windowed<K>, Object> found = sessions.fetch(key)) {
            while (found.hasNext()) {
                KeyValue<Windowed<K>, Object> each = found.next();
                all.add(
                        new Json.Raw(
                                Json.object(
                                        "start",
                                        each.key.window().start(),
                                        "end",
                                        each.key.window().end(),
                                        "value",
                                        store.render().apply(each.value))));
            }
        }
        if (all.isEmpty()) {
            throw absent(store, key);
        }
        return Json.object("key", key, "sessions", all);
    }

    private <R> @Nullable R ask(Served<?> store, Query<R> query, int partition, boolean stale) {
        StateQueryRequest<R> request =
                StateQueryRequest.inStore(store.name())
                        .withQuery(query)
                        .withPartitions(Set.of(partition));
        QueryResult<R> result =
                streams.query(stale ? request : request.requireActive())
                        .getPartitionResults()
                        .get(partition);
        if (result == null) {
            throw Refused.unavailable("not_here", "Partition " + partition + " is not here");
        }
        if (result.isFailure()) {
            boolean wrongKind = result.getFailureReason() == FailureReason.UNKNOWN_QUERY_TYPE;
            throw wrongKind
                    ? new Refused(400, "wrong_kind", result.getFailureMessage())
                    : Refused.unavailable("not_here", result.getFailureMessage());
        }
        return result.getResult();
    }

    private <K> String version(
            Served<K> store, K key, int partition, boolean stale, Question question) {
        long asOf = question.time("asOf", Long.MAX_VALUE);
        VersionedKeyQuery<K, Object> query = VersionedKeyQuery.withKey(key);
        VersionedRecord<Object> found =
                ask(
                        store,
                        asOf == Long.MAX_VALUE ? query : query.asOf(Instant.ofEpochMilli(asOf)),
                        partition,
                        stale);
        if (found == null) {
            throw absent(store, key);
        }
        return version(store, key, found);
    }

    private static String version(Served<?> store, Object key, VersionedRecord<Object> version) {
        return Json.object(
                "key",
                key,
                "value",
                store.render().apply(version.value()),
                "from",
                version.timestamp(),
                "to",
                version.validTo().orElse(null));
    }

    private <K> String versions(
            Served<K> store, K key, int partition, boolean stale, Question question) {
        MultiVersionedKeyQuery<K, Object> query = MultiVersionedKeyQuery.withKey(key);
        VersionedRecordIterator<Object> found =
                ask(store, query.fromTime(from(question)).toTime(to(question)), partition, stale);
        List<Object> all = new ArrayList<>();
        while (found != null && found.hasNext()) {
            all.add(new Json.Raw(version(store, key, found.next())));
        }
        if (all.isEmpty()) {
            throw absent(store, key);
        }
        return Json.object("key", key, "versions", all);
    }

    /**
     * Rows of all keys of the partitions that run here, each as JSON.
     *
     * @throws Refused 503 while a task is not yet, or no longer, what it should be
     */
    <K> List<String> rows(Served<K> store, Question question) {
        if (streams.state() != KafkaStreams.State.RUNNING) {
            throw Refused.unavailable("rebalancing", "This instance is " + streams.state());
        }
        try {
            return switch (store.kind()) {
                case KEY_VALUE, GLOBAL -> keys(store, question);
                case WINDOWS -> allWindows(store, question);
                default ->
                        throw new Refused(
                                400,
                                "wrong_kind",
                                "Store " + store.name() + " is asked by key: it has no ranges");
            };
        } catch (InvalidStateStoreException e) {
            throw Refused.unavailable("not_here", String.valueOf(e.getMessage()));
        }
    }

    private <K> List<String> keys(Served<K> store, Question question) {
        String from = question.parameters().get("from");
        String to = question.parameters().get("to");
        List<String> rows = new ArrayList<>();
        ReadOnlyKeyValueStore<K, Object> all =
                open(store, QueryableStoreTypes.<K, Object>keyValueStore(), -1, false);
        try (KeyValueIterator<K, Object> found =
                all.range(
                        from == null ? null : store.key(from), to == null ? null : store.key(to))) {
            while (found.hasNext() && rows.size() < question.limit()) {
                KeyValue<K, Object> each = found.next();
                rows.add(row(store, each.key, each.value));
            }
        }
        return rows;
    }

    private <K> List<String> allWindows(Served<K> store, Question question) {
        List<String> rows = new ArrayList<>();
        ReadOnlyWindowStore<K, Object> all =
                open(store, QueryableStoreTypes.<K, Object>windowStore(), -1, false);
        try (KeyValueIterator<Windowed<K>, Object> found =
                all.fetchAll(from(question), to(question))) {
            while (found.hasNext() && rows.size() < question.limit()) {
                KeyValue<Windowed<K>, Object> each = found.next();
                rows.add(
                        Json.object(
                                "key",
                                each.key.key(),
                                "start",
                                each.key.window().start(),
                                "value",
                                store.render().apply(each.value)));
            }
        }
        return rows;
    }
}
