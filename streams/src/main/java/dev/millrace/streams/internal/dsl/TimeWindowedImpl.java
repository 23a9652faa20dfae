package dev.millrace.streams.internal.dsl;

import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.kstream.Aggregator;
import dev.millrace.streams.kstream.EmitStrategy;
import dev.millrace.streams.kstream.Initializer;
import dev.millrace.streams.kstream.KTable;
import dev.millrace.streams.kstream.Materialized;
import dev.millrace.streams.kstream.Named;
import dev.millrace.streams.kstream.Reducer;
import dev.millrace.streams.kstream.TimeWindowedKStream;
import dev.millrace.streams.kstream.Windowed;
import dev.millrace.streams.state.WindowStore;
import java.util.Objects;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/** A stream grouped by key and fixed or sliding windows. */
final class TimeWindowedImpl<K, V> implements TimeWindowedKStream<K, V> {
    private static final String AGGREGATE = "KSTREAM-AGGREGATE-";
    private static final String REDUCE = "KSTREAM-REDUCE-";

    private final GroupedStreamImpl<K, V> grouped;
    private final Aggregations windows;
    private final boolean unlimited;
    private boolean emitsFinal;

    TimeWindowedImpl(GroupedStreamImpl<K, V> grouped, Aggregations windows, boolean unlimited) {
        this.grouped = grouped;
        this.windows = windows;
        this.unlimited = unlimited;
    }

    @Override
    public KTable<Windowed<K>, Long> count(Named named) {
        return doCount(named, Materialized.with(grouped.keySerde(), Serdes.Long()));
    }

    @Override
    public KTable<Windowed<K>, Long> count(
            Named named, Materialized<K, Long, WindowStore<Bytes, byte[]>> materialized) {
        Objects.requireNonNull(materialized, "materialized can't be null");
        if (materialized.storeName() == null) {
            // Kafka Streams spends a number here; later names depend on it
            grouped.builder().newStoreName(AGGREGATE);
        }
        return doCount(named, materialized);
    }

    private KTable<Windowed<K>, Long> doCount(
            Named named, Materialized<K, Long, WindowStore<Bytes, byte[]>> materialized) {
        Rows<K, Long> rows =
                Rows.of(
                        materialized,
                        grouped.builder(),
                        AGGREGATE,
                        grouped.keySerde(),
                        Serdes.Long());
        return aggregation(
                named, rows, AGGREGATE, windows, () -> 0L, (key, value, count) -> (Long) count + 1);
    }

    @Override
    public KTable<Windowed<K>, V> reduce(Reducer<V> reducer, Named named) {
        return reduce(reducer, named, Materialized.with(grouped.keySerde(), grouped.valueSerde()));
    }

    @Override
    public KTable<Windowed<K>, V> reduce(
            Reducer<V> reducer,
            Named named,
            Materialized<K, V, WindowStore<Bytes, byte[]>> materialized) {
        Reducer<Object> erased =
                Erased.cast(Objects.requireNonNull(reducer, "reducer can't be null"));
        Objects.requireNonNull(named, "named can't be null");
        Objects.requireNonNull(materialized, "materialized can't be null");
        Rows<K, V> rows =
                Rows.of(
                        materialized,
                        grouped.builder(),
                        REDUCE,
                        grouped.keySerde(),
                        grouped.valueSerde());
        Aggregator<Object, Object, Object> step = reducing(erased);
        return aggregation(named, rows, REDUCE, windows, () -> null, step);
    }

    private static Aggregator<Object, Object, Object> reducing(Reducer<Object> reducer) {
        return (key, value, aggregate) -> {
            @Nullable Object before = aggregate;
            return before == null ? value : reducer.apply(before, value);
        };
    }

    @Override
    public <VOut> KTable<Windowed<K>, VOut> aggregate(
            Initializer<VOut> initializer,
            Aggregator<? super K, ? super V, VOut> aggregator,
            Named named) {
        return aggregate(
                initializer, aggregator, named, Materialized.with(grouped.keySerde(), null));
    }

    @Override
    public <VOut> KTable<Windowed<K>, VOut> aggregate(
            Initializer<VOut> initializer,
            Aggregator<? super K, ? super V, VOut> aggregator,
            Named named,
            Materialized<K, VOut, WindowStore<Bytes, byte[]>> materialized) {
        Initializer<Object> first =
                Erased.cast(Objects.requireNonNull(initializer, "initializer can't be null"));
        Aggregator<Object, Object, Object> step =
                Erased.cast(Objects.requireNonNull(aggregator, "aggregator can't be null"));
        Objects.requireNonNull(named, "named can't be null");
        Objects.requireNonNull(materialized, "materialized can't be null");
        Rows<K, VOut> rows =
                Rows.of(materialized, grouped.builder(), AGGREGATE, grouped.keySerde(), null);
        return aggregation(named, rows, AGGREGATE, windows, first, step);
    }

    private <VOut> KTable<Windowed<K>, VOut> aggregation(
            Named named,
            Rows<K, VOut> rows,
            String prefix,
            Aggregations kind,
            Initializer<Object> initializer,
            Aggregator<Object, Object, Object> aggregator) {
        Aggregations.Plan<K> plan = kind.plan(rows, emitsFinal, initializer, aggregator);
        TableOperator operator =
                TableOperator.windowed(
                        rows,
                        plan.store(),
                        plan.graceMs(),
                        s -> plan.node().apply(GroupedStreamImpl.settings(s)));
        return grouped.aggregation(named, rows, plan.keySerde(), prefix, operator);
    }

    @Override
    public TimeWindowedKStream<K, V> emitStrategy(EmitStrategy emitStrategy) {
        emitsFinal = emitStrategy.type() == EmitStrategy.StrategyType.ON_WINDOW_CLOSE;
        if (unlimited && emitsFinal) {
            throw new IllegalArgumentException(
                    "ON_WINDOW_CLOSE emit strategy cannot be used for UnlimitedWindows");
        }
        return this;
    }
}
