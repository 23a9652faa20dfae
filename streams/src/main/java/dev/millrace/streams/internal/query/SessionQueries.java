package dev.millrace.streams.internal.query;

import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.kstream.Windowed;
import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.state.KeyValueIterator;
import dev.millrace.streams.state.ReadOnlySessionStore;
import dev.millrace.streams.state.StateStoreProvider;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * All partitions of a store of sessions that this instance has, as one. A range is read at once,
 * and partition after partition.
 */
public final class SessionQueries<K, V> implements ReadOnlySessionStore<K, V> {
    private final StateStoreProvider provider;
    private final String storeName;
    private final Form form;

    /**
     * @param form of values
     */
    public SessionQueries(StateStoreProvider provider, String storeName, Form form) {
        this.form = form;
        this.provider = provider;
        this.storeName = storeName;
    }

    private static <K, V> ReadOnlySessionStore<K, V> typed(StateStore store) {
        return Erased.cast(store);
    }

    private KeyValueIterator<Windowed<K>, V> all(
            Function<ReadOnlySessionStore<K, V>, KeyValueIterator<Windowed<K>, V>> rows) {
        return new ListIterator<>(
                Readings.<Windowed<K>, V>all(
                        provider,
                        storeName,
                        store ->
                                Readings.drain(
                                        rows.apply(SessionQueries.<K, V>typed(store)),
                                        store,
                                        form)));
    }

    private KeyValueIterator<Windowed<K>, V> ofKey(
            K key, Function<ReadOnlySessionStore<K, V>, KeyValueIterator<Windowed<K>, V>> rows) {
        Objects.requireNonNull(key, "key can't be null");
        return new ListIterator<>(
                Readings.<Windowed<K>, V>first(
                        provider,
                        storeName,
                        store ->
                                Readings.drain(
                                        rows.apply(SessionQueries.<K, V>typed(store)),
                                        store,
                                        form)));
    }

    @Override
    public KeyValueIterator<Windowed<K>, V> findSessions(
            K key, long earliestSessionEndTime, long latestSessionStartTime) {
        return ofKey(
                key,
                store -> store.findSessions(key, earliestSessionEndTime, latestSessionStartTime));
    }

    @Override
    public KeyValueIterator<Windowed<K>, V> findSessions(
            @Nullable K keyFrom,
            @Nullable K keyTo,
            long earliestSessionEndTime,
            long latestSessionStartTime) {
        return all(
                store ->
                        store.findSessions(
                                keyFrom, keyTo, earliestSessionEndTime, latestSessionStartTime));
    }

    @Override
    public KeyValueIterator<Windowed<K>, V> backwardFindSessions(
            K key, long earliestSessionEndTime, long latestSessionStartTime) {
        return ofKey(
                key,
                store ->
                        store.backwardFindSessions(
                                key, earliestSessionEndTime, latestSessionStartTime));
    }

    @Override
    public KeyValueIterator<Windowed<K>, V> backwardFindSessions(
            @Nullable K keyFrom,
            @Nullable K keyTo,
            long earliestSessionEndTime,
            long latestSessionStartTime) {
        return all(
                store ->
                        store.backwardFindSessions(
                                keyFrom, keyTo, earliestSessionEndTime, latestSessionStartTime));
    }

    @Override
    public @Nullable V fetchSession(K key, long sessionStartTime, long sessionEndTime) {
        Objects.requireNonNull(key, "key can't be null");
        return Readings.get(
                provider,
                storeName,
                store -> {
                    Object found =
                            SessionQueries.<K, V>typed(store)
                                    .fetchSession(key, sessionStartTime, sessionEndTime);
                    return found == null ? null : Erased.castNullable(form.of(store, found));
                });
    }

    @Override
    public KeyValueIterator<Windowed<K>, V> fetch(K key) {
        return ofKey(key, store -> store.fetch(key));
    }

    @Override
    public KeyValueIterator<Windowed<K>, V> backwardFetch(K key) {
        return ofKey(key, store -> store.backwardFetch(key));
    }

    @Override
    public KeyValueIterator<Windowed<K>, V> fetch(@Nullable K keyFrom, @Nullable K keyTo) {
        return all(store -> store.fetch(keyFrom, keyTo));
    }

    @Override
    public KeyValueIterator<Windowed<K>, V> backwardFetch(@Nullable K keyFrom, @Nullable K keyTo) {
        return all(store -> store.backwardFetch(keyFrom, keyTo));
    }
}
