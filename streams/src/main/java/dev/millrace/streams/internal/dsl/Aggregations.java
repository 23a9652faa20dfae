package dev.millrace.streams.internal.dsl;

import dev.millrace.streams.internal.task.AggregateNodes;
import dev.millrace.streams.internal.task.Node;
import dev.millrace.streams.internal.task.SlidingNode;
import dev.millrace.streams.internal.task.WindowNodes;
import dev.millrace.streams.internal.topology.StoreKind;
import dev.millrace.streams.internal.topology.StoreSpec;
import dev.millrace.streams.kstream.Aggregator;
import dev.millrace.streams.kstream.Initializer;
import dev.millrace.streams.kstream.Materialized;
import dev.millrace.streams.kstream.Merger;
import dev.millrace.streams.kstream.SessionWindows;
import dev.millrace.streams.kstream.SlidingWindows;
import dev.millrace.streams.kstream.Window;
import dev.millrace.streams.kstream.Windowed;
import dev.millrace.streams.kstream.WindowedSerdes;
import dev.millrace.streams.kstream.Windows;
import dev.millrace.streams.state.DslStoreSuppliers;
import dev.millrace.streams.state.SessionBytesStoreSupplier;
import dev.millrace.streams.state.WindowBytesStoreSupplier;
import java.time.Duration;
import java.util.function.Function;
import org.apache.kafka.common.serialization.Serde;
import org.jspecify.annotations.Nullable;

/** Kinds of windows and what they mean for an aggregation: its store, its serde, its node. */
sealed interface Aggregations {
    /**
     * @param emitsFinal one result per window
     * @throws IllegalArgumentException when the rows are kept for less than a window and its grace
     */
    <K> Plan<K> plan(
            Rows<K, ?> rows,
            boolean emitsFinal,
            Initializer<Object> initializer,
            Aggregator<Object, Object, Object> aggregator);

    /** What is to be added to the graph. */
    record Plan<K>(
            StoreSpec store,
            long graceMs,
            @Nullable Serde<Windowed<K>> keySerde,
            Function<AggregateNodes.Settings, Node> node) {}

    private static long retentionMs(Rows<?, ?> rows, long neededMs, String what) {
        Materialized<?, ?, ?> materialized = rows.materialized();
        Duration given = materialized == null ? null : materialized.retention();
        long retentionMs = given == null ? neededMs : given.toMillis();
        if (neededMs > retentionMs) {
            throw new IllegalArgumentException(
                    "The retention period of the "
                            + what
                            + " store "
                            + rows.storeName()
                            + " must be no smaller than its window size plus the grace period. Needed=["
                            + neededMs
                            + "], retention=["
                            + retentionMs
                            + "]");
        }
        return retentionMs;
    }

    private static @Nullable DslStoreSuppliers suppliers(Rows<?, ?> rows) {
        Materialized<?, ?, ?> materialized = rows.materialized();
        return materialized == null ? null : materialized.dslStoreSuppliers();
    }

    private static StoreSpec windowStore(
            Rows<?, ?> rows, long neededMs, long sizeMs, boolean emitsFinal) {
        Materialized<?, ?, ?> materialized = rows.materialized();
        WindowBytesStoreSupplier supplier =
                materialized == null
                        ? null
                        : (WindowBytesStoreSupplier) materialized.storeSupplier();
        long retentionMs =
                supplier != null
                        ? supplier.retentionPeriod()
                        : retentionMs(rows, neededMs, "window");
        return rows.store(
                String.valueOf(rows.storeName()),
                new StoreKind.Windows(
                        supplier, suppliers(rows), retentionMs, sizeMs, false, true, emitsFinal));
    }

    private static <K> @Nullable Serde<Windowed<K>> timeSerde(Rows<K, ?> rows, long sizeMs) {
        Serde<K> keySerde = rows.keySerde();
        return keySerde == null ? null : new WindowedSerdes.TimeWindowedSerde<>(keySerde, sizeMs);
    }

    /** Fixed windows. */
    record Fixed(Windows<? extends Window> windows) implements Aggregations {
        @Override
        public <K> Plan<K> plan(
                Rows<K, ?> rows,
                boolean emitsFinal,
                Initializer<Object> initializer,
                Aggregator<Object, Object, Object> aggregator) {
            long graceMs = windows.gracePeriodMs();
            long sum = windows.size() + graceMs;
            return new Plan<>(
                    windowStore(rows, sum < 0 ? Long.MAX_VALUE : sum, windows.size(), emitsFinal),
                    graceMs,
                    timeSerde(rows, windows.size()),
                    settings ->
                            new WindowNodes.OfTime(
                                    new WindowNodes.Settings(
                                            settings, emitsFinal, graceMs, initializer, aggregator),
                                    windows));
        }
    }

    /** Sliding windows. */
    record Sliding(SlidingWindows windows) implements Aggregations {
        @Override
        public <K> Plan<K> plan(
                Rows<K, ?> rows,
                boolean emitsFinal,
                Initializer<Object> initializer,
                Aggregator<Object, Object, Object> aggregator) {
            long graceMs = windows.gracePeriodMs();
            long differenceMs = windows.timeDifferenceMs();
            return new Plan<>(
                    windowStore(rows, 2 * differenceMs + graceMs, differenceMs, emitsFinal),
                    graceMs,
                    timeSerde(rows, differenceMs),
                    settings ->
                            new SlidingNode(
                                    new WindowNodes.Settings(
                                            settings, emitsFinal, graceMs, initializer, aggregator),
                                    windows));
        }
    }

    /** Sessions. */
    record Sessions(SessionWindows windows, Merger<Object, Object> merger) implements Aggregations {
        @Override
        public <K> Plan<K> plan(
                Rows<K, ?> rows,
                boolean emitsFinal,
                Initializer<Object> initializer,
                Aggregator<Object, Object, Object> aggregator) {
            Materialized<?, ?, ?> materialized = rows.materialized();
            SessionBytesStoreSupplier supplier =
                    materialized == null
                            ? null
                            : (SessionBytesStoreSupplier) materialized.storeSupplier();
            long neededMs = windows.inactivityGap() + windows.gracePeriodMs();
            long retentionMs =
                    supplier != null
                            ? supplier.retentionPeriod()
                            : retentionMs(rows, neededMs, "session");
            Serde<K> keySerde = rows.keySerde();
            return new Plan<>(
                    rows.store(
                            String.valueOf(rows.storeName()),
                            new StoreKind.Sessions(
                                    supplier, suppliers(rows), retentionMs, emitsFinal)),
                    neededMs,
                    keySerde == null ? null : new WindowedSerdes.SessionWindowedSerde<>(keySerde),
                    settings ->
                            new WindowNodes.OfSessions(
                                    new WindowNodes.Settings(
                                            settings,
                                            emitsFinal,
                                            windows.gracePeriodMs(),
                                            initializer,
                                            aggregator),
                                    windows,
                                    merger));
        }
    }
}
