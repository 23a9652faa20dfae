package dev.millrace.streams.kstream;

import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.state.KeyValueBytesStoreSupplier;
import dev.millrace.streams.state.KeyValueStore;
import java.util.Map;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * How the rows of a table are kept: store name (which makes it queryable and names its changelog
 * topic), kind of store, serdes, changelog on (default) or off, combining cache on (default) or
 * off. Immutable.
 */
public class Materialized<K, V, S extends StateStore> {
    private final @Nullable String storeName;
    private final @Nullable KeyValueBytesStoreSupplier storeSupplier;
    private final @Nullable Serde<K> keySerde;
    private final @Nullable Serde<V> valueSerde;
    private final boolean loggingEnabled;
    private final boolean cachingEnabled;
    private final Map<String, String> topicConfig;

    private Materialized(
            @Nullable String storeName,
            @Nullable KeyValueBytesStoreSupplier storeSupplier,
            @Nullable Serde<K> keySerde,
            @Nullable Serde<V> valueSerde,
            boolean loggingEnabled,
            boolean cachingEnabled,
            Map<String, String> topicConfig) {
        this.storeName = storeName;
        this.storeSupplier = storeSupplier;
        this.keySerde = keySerde;
        this.valueSerde = valueSerde;
        this.loggingEnabled = loggingEnabled;
        this.cachingEnabled = cachingEnabled;
        this.topicConfig = topicConfig;
    }

    public static <K, V, S extends StateStore> Materialized<K, V, S> as(String storeName) {
        return new Materialized<>(
                Named.validate(storeName), null, null, null, true, true, Map.of());
    }

    public static <K, V> Materialized<K, V, KeyValueStore<Bytes, byte[]>> as(
            KeyValueBytesStoreSupplier supplier) {
        return new Materialized<>(
                Named.validate(supplier.name()), supplier, null, null, true, true, Map.of());
    }

    public static <K, V, S extends StateStore> Materialized<K, V, S> with(
            @Nullable Serde<K> keySerde, @Nullable Serde<V> valueSerde) {
        return new Materialized<>(null, null, keySerde, valueSerde, true, true, Map.of());
    }

    public Materialized<K, V, S> withKeySerde(@Nullable Serde<K> keySerde) {
        return new Materialized<>(
                storeName,
                storeSupplier,
                keySerde,
                valueSerde,
                loggingEnabled,
                cachingEnabled,
                topicConfig);
    }

    public Materialized<K, V, S> withValueSerde(@Nullable Serde<V> valueSerde) {
        return new Materialized<>(
                storeName,
                storeSupplier,
                keySerde,
                valueSerde,
                loggingEnabled,
                cachingEnabled,
                topicConfig);
    }

    /**
     * @param config of the changelog topic, beside cleanup.policy=compact
     */
    public Materialized<K, V, S> withLoggingEnabled(Map<String, String> config) {
        return new Materialized<>(
                storeName,
                storeSupplier,
                keySerde,
                valueSerde,
                true,
                cachingEnabled,
                Map.copyOf(config));
    }

    /**
     * No changelog: the rows are lost with the machine, those of an in-memory store with the
     * process.
     */
    public Materialized<K, V, S> withLoggingDisabled() {
        return new Materialized<>(
                storeName, storeSupplier, keySerde, valueSerde, false, cachingEnabled, Map.of());
    }

    public Materialized<K, V, S> withCachingEnabled() {
        return new Materialized<>(
                storeName, storeSupplier, keySerde, valueSerde, loggingEnabled, true, topicConfig);
    }

    /** One change per input record, whatever statestore.cache.max.bytes says. */
    public Materialized<K, V, S> withCachingDisabled() {
        return new Materialized<>(
                storeName, storeSupplier, keySerde, valueSerde, loggingEnabled, false, topicConfig);
    }

    public @Nullable String storeName() {
        return storeName;
    }

    public @Nullable KeyValueBytesStoreSupplier storeSupplier() {
        return storeSupplier;
    }

    public @Nullable Serde<K> keySerde() {
        return keySerde;
    }

    public @Nullable Serde<V> valueSerde() {
        return valueSerde;
    }

    public boolean loggingEnabled() {
        return loggingEnabled;
    }

    public boolean cachingEnabled() {
        return cachingEnabled;
    }

    public Map<String, String> topicConfig() {
        return topicConfig;
    }
}
