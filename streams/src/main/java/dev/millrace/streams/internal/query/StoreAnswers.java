package dev.millrace.streams.internal.query;

import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.kstream.Windowed;
import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.query.KeyQuery;
import dev.millrace.streams.query.MultiVersionedKeyQuery;
import dev.millrace.streams.query.Query;
import dev.millrace.streams.query.RangeQuery;
import dev.millrace.streams.query.ResultOrder;
import dev.millrace.streams.query.TimestampedKeyQuery;
import dev.millrace.streams.query.TimestampedRangeQuery;
import dev.millrace.streams.query.VersionedKeyQuery;
import dev.millrace.streams.query.WindowKeyQuery;
import dev.millrace.streams.query.WindowRangeQuery;
import dev.millrace.streams.state.KeyValueIterator;
import dev.millrace.streams.state.ReadOnlyKeyValueStore;
import dev.millrace.streams.state.SessionStore;
import dev.millrace.streams.state.TimestampedKeyValueStore;
import dev.millrace.streams.state.TimestampedKeyValueStoreWithHeaders;
import dev.millrace.streams.state.VersionedKeyValueStore;
import dev.millrace.streams.state.VersionedRecord;
import dev.millrace.streams.state.WindowStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What the built-in stores answer to the built-in queries. A range is read at once. */
public final class StoreAnswers {
    private StoreAnswers() {}

    /** Whether the answer needs what the cache holds back to be in the store: all but gets do. */
    public static boolean scans(Query<?> query) {
        return !(query instanceof KeyQuery)
                && !(query instanceof TimestampedKeyQuery)
                && !(query instanceof VersionedKeyQuery);
    }

    /** Whether a store says that it does not know a query before it looks at the bound. */
    public static boolean refusesAtOnce(StateStore store, Query<?> query) {
        return query instanceof TimestampedKeyQuery
                || query instanceof TimestampedRangeQuery
                || (query instanceof WindowRangeQuery
                        && (store instanceof WindowStore || store instanceof SessionStore));
    }

    /** Null: stores of this kind do not know such queries. */
    public static @Nullable Supplier<@Nullable Object> of(StateStore store, Query<?> query) {
        if (store instanceof ReadOnlyKeyValueStore) {
            return ofRows(store, query);
        }
        if (store instanceof WindowStore) {
            return ofWindows(Erased.cast(store), query);
        }
        if (store instanceof SessionStore
                && query instanceof WindowRangeQuery<?, ?> range
                && range.getKey().isPresent()) {
            SessionStore<Object, Object> sessions = Erased.cast(store);
            Object key = range.getKey().get();
            return () -> drained(sessions, sessions.fetch(key));
        }
        if (store instanceof VersionedKeyValueStore) {
            return ofVersions(store, query);
        }
        return null;
    }

    private static @Nullable Supplier<@Nullable Object> ofRows(StateStore store, Query<?> query) {
        boolean timestamped =
                store instanceof TimestampedKeyValueStore
                        || store instanceof TimestampedKeyValueStoreWithHeaders;
        if (query instanceof KeyQuery<?, ?> key) {
            return () -> get(store, key.getKey(), key.isSkipCache(), Form.PLAIN);
        }
        if (query instanceof RangeQuery<?, ?> range) {
            return () ->
                    rows(
                            store,
                            range.getLowerBound(),
                            range.getUpperBound(),
                            range.resultOrder(),
                            Form.PLAIN);
        }
        if (query instanceof TimestampedKeyQuery<?, ?> key && timestamped) {
            return () -> get(store, key.key(), key.isSkipCache(), Form.WITH_TIMESTAMPS);
        }
        if (query instanceof TimestampedRangeQuery<?, ?> range && timestamped) {
            return () ->
                    rows(
                            store,
                            range.lowerBound(),
                            range.upperBound(),
                            range.resultOrder(),
                            Form.WITH_TIMESTAMPS);
        }
        return null;
    }

    private static @Nullable Object get(
            StateStore store, Object key, boolean skipCache, Form form) {
        Object found =
                skipCache && store instanceof Uncached below
                        ? below.stored(key)
                        : Erased.<ReadOnlyKeyValueStore<Object, Object>>cast(store).get(key);
        return found == null ? null : form.of(store, found);
    }

    private static Object rows(
            StateStore store, Optional<?> lower, Optional<?> upper, ResultOrder order, Form form) {
        ReadOnlyKeyValueStore<Object, Object> rows = Erased.cast(store);
        Object from = lower.isPresent() ? lower.get() : null;
        Object to = upper.isPresent() ? upper.get() : null;
        return new ListIterator<>(
                Readings.<Object, Object>drain(
                        order == ResultOrder.DESCENDING
                                ? rows.reverseRange(from, to)
                                : rows.range(from, to),
                        store,
                        form));
    }

    private static @Nullable Supplier<@Nullable Object> ofWindows(
            WindowStore<Object, Object> store, Query<?> query) {
        if (query instanceof WindowKeyQuery<?, ?> key) {
            Object wanted = key.getKey();
            Instant from = key.getTimeFrom().orElseThrow();
            Instant to = key.getTimeTo().orElseThrow();
            return () ->
                    new ListIterator.OfWindows<>(
                            Readings.<Long, Object>drain(
                                    store.fetch(wanted, from, to), store, Form.WITH_TIMESTAMPS));
        }
        if (query instanceof WindowRangeQuery<?, ?> range && range.getTimeFrom().isPresent()) {
            Instant from = range.getTimeFrom().get();
            Instant to = range.getTimeTo().orElseThrow();
            return () -> drained(store, store.fetchAll(from, to));
        }
        return null;
    }

    private static Object drained(
            StateStore store, KeyValueIterator<Windowed<Object>, Object> rows) {
        return new ListIterator<>(
                Readings.<Windowed<Object>, Object>drain(rows, store, Form.WITH_TIMESTAMPS));
    }

    private static @Nullable Supplier<@Nullable Object> ofVersions(
            StateStore store, Query<?> query) {
        if (query instanceof KeyQuery || query instanceof RangeQuery) {
            throw new UnsupportedOperationException(
                    "Versioned stores do not support "
                            + query.getClass().getSimpleName()
                            + " queries at this time.");
        }
        VersionedKeyValueStore<Object, Object> versioned = Erased.cast(store);
        if (query instanceof VersionedKeyQuery<?, ?> key) {
            Object wanted = key.key();
            Instant asOf = key.asOfTimestamp().orElse(null);
            return () ->
                    asOf == null
                            ? versioned.get(wanted)
                            : versioned.get(wanted, asOf.toEpochMilli());
        }
        if (query instanceof MultiVersionedKeyQuery<?, ?> key && store instanceof History history) {
            long fromMs = key.fromTime().map(Instant::toEpochMilli).orElse(Long.MIN_VALUE);
            long toMs = key.toTime().map(Instant::toEpochMilli).orElse(Long.MAX_VALUE);
            if (fromMs > toMs) {
                throw new IllegalArgumentException(
                        "The `fromTime` timestamp must be smaller than the `toTime` timestamp.");
            }
            Object wanted = key.key();
            ResultOrder order = key.resultOrder();
            return () -> {
                List<VersionedRecord<Object>> found =
                        new ArrayList<>(history.versions(wanted, fromMs, toMs));
                if (order == ResultOrder.ASCENDING) {
                    Collections.reverse(found);
                }
                return new ListIterator.OfVersions<>(found);
            };
        }
        return null;
    }
}
