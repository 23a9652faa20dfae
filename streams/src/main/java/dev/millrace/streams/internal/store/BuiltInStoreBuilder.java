package dev.millrace.streams.internal.store;

import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.internal.topology.StoreKind;
import dev.millrace.streams.internal.topology.StoreSpec;
import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.state.BuiltInDslStoreSuppliers;
import dev.millrace.streams.state.StoreBuilder;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Serde;
import org.jspecify.annotations.Nullable;

/**
 * Builder of the kinds of stores that {@code Stores} has. Caching is off unless switched on,
 * logging on unless switched off.
 */
public final class BuiltInStoreBuilder<T extends StateStore> implements StoreBuilder<T> {
    private final String name;
    private final StoreKind kind;
    private final @Nullable Serde<?> keySerde;
    private final @Nullable Serde<?> valueSerde;
    private boolean cached;
    private boolean logged = true;
    private Map<String, String> logConfig = Map.of();

    public BuiltInStoreBuilder(
            String name,
            StoreKind kind,
            @Nullable Serde<?> keySerde,
            @Nullable Serde<?> valueSerde) {
        this.name = name;
        this.kind = kind;
        this.keySerde = keySerde;
        this.valueSerde = valueSerde;
    }

    /** The store that a builder describes. */
    public static StoreSpec specOf(StoreBuilder<?> builder) {
        return builder instanceof BuiltInStoreBuilder<?> known
                ? known.spec()
                : new StoreSpec(
                        builder.name(),
                        new StoreKind.Custom(builder),
                        null,
                        null,
                        builder.loggingEnabled(),
                        false,
                        builder.loggingEnabled() ? builder.logConfig() : Map.of());
    }

    private StoreSpec spec() {
        return new StoreSpec(name, kind, keySerde, valueSerde, logged, cached, logConfig);
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

    /** For tests of processors: without cache and changelog. */
    @Override
    public T build() {
        Supplier<Serde<?>> required =
                () -> {
                    throw new IllegalStateException(
                            "A store outside a topology needs serdes of its own");
                };
        TaskStore store =
                new StoreFactory(spec(), BuiltInDslStoreSuppliers.ROCKS_DB, false)
                        .make(name, required, required, null, null, new NoRecord());
        return Erased.cast(store.view(() -> 0));
    }

    private static final class NoRecord implements RowStore.HeadersOfRecord {
        @Override
        public Headers headers() {
            return new RecordHeaders();
        }

        @Override
        public void headers(Headers headers) {}
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
        return name;
    }
}
