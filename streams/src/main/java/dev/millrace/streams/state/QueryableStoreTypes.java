package dev.millrace.streams.state;

import dev.millrace.streams.internal.query.KeyValueQueries;
import dev.millrace.streams.internal.query.SessionQueries;
import dev.millrace.streams.internal.query.WindowQueries;
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

    /** Also of stores with timestamps, which are then left out. */
    public static <K, V> QueryableStoreType<ReadOnlyWindowStore<K, V>> windowStore() {
        return new WindowStoreType<>();
    }

    public static <K, V>
            QueryableStoreType<ReadOnlyWindowStore<K, ValueAndTimestamp<V>>>
                    timestampedWindowStore() {
        return new TimestampedWindowStoreType<>();
    }

    public static <K, V> QueryableStoreType<ReadOnlySessionStore<K, V>> sessionStore() {
        return new SessionStoreType<>();
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

    /** Values of windows. */
    public static class WindowStoreType<K, V>
            implements QueryableStoreType<ReadOnlyWindowStore<K, V>> {
        WindowStoreType() {}

        @Override
        public boolean accepts(StateStore stateStore) {
            return stateStore instanceof ReadOnlyWindowStore;
        }

        @Override
        public ReadOnlyWindowStore<K, V> create(
                StateStoreProvider storeProvider, String storeName) {
            return new WindowQueries<>(storeProvider, storeName, false);
        }
    }

    /** Values of windows, with timestamps. */
    public static class TimestampedWindowStoreType<K, V>
            implements QueryableStoreType<ReadOnlyWindowStore<K, ValueAndTimestamp<V>>> {
        TimestampedWindowStoreType() {}

        @Override
        public boolean accepts(StateStore stateStore) {
            return stateStore instanceof TimestampedWindowStore;
        }

        @Override
        public ReadOnlyWindowStore<K, ValueAndTimestamp<V>> create(
                StateStoreProvider storeProvider, String storeName) {
            return new WindowQueries<>(storeProvider, storeName, true);
        }
    }

    /** Values of sessions. */
    public static class SessionStoreType<K, V>
            implements QueryableStoreType<ReadOnlySessionStore<K, V>> {
        SessionStoreType() {}

        @Override
        public boolean accepts(StateStore stateStore) {
            return stateStore instanceof ReadOnlySessionStore;
        }

        @Override
        public ReadOnlySessionStore<K, V> create(
                StateStoreProvider storeProvider, String storeName) {
            return new SessionQueries<>(storeProvider, storeName);
        }
    }
}
