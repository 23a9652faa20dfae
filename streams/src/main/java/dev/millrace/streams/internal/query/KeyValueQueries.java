package dev.millrace.streams.internal.query;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.state.KeyValueIterator;
import dev.millrace.streams.state.ReadOnlyKeyValueStore;
import dev.millrace.streams.state.StateStoreProvider;
import dev.millrace.streams.state.StateStoreReader;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/** All partitions of a key-value store that this instance has, as one. */
public final class KeyValueQueries<K, V> implements ReadOnlyKeyValueStore<K, V> {
    private final StateStoreProvider provider;
    private final String storeName;
    private final Form form;

    /**
     * @param form of values
     */
    public KeyValueQueries(StateStoreProvider provider, String storeName, Form form) {
        this.provider = provider;
        this.storeName = storeName;
        this.form = form;
    }

    private ReadOnlyKeyValueStore<K, Object> typed(StateStore store) {
        return Erased.cast(store);
    }

    private @Nullable V value(StateStore store, @Nullable Object found) {
        return found == null ? null : Erased.cast(form.of(store, found));
    }

    @Override
    public @Nullable V get(K key) {
        for (StateStoreReader reader : provider.stores(storeName)) {
            V found = reader.read(store -> value(store, typed(store).get(key)));
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    @Override
    public KeyValueIterator<K, V> range(@Nullable K from, @Nullable K to) {
        return paged((store, after) -> store.range(after == null ? from : after, to));
    }

    @Override
    public KeyValueIterator<K, V> reverseRange(@Nullable K from, @Nullable K to) {
        return paged((store, after) -> store.reverseRange(from, after == null ? to : after));
    }

    @Override
    public KeyValueIterator<K, V> all() {
        return range(null, null);
    }

    @Override
    public KeyValueIterator<K, V> reverseAll() {
        return reverseRange(null, null);
    }

    @SuppressWarnings("NullAway") // the first page is behind no key
    private KeyValueIterator<K, V> paged(
            BiFunction<ReadOnlyKeyValueStore<K, Object>, @Nullable K, KeyValueIterator<K, Object>>
                    rows) {
        List<PagedIterator.Pages<K, V>> stores = new ArrayList<>();
        for (StateStoreReader reader : provider.stores(storeName)) {
            stores.add(
                    after ->
                            reader.scan(
                                    store ->
                                            valuesOf(
                                                    store,
                                                    PagedIterator.page(
                                                            rows.apply(typed(store), after),
                                                            after))));
        }
        return new PagedIterator<>(stores);
    }

    private List<KeyValue<K, V>> valuesOf(StateStore store, List<KeyValue<K, Object>> page) {
        List<KeyValue<K, V>> values = new ArrayList<>(page.size());
        page.forEach(row -> values.add(new KeyValue<>(row.key, value(store, row.value))));
        return values;
    }

    /** Read at once: a prefix is no bound that a page could begin behind. */
    @Override
    public <PS extends Serializer<P>, P> KeyValueIterator<K, V> prefixScan(
            P prefix, PS prefixKeySerializer) {
        return new ListIterator<>(
                Readings.<K, V>all(
                        provider,
                        storeName,
                        store ->
                                Readings.drain(
                                        typed(store).prefixScan(prefix, prefixKeySerializer),
                                        store,
                                        form)));
    }

    @Override
    public long approximateNumEntries() {
        long sum = 0;
        for (StateStoreReader reader : provider.stores(storeName)) {
            sum += reader.read(store -> typed(store).approximateNumEntries());
        }
        return sum < 0 ? Long.MAX_VALUE : sum;
    }
}
