package dev.millrace.streams.state;

import dev.millrace.streams.internal.query.KeyValueQueries;
import dev.millrace.streams.processor.StateStore;

/** The kinds of stores that {@code KafkaStreams.store()} knows. */
public final class QueryableStoreTypes {
    private QueryableStoreTypes() {}

    /** Also of stores with timestamps, which are then left out. */
    public static <K, V> QueryableStoreType<ReadOnlyKeyValueStore<K, V>> keyValueStore() {
        return new KeyValueStoreType<>();
    }

    public static <K, V>
            QueryableStoreType<ReadOnlyKeyValueStore<K, ValueAndTimestamp<V>>>
                    timestampedKeyValueStore() {
        return new TimestampedKeyValueStoreType<>();
    }

    /** Values of keys. */
    public static class KeyValueStoreType<K, V>
            implements QueryableStoreType<ReadOnlyKeyValueStore<K, V>> {
        KeyValueStoreType() {}

        @Override
        public boolean accepts(StateStore stateStore) {
            return stateStore instanceof ReadOnlyKeyValueStore;
        }

        @Override
        public ReadOnlyKeyValueStore<K, V> create(
                StateStoreProvider storeProvider, String storeName) {
            return new KeyValueQueries<>(storeProvider, storeName, false);
        }
    }

    /** Values of keys, with timestamps. */
    public static class TimestampedKeyValueStoreType<K, V>
            implements QueryableStoreType<ReadOnlyKeyValueStore<K, ValueAndTimestamp<V>>> {
        TimestampedKeyValueStoreType() {}

        @Override
        public boolean accepts(StateStore stateStore) {
            return stateStore instanceof TimestampedKeyValueStore;
        }

        @Override
        public ReadOnlyKeyValueStore<K, ValueAndTimestamp<V>> create(
                StateStoreProvider storeProvider, String storeName) {
            return new KeyValueQueries<>(storeProvider, storeName, true);
        }
    }
}
