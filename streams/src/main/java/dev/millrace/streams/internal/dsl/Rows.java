package dev.millrace.streams.internal.dsl;

import dev.millrace.streams.internal.topology.StoreKind;
import dev.millrace.streams.internal.topology.StoreSpec;
import dev.millrace.streams.kstream.Materialized;
import dev.millrace.streams.state.KeyValueBytesStoreSupplier;
import dev.millrace.streams.state.VersionedBytesStoreSupplier;
import java.util.Map;
import org.apache.kafka.common.serialization.Serde;
import org.jspecify.annotations.Nullable;

/**
 * What an operator knows about the store of its rows.
 *
 * @param storeName null when there is neither a given nor a generated one
 * @param queryable the program named the store
 */
record Rows<K, V>(
        @Nullable String storeName,
        boolean queryable,
        @Nullable Serde<K> keySerde,
        @Nullable Serde<V> valueSerde,
        @Nullable Materialized<?, ?, ?> materialized) {

    /**
     * The store's name is generated when the program gives none; serdes fall back to the
     * operator's.
     */
    static <K, V> Rows<K, V> of(
            @Nullable Materialized<K, V, ?> materialized,
            GraphBuilder builder,
            String storePrefix,
            @Nullable Serde<K> keySerde,
            @Nullable Serde<V> valueSerde) {
        Rows<K, V> given = given(materialized, keySerde, valueSerde);
        return given.storeName != null
                ? given
                : new Rows<>(
                        builder.newStoreName(storePrefix),
                        false,
                        given.keySerde,
                        given.valueSerde,
                        materialized);
    }

    /** Without a given name there is no store. */
    static <K, V> Rows<K, V> given(
            @Nullable Materialized<K, V, ?> materialized,
            @Nullable Serde<K> keySerde,
            @Nullable Serde<V> valueSerde) {
        if (materialized == null) {
            return new Rows<>(null, false, keySerde, valueSerde, null);
        }
        Serde<K> givenKey = materialized.keySerde();
        Serde<V> givenValue = materialized.valueSerde();
        return new Rows<>(
                materialized.storeName(),
                materialized.storeName() != null,
                givenKey != null ? givenKey : keySerde,
                givenValue != null ? givenValue : valueSerde,
                materialized);
    }

    StoreSpec store() {
        if (storeName == null) {
            throw new IllegalStateException("There is no store");
        }
        return store(storeName, kind());
    }

    StoreSpec store(String name, StoreKind kind) {
        return materialized == null
                ? new StoreSpec(name, kind, keySerde, valueSerde, true, true, Map.of())
                : new StoreSpec(
                        name,
                        kind,
                        keySerde,
                        valueSerde,
                        materialized.loggingEnabled(),
                        materialized.cachingEnabled() && !(kind instanceof StoreKind.Versioned),
                        materialized.topicConfig());
    }

    private StoreKind kind() {
        if (materialized == null) {
            return new StoreKind.KeyValue(null, null, true);
        }
        if (materialized.storeSupplier() instanceof VersionedBytesStoreSupplier versioned) {
            return new StoreKind.Versioned(versioned, versioned.historyRetentionMs());
        }
        return new StoreKind.KeyValue(
                (KeyValueBytesStoreSupplier) materialized.storeSupplier(),
                materialized.dslStoreSuppliers(),
                true);
    }

    boolean versioned() {
        return materialized != null
                && materialized.storeSupplier() instanceof VersionedBytesStoreSupplier;
    }
}
