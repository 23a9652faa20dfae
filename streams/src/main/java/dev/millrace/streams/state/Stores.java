package dev.millrace.streams.state;

import dev.millrace.streams.internal.store.InMemoryStore;
import dev.millrace.streams.internal.store.KeyValueStoreBuilder;
import dev.millrace.streams.internal.store.RocksDbStore;
import dev.millrace.streams.internal.store.StoreSupplierOf;
import org.apache.kafka.common.serialization.Serde;
import org.jspecify.annotations.Nullable;

/** Kinds of stores, and builders of stores for processors. */
public final class Stores {
    private Stores() {}

    /** On disk, in RocksDB. */
    public static KeyValueBytesStoreSupplier persistentKeyValueStore(String name) {
        return new StoreSupplierOf(name, RocksDbStore::buffered);
    }

    public static KeyValueBytesStoreSupplier persistentTimestampedKeyValueStore(String name) {
        return persistentKeyValueStore(name);
    }

    /** On the heap: read back from the changelog whenever a task starts. */
    public static KeyValueBytesStoreSupplier inMemoryKeyValueStore(String name) {
        return new StoreSupplierOf(name, InMemoryStore::new);
    }

    public static <K, V> StoreBuilder<KeyValueStore<K, V>> keyValueStoreBuilder(
            KeyValueBytesStoreSupplier supplier,
            @Nullable Serde<K> keySerde,
            @Nullable Serde<V> valueSerde) {
        return new KeyValueStoreBuilder<>(supplier, keySerde, valueSerde, false);
    }

    public static <K, V>
            StoreBuilder<TimestampedKeyValueStore<K, V>> timestampedKeyValueStoreBuilder(
                    KeyValueBytesStoreSupplier supplier,
                    @Nullable Serde<K> keySerde,
                    @Nullable Serde<V> valueSerde) {
        return new KeyValueStoreBuilder<>(supplier, keySerde, valueSerde, true);
    }
}
