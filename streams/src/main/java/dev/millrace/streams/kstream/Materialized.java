package dev.millrace.streams.kstream;

import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.state.BuiltInDslStoreSuppliers;
import dev.millrace.streams.state.DslKeyValueParams;
import dev.millrace.streams.state.DslSessionParams;
import dev.millrace.streams.state.DslStoreSuppliers;
import dev.millrace.streams.state.DslWindowParams;
import dev.millrace.streams.state.KeyValueBytesStoreSupplier;
import dev.millrace.streams.state.KeyValueStore;
import dev.millrace.streams.state.SessionBytesStoreSupplier;
import dev.millrace.streams.state.SessionStore;
import dev.millrace.streams.state.StoreSupplier;
import dev.millrace.streams.state.WindowBytesStoreSupplier;
import dev.millrace.streams.state.WindowStore;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * How the rows of a table are kept: store name (which makes it queryable and names its changelog
 * topic), kind of store, serdes, changelog on (default) or off, combining cache on (default) or
 * off. The {@code with} methods change the object, as Kafka Streams' do.
 */
public class Materialized<K, V, S extends StateStore> {
    /** A built-in kind of store. */
    public enum StoreType implements DslStoreSuppliers {
        ROCKS_DB(BuiltInDslStoreSuppliers.ROCKS_DB),
        IN_MEMORY(BuiltInDslStoreSuppliers.IN_MEMORY);

        @SuppressWarnings("ImmutableEnumChecker") // both have no state
        private final DslStoreSuppliers suppliers;

        StoreType(DslStoreSuppliers suppliers) {
            this.suppliers = suppliers;
        }

        @Override
        public KeyValueBytesStoreSupplier keyValueStore(DslKeyValueParams params) {
            return suppliers.keyValueStore(params);
        }

        @Override
        public WindowBytesStoreSupplier windowStore(DslWindowParams params) {
            return suppliers.windowStore(params);
        }

        @Override
        public SessionBytesStoreSupplier sessionStore(DslSessionParams params) {
            return suppliers.sessionStore(params);
        }
    }

    protected @Nullable StoreSupplier<S> storeSupplier;
    protected @Nullable String storeName;
    protected @Nullable Serde<V> valueSerde;
    protected @Nullable Serde<K> keySerde;
    protected boolean loggingEnabled = true;
    protected boolean cachingEnabled = true;
    protected Map<String, String> topicConfig = Map.of();
    protected @Nullable Duration retention;
    protected @Nullable DslStoreSuppliers dslStoreSuppliers;

    private Materialized(
            @Nullable String storeName,
            @Nullable StoreSupplier<S> storeSupplier,
            @Nullable Serde<K> keySerde,
            @Nullable Serde<V> valueSerde) {
        this.storeName = storeName;
        this.storeSupplier = storeSupplier;
        this.keySerde = keySerde;
        this.valueSerde = valueSerde;
    }

    protected Materialized(Materialized<K, V, S> other) {
        this(other.storeName, other.storeSupplier, other.keySerde, other.valueSerde);
        loggingEnabled = other.loggingEnabled;
        cachingEnabled = other.cachingEnabled;
        topicConfig = other.topicConfig;
        retention = other.retention;
        dslStoreSuppliers = other.dslStoreSuppliers;
    }

    public static <K, V, S extends StateStore> Materialized<K, V, S> as(
            DslStoreSuppliers storeSuppliers) {
        Objects.requireNonNull(storeSuppliers, "store type can't be null");
        Materialized<K, V, S> materialized = new Materialized<>(null, null, null, null);
        materialized.dslStoreSuppliers = storeSuppliers;
        return materialized;
    }

    public static <K, V, S extends StateStore> Materialized<K, V, S> as(String storeName) {
        return new Materialized<>(Named.validate(storeName), null, null, null);
    }

    public static <K, V> Materialized<K, V, WindowStore<Bytes, byte[]>> as(
            WindowBytesStoreSupplier supplier) {
        Objects.requireNonNull(supplier, "supplier can't be null");
        return new Materialized<>(Named.validate(supplier.name()), supplier, null, null);
    }

    public static <K, V> Materialized<K, V, SessionStore<Bytes, byte[]>> as(
            SessionBytesStoreSupplier supplier) {
        Objects.requireNonNull(supplier, "supplier can't be null");
        return new Materialized<>(Named.validate(supplier.name()), supplier, null, null);
    }

    public static <K, V> Materialized<K, V, KeyValueStore<Bytes, byte[]>> as(
            KeyValueBytesStoreSupplier supplier) {
        Objects.requireNonNull(supplier, "supplier can't be null");
        return new Materialized<>(Named.validate(supplier.name()), supplier, null, null);
    }

    public static <K, V, S extends StateStore> Materialized<K, V, S> with(
            @Nullable Serde<K> keySerde, @Nullable Serde<V> valueSerde) {
        return new Materialized<>(null, null, keySerde, valueSerde);
    }

    public Materialized<K, V, S> withKeySerde(@Nullable Serde<K> keySerde) {
        this.keySerde = keySerde;
        return this;
    }

    public Materialized<K, V, S> withValueSerde(@Nullable Serde<V> valueSerde) {
        this.valueSerde = valueSerde;
        return this;
    }

    /**
     * @param config of the changelog topic, beside its cleanup policy
     */
    public Materialized<K, V, S> withLoggingEnabled(Map<String, String> config) {
        loggingEnabled = true;
        topicConfig = Map.copyOf(config);
        return this;
    }

    /**
     * No changelog: the rows are lost with the machine, those of an in-memory store with the
     * process.
     */
    public Materialized<K, V, S> withLoggingDisabled() {
        loggingEnabled = false;
        topicConfig = Map.of();
        return this;
    }

    public Materialized<K, V, S> withCachingEnabled() {
        cachingEnabled = true;
        return this;
    }

    /** One change per input record, whatever statestore.cache.max.bytes says. */
    public Materialized<K, V, S> withCachingDisabled() {
        cachingEnabled = false;
        return this;
    }

    /** Of windows and sessions: at least their size (gap) and grace. */
    public Materialized<K, V, S> withRetention(Duration retention) {
        Durations.notNegative(Durations.millis(retention, "retention"), "Retention");
        this.retention = retention;
        return this;
    }

    /** Not together with a supplier of the store itself. */
    public Materialized<K, V, S> withStoreType(DslStoreSuppliers storeSuppliers) {
        Objects.requireNonNull(storeSuppliers, "store type can't be null");
        if (storeSupplier != null) {
            throw new IllegalArgumentException(
                    "Cannot set store type when store supplier is pre-configured.");
        }
        dslStoreSuppliers = storeSuppliers;
        return this;
    }

    public @Nullable String storeName() {
        return storeName;
    }

    public @Nullable StoreSupplier<S> storeSupplier() {
        return storeSupplier;
    }

    public @Nullable DslStoreSuppliers dslStoreSuppliers() {
        return dslStoreSuppliers;
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

    public @Nullable Duration retention() {
        return retention;
    }
}
