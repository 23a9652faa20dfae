package dev.millrace.streams.internal.query;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.kstream.Windowed;
import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.state.KeyValueIterator;
import dev.millrace.streams.state.ReadOnlyWindowStore;
import dev.millrace.streams.state.StateStoreProvider;
import dev.millrace.streams.state.WindowStoreIterator;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * All partitions of a store of windows that this instance has, as one. A range is read at once, and
 * partition after partition.
 */
public final class WindowQueries<K, V> implements ReadOnlyWindowStore<K, V> {
    private final StateStoreProvider provider;
    private final String storeName;
    private final Form form;

    /**
     * @param form of values
     */
    public WindowQueries(StateStoreProvider provider, String storeName, Form form) {
        this.provider = provider;
        this.storeName = storeName;
        this.form = form;
    }

    private static <K> ReadOnlyWindowStore<K, Object> typed(StateStore store) {
        return Erased.cast(store);
    }

    private <I> Function<StateStore, List<KeyValue<I, V>>> scan(
            Function<ReadOnlyWindowStore<K, Object>, KeyValueIterator<I, Object>> rows) {
        return store -> Readings.drain(rows.apply(WindowQueries.<K>typed(store)), store, form);
    }

    private KeyValueIterator<Windowed<K>, V> all(
            Function<ReadOnlyWindowStore<K, Object>, KeyValueIterator<Windowed<K>, Object>> rows) {
        return new ListIterator<>(Readings.all(provider, storeName, scan(rows)));
    }

    private WindowStoreIterator<V> ofKey(
            K key, Function<ReadOnlyWindowStore<K, Object>, KeyValueIterator<Long, Object>> rows) {
        Objects.requireNonNull(key, "key can't be null");
        return new ListIterator.OfWindows<>(Readings.first(provider, storeName, scan(rows)));
    }

    @Override
    public @Nullable V fetch(K key, long time) {
        Objects.requireNonNull(key, "key can't be null");
        return Readings.get(
                provider,
                storeName,
                store -> {
                    Object found = WindowQueries.<K>typed(store).fetch(key, time);
                    return found == null ? null : Erased.castNullable(form.of(store, found));
                });
    }

    @Override
    public WindowStoreIterator<V> fetch(K key, Instant timeFrom, Instant timeTo) {
        return ofKey(key, store -> store.fetch(key, timeFrom, timeTo));
    }

    @Override
    public WindowStoreIterator<V> backwardFetch(K key, Instant timeFrom, Instant timeTo) {
        return ofKey(key, store -> store.backwardFetch(key, timeFrom, timeTo));
    }

    @Override
    public KeyValueIterator<Windowed<K>, V> fetch(
            @Nullable K keyFrom, @Nullable K keyTo, Instant timeFrom, Instant timeTo) {
        return all(store -> store.fetch(keyFrom, keyTo, timeFrom, timeTo));
    }

    @Override
    public KeyValueIterator<Windowed<K>, V> backwardFetch(
            @Nullable K keyFrom, @Nullable K keyTo, Instant timeFrom, Instant timeTo) {
        return all(store -> store.backwardFetch(keyFrom, keyTo, timeFrom, timeTo));
    }

    @Override
    public KeyValueIterator<Windowed<K>, V> all() {
        return all(ReadOnlyWindowStore::all);
    }

    @Override
    public KeyValueIterator<Windowed<K>, V> backwardAll() {
        return all(ReadOnlyWindowStore::backwardAll);
    }

    @Override
    public KeyValueIterator<Windowed<K>, V> fetchAll(Instant timeFrom, Instant timeTo) {
        return all(store -> store.fetchAll(timeFrom, timeTo));
    }

    @Override
    public KeyValueIterator<Windowed<K>, V> backwardFetchAll(Instant timeFrom, Instant timeTo) {
        return all(store -> store.backwardFetchAll(timeFrom, timeTo));
    }
}
