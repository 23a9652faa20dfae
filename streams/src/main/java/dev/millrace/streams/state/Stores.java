package dev.millrace.streams.state;

import dev.millrace.streams.internal.store.BuiltInStoreBuilder;
import dev.millrace.streams.internal.store.InMemoryStore;
import dev.millrace.streams.internal.store.LruStore;
import dev.millrace.streams.internal.store.RocksDbStore;
import dev.millrace.streams.internal.store.StoreSupplierOf;
import dev.millrace.streams.internal.store.TimedSuppliers;
import dev.millrace.streams.internal.topology.StoreKind;
import java.time.Duration;
import java.util.Objects;
import org.apache.kafka.common.serialization.Serde;
import org.jspecify.annotations.Nullable;

/** Kinds of stores, and builders of stores for processors. */
public final class Stores {
    private static final long MIN_SEGMENT_INTERVAL_MS = 60_000;

    public Stores() {}

    /** On disk, in RocksDB. */
    public static KeyValueBytesStoreSupplier persistentKeyValueStore(String name) {
        Objects.requireNonNull(name, "name cannot be null");
        return new StoreSupplierOf(name, "rocksdb", RocksDbStore::buffered);
    }

    public static KeyValueBytesStoreSupplier persistentTimestampedKeyValueStore(String name) {
        return persistentKeyValueStore(name);
    }

    /** On disk, with the headers of the last update (KIP-1271). */
    public static KeyValueBytesStoreSupplier persistentTimestampedKeyValueStoreWithHeaders(
            String name) {
        Objects.requireNonNull(name, "name cannot be null");
        return new StoreSupplierOf.WithHeaders(name);
    }

    /**
     * On disk, with the versions that held within the history.
     *
     * @param historyRetention of stream time
     */
    public static VersionedBytesStoreSupplier persistentVersionedKeyValueStore(
            String name, Duration historyRetention) {
        Objects.requireNonNull(name, "name cannot be null");
        long historyMs = millis(historyRetention, "historyRetention");
        if (historyMs < 0) {
            throw new IllegalArgumentException("historyRetention cannot be negative");
        }
        return new StoreSupplierOf.Versioned(name, historyMs);
    }

    /**
     * @param segmentInterval has no effect: old versions go one by one
     */
    public static VersionedBytesStoreSupplier persistentVersionedKeyValueStore(
            String name, Duration historyRetention, Duration segmentInterval) {
        if (millis(segmentInterval, "segmentInterval") < 1) {
            throw new IllegalArgumentException("segmentInterval cannot be zero or negative");
        }
        return persistentVersionedKeyValueStore(name, historyRetention);
    }

    /** On the heap: read back from the changelog whenever a task starts. */
    public static KeyValueBytesStoreSupplier inMemoryKeyValueStore(String name) {
        Objects.requireNonNull(name, "name cannot be null");
        return new StoreSupplierOf(name, "in-memory", InMemoryStore::new);
    }

    /** On the heap, for the keys used last: others are forgotten, with no tombstones. */
    public static KeyValueBytesStoreSupplier lruMap(String name, int maxCacheSize) {
        Objects.requireNonNull(name, "name cannot be null");
        if (maxCacheSize < 0) {
            throw new IllegalArgumentException("maxCacheSize cannot be negative");
        }
        return new StoreSupplierOf(
                name, "in-memory-lru", store -> new LruStore(store, maxCacheSize));
    }

    /**
     * On disk.
     *
     * @param retentionPeriod at least the window size; what is older goes by segments
     */
    public static WindowBytesStoreSupplier persistentWindowStore(
            String name, Duration retentionPeriod, Duration windowSize, boolean retainDuplicates) {
        return windowStore(name, retentionPeriod, windowSize, retainDuplicates, true);
    }

    public static WindowBytesStoreSupplier persistentTimestampedWindowStore(
            String name, Duration retentionPeriod, Duration windowSize, boolean retainDuplicates) {
        return windowStore(name, retentionPeriod, windowSize, retainDuplicates, true);
    }

    /** On the heap. */
    public static WindowBytesStoreSupplier inMemoryWindowStore(
            String name, Duration retentionPeriod, Duration windowSize, boolean retainDuplicates) {
        return windowStore(name, retentionPeriod, windowSize, retainDuplicates, false);
    }

    private static TimedSuppliers.Windows windowStore(
            String name,
            Duration retentionPeriod,
            Duration windowSize,
            boolean retainDuplicates,
            boolean persistent) {
        Objects.requireNonNull(name, "name cannot be null");
        long retentionMs = millis(retentionPeriod, "retentionPeriod");
        long sizeMs = millis(windowSize, "windowSize");
        if (retentionMs < 0) {
            throw new IllegalArgumentException("retentionPeriod cannot be negative");
        }
        if (sizeMs < 0) {
            throw new IllegalArgumentException("windowSize cannot be negative");
        }
        if (sizeMs > retentionMs) {
            throw new IllegalArgumentException(
                    "The retention period of the window store "
                            + name
                            + " must be no smaller than its window size. Got size=["
                            + sizeMs
                            + "], retention=["
                            + retentionMs
                            + "]");
        }
        return new TimedSuppliers.Windows(
                name,
                retentionMs,
                segmentIntervalMs(retentionMs),
                sizeMs,
                retainDuplicates,
                persistent);
    }

    /** On disk, with the headers of the last update (KIP-1271). */
    public static WindowBytesStoreSupplier persistentTimestampedWindowStoreWithHeaders(
            String name, Duration retentionPeriod, Duration windowSize, boolean retainDuplicates) {
        return new TimedSuppliers.HeaderWindows(
                windowStore(name, retentionPeriod, windowSize, retainDuplicates, true));
    }

    /** On disk, with the headers of the last update (KIP-1271). */
    public static SessionBytesStoreSupplier persistentSessionStoreWithHeaders(
            String name, Duration retentionPeriod) {
        return new TimedSuppliers.HeaderSessions(sessionStore(name, retentionPeriod, true));
    }

    private static long segmentIntervalMs(long retentionMs) {
        return Math.max(retentionMs / 2, MIN_SEGMENT_INTERVAL_MS);
    }

    /** On disk. */
    public static SessionBytesStoreSupplier persistentSessionStore(
            String name, Duration retentionPeriod) {
        return sessionStore(name, retentionPeriod, true);
    }

    /** On the heap. */
    public static SessionBytesStoreSupplier inMemorySessionStore(
            String name, Duration retentionPeriod) {
        return sessionStore(name, retentionPeriod, false);
    }

    private static TimedSuppliers.Sessions sessionStore(
            String name, Duration retentionPeriod, boolean persistent) {
        Objects.requireNonNull(name, "name cannot be null");
        long retentionMs = millis(retentionPeriod, "retentionPeriod");
        if (retentionMs < 0) {
            throw new IllegalArgumentException("retentionPeriod cannot be negative");
        }
        return new TimedSuppliers.Sessions(
                name, retentionMs, segmentIntervalMs(retentionMs), persistent);
    }

    private static long millis(@Nullable Duration duration, String name) {
        if (duration == null) {
            throw new IllegalArgumentException(name + " shouldn't be null.");
        }
        try {
            return duration.toMillis();
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException(
                    name + " (" + duration + ") can't be converted to milliseconds.", e);
        }
    }

    private static <S extends StoreSupplier<?>> S required(@Nullable S supplier) {
        return Objects.requireNonNull(supplier, "supplier cannot be null");
    }

    public static <K, V> StoreBuilder<KeyValueStore<K, V>> keyValueStoreBuilder(
            KeyValueBytesStoreSupplier supplier,
            @Nullable Serde<K> keySerde,
            @Nullable Serde<V> valueSerde) {
        return new BuiltInStoreBuilder<>(
                required(supplier).name(),
                new StoreKind.KeyValue(supplier, null, false),
                keySerde,
                valueSerde);
    }

    public static <K, V>
            StoreBuilder<TimestampedKeyValueStore<K, V>> timestampedKeyValueStoreBuilder(
                    KeyValueBytesStoreSupplier supplier,
                    @Nullable Serde<K> keySerde,
                    @Nullable Serde<V> valueSerde) {
        return new BuiltInStoreBuilder<>(
                required(supplier).name(),
                new StoreKind.KeyValue(supplier, null, true),
                keySerde,
                valueSerde);
    }

    public static <K, V> StoreBuilder<VersionedKeyValueStore<K, V>> versionedKeyValueStoreBuilder(
            VersionedBytesStoreSupplier supplier,
            @Nullable Serde<K> keySerde,
            @Nullable Serde<V> valueSerde) {
        return new BuiltInStoreBuilder<>(
                required(supplier).name(),
                new StoreKind.Versioned(supplier, supplier.historyRetentionMs()),
                keySerde,
                valueSerde);
    }

    public static <K, V> StoreBuilder<WindowStore<K, V>> windowStoreBuilder(
            WindowBytesStoreSupplier supplier,
            @Nullable Serde<K> keySerde,
            @Nullable Serde<V> valueSerde) {
        return new BuiltInStoreBuilder<>(
                required(supplier).name(), windows(supplier, false, false), keySerde, valueSerde);
    }

    public static <K, V> StoreBuilder<TimestampedWindowStore<K, V>> timestampedWindowStoreBuilder(
            WindowBytesStoreSupplier supplier,
            @Nullable Serde<K> keySerde,
            @Nullable Serde<V> valueSerde) {
        return new BuiltInStoreBuilder<>(
                required(supplier).name(), windows(supplier, true, false), keySerde, valueSerde);
    }

    private static StoreKind windows(
            WindowBytesStoreSupplier supplier, boolean timestamped, boolean headers) {
        return new StoreKind.Windows(
                supplier,
                null,
                supplier.retentionPeriod(),
                supplier.windowSize(),
                supplier.retainDuplicates(),
                timestamped,
                false,
                headers);
    }

    public static <K, V> StoreBuilder<SessionStore<K, V>> sessionStoreBuilder(
            SessionBytesStoreSupplier supplier,
            @Nullable Serde<K> keySerde,
            @Nullable Serde<V> valueSerde) {
        return new BuiltInStoreBuilder<>(
                required(supplier).name(),
                new StoreKind.Sessions(supplier, null, supplier.retentionPeriod(), false),
                keySerde,
                valueSerde);
    }

    public static <K, V>
            StoreBuilder<TimestampedKeyValueStoreWithHeaders<K, V>>
                    timestampedKeyValueStoreWithHeadersBuilder(
                            KeyValueBytesStoreSupplier supplier,
                            @Nullable Serde<K> keySerde,
                            @Nullable Serde<V> valueSerde) {
        return new BuiltInStoreBuilder<>(
                required(supplier).name(),
                new StoreKind.KeyValue(supplier, null, true, true),
                keySerde,
                valueSerde);
    }

    public static <K, V>
            StoreBuilder<TimestampedWindowStoreWithHeaders<K, V>>
                    timestampedWindowStoreWithHeadersBuilder(
                            WindowBytesStoreSupplier supplier,
                            @Nullable Serde<K> keySerde,
                            @Nullable Serde<V> valueSerde) {
        return new BuiltInStoreBuilder<>(
                required(supplier).name(), windows(supplier, true, true), keySerde, valueSerde);
    }

    public static <K, V> StoreBuilder<SessionStoreWithHeaders<K, V>> sessionStoreWithHeadersBuilder(
            SessionBytesStoreSupplier supplier,
            @Nullable Serde<K> keySerde,
            @Nullable Serde<V> valueSerde) {
        return new BuiltInStoreBuilder<>(
                required(supplier).name(),
                new StoreKind.Sessions(supplier, null, supplier.retentionPeriod(), false, true),
                keySerde,
                valueSerde);
    }
}
