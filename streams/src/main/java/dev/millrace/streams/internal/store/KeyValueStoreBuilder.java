package dev.millrace.streams.internal.store;

import dev.millrace.streams.errors.TopologyException;
import dev.millrace.streams.internal.topology.StoreSpec;
import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.state.KeyValueBytesStoreSupplier;
import dev.millrace.streams.state.StoreBuilder;
import java.util.Map;
import org.apache.kafka.common.serialization.Serde;
import org.jspecify.annotations.Nullable;

/**
 * The only kind of builder there is. Caching is off unless switched on, logging on unless switched
 * off.
 */
public final class KeyValueStoreBuilder<T extends StateStore> implements StoreBuilder<T> {
    private final KeyValueBytesStoreSupplier supplier;
    private final @Nullable Serde<?> keySerde;
    private final @Nullable Serde<?> valueSerde;
    private final boolean timestamped;
    private boolean cached;
    private boolean logged = true;
    private Map<String, String> logConfig = Map.of();

    public KeyValueStoreBuilder(
            KeyValueBytesStoreSupplier supplier,
            @Nullable Serde<?> keySerde,
            @Nullable Serde<?> valueSerde,
            boolean timestamped) {
        this.supplier = supplier;
        this.keySerde = keySerde;
        this.valueSerde = valueSerde;
        this.timestamped = timestamped;
    }

    /** The store that a builder of {@code Stores} describes. */
    public static StoreSpec specOf(StoreBuilder<?> builder) {
        if (builder instanceof KeyValueStoreBuilder<?> known) {
            return new StoreSpec(
                    known.name(),
                    known.supplier,
                    known.keySerde,
                    known.valueSerde,
                    known.timestamped,
                    known.logged,
                    known.cached,
                    known.logConfig);
        }
        throw new TopologyException(
                "A store builder must come from Stores, not be a " + builder.getClass().getName());
    }

    @Override
    public StoreBuilder<T> withCachingEnabled() {
        cached = true;
        return this;
    }

    @Override
    public StoreBuilder<T> withCachingDisabled() {
        cached = false;
        return this;
    }

    @Override
    public StoreBuilder<T> withLoggingEnabled(Map<String, String> config) {
        logged = true;
        logConfig = Map.copyOf(config);
        return this;
    }

    @Override
    public StoreBuilder<T> withLoggingDisabled() {
        logged = false;
        logConfig = Map.of();
        return this;
    }

    @Override
    public Map<String, String> logConfig() {
        return logConfig;
    }

    @Override
    public boolean loggingEnabled() {
        return logged;
    }

    @Override
    public String name() {
        return supplier.name();
    }
}
