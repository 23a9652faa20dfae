package dev.millrace.streams.internal.store;

import dev.millrace.streams.DslStoreFormat;
import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.internal.topology.StoreKind;
import dev.millrace.streams.internal.topology.StoreSpec;
import dev.millrace.streams.kstream.EmitStrategy;
import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.state.DslKeyValueParams;
import dev.millrace.streams.state.DslSessionParams;
import dev.millrace.streams.state.DslStoreSuppliers;
import dev.millrace.streams.state.DslWindowParams;
import dev.millrace.streams.state.HeadersBytesStoreSupplier;
import dev.millrace.streams.state.KeyValueBytesStoreSupplier;
import dev.millrace.streams.state.KeyValueStore;
import dev.millrace.streams.state.SessionBytesStoreSupplier;
import dev.millrace.streams.state.SessionStore;
import dev.millrace.streams.state.StoreSupplier;
import dev.millrace.streams.state.WindowBytesStoreSupplier;
import dev.millrace.streams.state.WindowStore;
import java.time.Duration;
import java.util.function.Supplier;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/** Makes the stores that a topology describes; they are not open yet. */
public final class StoreFactory {
    private final StoreSpec spec;
    private final DslStoreSuppliers defaults;
    private final boolean headersByDefault;

    /**
     * @param defaults the kind of store that the configuration names
     * @param headersByDefault whether the stores of operators keep headers
     */
    public StoreFactory(StoreSpec spec, DslStoreSuppliers defaults, boolean headersByDefault) {
        this.spec = spec;
        this.defaults = defaults;
        this.headersByDefault = headersByDefault;
    }

    private boolean keepsHeaders(boolean asked, @Nullable StoreSupplier<?> supplier) {
        return asked
                || (supplier == null
                        ? headersByDefault
                        : supplier instanceof HeadersBytesStoreSupplier);
    }

    private static RowStore rows(RowStore rows, boolean headers) {
        return headers ? rows.keepingHeaders() : rows;
    }

    private static DslStoreFormat format(boolean timestamped, boolean headers) {
        if (headers) {
            return DslStoreFormat.HEADERS;
        }
        return timestamped ? DslStoreFormat.TIMESTAMPED : DslStoreFormat.PLAIN;
    }

    /**
     * @param topic for the serdes
     * @param keys fallback of the serde of keys
     * @param values fallback of the serde of values
     * @param changelog null: the store writes none
     * @param budget null: nothing is held back
     */
    public TaskStore make(
            String topic,
            Supplier<Serde<?>> keys,
            Supplier<Serde<?>> values,
            RowStore.@Nullable Changelog changelog,
            @Nullable CacheBudget budget,
            RowStore.HeadersOfRecord context) {
        String name = spec.name();
        if (spec.kind() instanceof StoreKind.Custom custom) {
            return new CustomStore(custom.builder().build());
        }
        Serde<?> givenKeys = spec.keySerde();
        Serde<?> givenValues = spec.valueSerde();
        Serde<?> keySerde = resolved(givenKeys, keys, keys, values);
        Serde<?> valueSerde = resolved(givenValues, values, keys, values);
        CacheBudget cache = isCached() ? budget : null;
        if (spec.kind() instanceof StoreKind.KeyValue kind) {
            return rows(
                    new RowStore(
                            name,
                            topic,
                            keyValue(kind),
                            keySerde,
                            valueSerde,
                            kind.timestamped(),
                            changelog,
                            cache,
                            context),
                    keepsHeaders(kind));
        }
        if (spec.kind() instanceof StoreKind.Versioned kind) {
            return new VersionedRows(
                    name,
                    topic,
                    (LocalStore) kind.supplier().get(),
                    kind.historyRetentionMs(),
                    keySerde,
                    valueSerde,
                    changelog);
        }
        if (spec.kind() instanceof StoreKind.Windows kind) {
            RowStore rows =
                    rows(
                            new RowStore(
                                    name,
                                    topic,
                                    windows(kind),
                                    TimedKeys.WINDOWS.serde(
                                            Erased.cast(keySerde),
                                            kind.windowSizeMs(),
                                            kind.retainDuplicates()),
                                    valueSerde,
                                    kind.timestamped(),
                                    changelog,
                                    kind.retainDuplicates() ? null : cache,
                                    context),
                            keepsHeaders(kind));
            return kind.retainDuplicates() ? rows.retainingDuplicates() : rows;
        }
        StoreKind.Sessions kind = (StoreKind.Sessions) spec.kind();
        return rows(
                new RowStore(
                        name,
                        topic,
                        sessions(kind),
                        TimedKeys.SESSIONS.serde(Erased.cast(keySerde), 0, false),
                        valueSerde,
                        false,
                        changelog,
                        cache,
                        context),
                keepsHeaders(kind.headers(), kind.supplier()));
    }

    /** Stores without timestamps are operators' own bookkeeping: nobody asks for their headers. */
    private boolean keepsHeaders(StoreKind.KeyValue kind) {
        return kind.timestamped() && keepsHeaders(kind.headers(), kind.supplier());
    }

    private boolean keepsHeaders(StoreKind.Windows kind) {
        return kind.timestamped() && keepsHeaders(kind.headers(), kind.supplier());
    }

    private static Serde<?> resolved(
            @Nullable Serde<?> given,
            Supplier<Serde<?>> fallback,
            Supplier<Serde<?>> keys,
            Supplier<Serde<?>> values) {
        return given instanceof LateSerde late
                ? late.resolve(keys, values)
                : given != null ? given : fallback.get();
    }

    private KeyValueStore<Bytes, byte[]> keyValue(StoreKind.KeyValue kind) {
        KeyValueBytesStoreSupplier supplier = kind.supplier();
        if (supplier == null) {
            supplier =
                    suppliers(kind.suppliers())
                            .keyValueStore(
                                    new DslKeyValueParams(
                                            spec.name(),
                                            format(kind.timestamped(), keepsHeaders(kind))));
        }
        return supplier.get();
    }

    private TimedStore windows(StoreKind.Windows kind) {
        WindowBytesStoreSupplier supplier = kind.supplier();
        if (supplier == null) {
            supplier =
                    suppliers(kind.suppliers())
                            .windowStore(
                                    new DslWindowParams(
                                            spec.name(),
                                            Duration.ofMillis(kind.retentionMs()),
                                            Duration.ofMillis(kind.windowSizeMs()),
                                            kind.retainDuplicates(),
                                            EmitStrategy.onWindowUpdate(),
                                            false,
                                            format(kind.timestamped(), keepsHeaders(kind))));
        }
        WindowStore<Bytes, byte[]> made = supplier.get();
        Object unwrapped = made;
        return unwrapped instanceof WindowView<?> ours
                ? readable(ours.timed(), kind.emitsFinal())
                : new ForeignTimedStore.OfWindows(made);
    }

    /** Final results of sessions are sent once, and never from a cache, as in Kafka Streams. */
    private boolean isCached() {
        return spec.cached()
                && !(spec.kind() instanceof StoreKind.Sessions sessions && sessions.emitsFinal());
    }

    /** With a cache rows are found that are only about to expire, as in Kafka Streams. */
    private TimedStore readable(TimedStore store, boolean emitsFinal) {
        if (store instanceof SegmentedStore segmented) {
            segmented.readableFor(isCached() ? Long.MAX_VALUE : emitsFinal ? 1 : 0);
        }
        return store;
    }

    private TimedStore sessions(StoreKind.Sessions kind) {
        SessionBytesStoreSupplier supplier = kind.supplier();
        if (supplier == null) {
            supplier =
                    suppliers(kind.suppliers())
                            .sessionStore(
                                    new DslSessionParams(
                                            spec.name(),
                                            Duration.ofMillis(kind.retentionMs()),
                                            EmitStrategy.onWindowUpdate(),
                                            format(
                                                    false,
                                                    keepsHeaders(
                                                            kind.headers(), kind.supplier()))));
        }
        SessionStore<Bytes, byte[]> made = supplier.get();
        Object unwrapped = made;
        return unwrapped instanceof SessionView<?> ours
                ? readable(ours.timed(), kind.emitsFinal())
                : new ForeignTimedStore.OfSessions(made);
    }

    private DslStoreSuppliers suppliers(@Nullable DslStoreSuppliers given) {
        return given != null ? given : defaults;
    }

    /** Whether the store will outlive the process on the local disk. */
    public boolean persistent() {
        StateStore made;
        if (spec.kind() instanceof StoreKind.KeyValue kind) {
            made = keyValue(kind);
        } else if (spec.kind() instanceof StoreKind.Windows kind) {
            made = windows(kind);
        } else if (spec.kind() instanceof StoreKind.Sessions kind) {
            made = sessions(kind);
        } else if (spec.kind() instanceof StoreKind.Versioned kind) {
            made = kind.supplier().get();
        } else {
            made = ((StoreKind.Custom) spec.kind()).builder().build();
        }
        return made.persistent();
    }
}
