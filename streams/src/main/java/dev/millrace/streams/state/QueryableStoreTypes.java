package dev.millrace.streams.state;

import dev.millrace.streams.internal.query.Form;
import dev.millrace.streams.internal.query.KeyValueQueries;
import dev.millrace.streams.internal.query.SessionQueries;
import dev.millrace.streams.internal.query.WindowQueries;
import dev.millrace.streams.processor.StateStore;
import java.util.function.BiFunction;

/** The kinds of stores that {@code KafkaStreams.store()} knows. */
public final class QueryableStoreTypes {
    public QueryableStoreTypes() {}

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

    /** Only of stores that keep headers (KIP-1271). */
    public static <K, V>
            QueryableStoreType<ReadOnlyKeyValueStore<K, ValueTimestampHeaders<V>>>
                    timestampedKeyValueStoreWithHeaders() {
        return new WithHeaders<>(
                TimestampedKeyValueStoreWithHeaders.class,
                (provider, name) -> new KeyValueQueries<>(provider, name, Form.WITH_HEADERS));
    }

    /** Only of stores that keep headers (KIP-1271). */
    public static <K, V>
            QueryableStoreType<ReadOnlyWindowStore<K, ValueTimestampHeaders<V>>>
                    timestampedWindowStoreWithHeaders() {
        return new WithHeaders<>(
                TimestampedWindowStoreWithHeaders.class,
                (provider, name) -> new WindowQueries<>(provider, name, Form.WITH_HEADERS));
    }

    /** Only of stores that keep headers (KIP-1271). */
    public static <K, V>
            QueryableStoreType<ReadOnlySessionStore<K, AggregationWithHeaders<V>>>
                    sessionStoreWithHeaders() {
        return new WithHeaders<>(
                SessionStoreWithHeaders.class,
                (provider, name) -> new SessionQueries<>(provider, name, Form.WITH_HEADERS));
    }

    private record WithHeaders<T>(
            Class<? extends StateStore> kind, BiFunction<StateStoreProvider, String, T> reader)
            implements QueryableStoreType<T> {
        @Override
        public boolean accepts(StateStore stateStore) {
            return kind.isInstance(stateStore);
        }

        @Override
        public T create(StateStoreProvider storeProvider, String storeName) {
            return reader.apply(storeProvider, storeName);
        }
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
            return new KeyValueQueries<>(storeProvider, storeName, Form.PLAIN);
        }
    }

    /** Values of keys, with timestamps. */
    public static class TimestampedKeyValueStoreType<K, V>
            implements QueryableStoreType<ReadOnlyKeyValueStore<K, ValueAndTimestamp<V>>> {
        TimestampedKeyValueStoreType() {}

        @Override
        public boolean accepts(StateStore stateStore) {
            return stateStore instanceof TimestampedKeyValueStore
                    || stateStore instanceof TimestampedKeyValueStoreWithHeaders;
        }

        @Override
        public ReadOnlyKeyValueStore<K, ValueAndTimestamp<V>> create(
                StateStoreProvider storeProvider, String storeName) {
            return new KeyValueQueries<>(storeProvider, storeName, Form.WITH_TIMESTAMPS);
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
            return new WindowQueries<>(storeProvider, storeName, Form.PLAIN);
        }
    }

    /** Values of windows, with timestamps. */
    public static class TimestampedWindowStoreType<K, V>
            implements QueryableStoreType<ReadOnlyWindowStore<K, ValueAndTimestamp<V>>> {
        TimestampedWindowStoreType() {}

        @Override
        public boolean accepts(StateStore stateStore) {
            return stateStore instanceof TimestampedWindowStore
                    || stateStore instanceof TimestampedWindowStoreWithHeaders;
        }

        @Override
        public ReadOnlyWindowStore<K, ValueAndTimestamp<V>> create(
                StateStoreProvider storeProvider, String storeName) {
            return new WindowQueries<>(storeProvider, storeName, Form.WITH_TIMESTAMPS);
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
            return new SessionQueries<>(storeProvider, storeName, Form.PLAIN);
        }
    }
}
