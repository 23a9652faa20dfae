package dev.millrace.streams.internal.query;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.state.KeyValueIterator;
import dev.millrace.streams.state.StateStoreProvider;
import dev.millrace.streams.state.StateStoreReader;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What readers of windows and sessions share: a scan ends before the store goes on. */
final class Readings {
    private Readings() {}

    /** All rows of an iterator, which is closed. */
    static <K, V> List<KeyValue<K, V>> drain(
            KeyValueIterator<K, ?> rows, StateStore store, Form form) {
        List<KeyValue<K, V>> all = new ArrayList<>();
        try (rows) {
            while (rows.hasNext()) {
                KeyValue<K, ?> row = rows.next();
                all.add(new KeyValue<>(row.key, Erased.cast(form.of(store, row.value))));
            }
        }
        return all;
    }

    /** The first partition that has any: a key is in one. */
    static <K, V> List<KeyValue<K, V>> first(
            StateStoreProvider provider,
            String storeName,
            Function<StateStore, List<KeyValue<K, V>>> scan) {
        for (StateStoreReader reader : provider.stores(storeName)) {
            List<KeyValue<K, V>> rows = reader.scan(scan);
            if (!rows.isEmpty()) {
                return rows;
            }
        }
        return List.of();
    }

    /** Partition after partition. */
    static <K, V> List<KeyValue<K, V>> all(
            StateStoreProvider provider,
            String storeName,
            Function<StateStore, List<KeyValue<K, V>>> scan) {
        List<KeyValue<K, V>> rows = new ArrayList<>();
        for (StateStoreReader reader : provider.stores(storeName)) {
            rows.addAll(reader.scan(scan));
        }
        return rows;
    }

    /** Of the first partition that has the row; null when none has. */
    static <V> @Nullable V get(
            StateStoreProvider provider,
            String storeName,
            Function<StateStore, @Nullable V> reading) {
        for (StateStoreReader reader : provider.stores(storeName)) {
            V found = reader.read(reading);
            if (found != null) {
                return found;
            }
        }
        return null;
    }
}
