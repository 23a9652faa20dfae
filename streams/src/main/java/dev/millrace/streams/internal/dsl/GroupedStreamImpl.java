package dev.millrace.streams.internal.dsl;

import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.internal.task.AggregateNodes;
import dev.millrace.streams.internal.task.Node;
import dev.millrace.streams.kstream.Aggregator;
import dev.millrace.streams.kstream.CogroupedKStream;
import dev.millrace.streams.kstream.Grouped;
import dev.millrace.streams.kstream.Initializer;
import dev.millrace.streams.kstream.KGroupedStream;
import dev.millrace.streams.kstream.KTable;
import dev.millrace.streams.kstream.Materialized;
import dev.millrace.streams.kstream.Named;
import dev.millrace.streams.kstream.Reducer;
import dev.millrace.streams.kstream.SessionWindowedKStream;
import dev.millrace.streams.kstream.SessionWindows;
import dev.millrace.streams.kstream.SlidingWindows;
import dev.millrace.streams.kstream.TimeWindowedKStream;
import dev.millrace.streams.kstream.UnlimitedWindows;
import dev.millrace.streams.kstream.Window;
import dev.millrace.streams.kstream.Windows;
import dev.millrace.streams.state.KeyValueStore;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/** A grouped stream; a named grouping has one repartition topic for all its aggregations. */
final class GroupedStreamImpl<K, V> implements KGroupedStream<K, V> {
    private static final String AGGREGATE = "KSTREAM-AGGREGATE-";
    private static final String REDUCE = "KSTREAM-REDUCE-";

    private final GraphBuilder builder;
    private final @Nullable String groupName;
    private final @Nullable Serde<K> keySerde;
    private final @Nullable Serde<V> valueSerde;
    private final boolean repartition;
    private final GraphNode node;
    private GraphBuilder.@Nullable Repartition hop;

    GroupedStreamImpl(
            GraphBuilder builder, Grouped<K, V> grouped, boolean repartition, GraphNode node) {
        this.builder = builder;
        this.groupName = grouped.name();
        this.keySerde = grouped.keySerde();
        this.valueSerde = grouped.valueSerde();
        this.repartition = repartition;
        this.node = node;
    }

    @Override
    public KTable<K, Long> count(Named named) {
        return doCount(named, null);
    }

    @Override
    public KTable<K, Long> count(
            Named named, Materialized<K, Long, KeyValueStore<Bytes, byte[]>> materialized) {
        if (materialized.storeName() == null) {
            builder.newStoreName(
                    AGGREGATE); // Kafka Streams spends a number here; later names depend on it
        }
        return doCount(named, materialized);
    }

    private KTable<K, Long> doCount(Named named, @Nullable Materialized<K, Long, ?> materialized) {
        return aggregation(
                named,
                Rows.of(materialized, builder, AGGREGATE, keySerde, Serdes.Long()),
                AGGREGATE,
                AggregateNodes.Count::new);
    }

    @Override
    public KTable<K, V> reduce(
            Reducer<V> reducer,
            Named named,
            Materialized<K, V, KeyValueStore<Bytes, byte[]>> materialized) {
        Reducer<Object> erased = Erased.cast(Objects.requireNonNull(reducer, "reducer"));
        Objects.requireNonNull(materialized, "materialized can't be null");
        Rows<K, V> rows = Rows.of(materialized, builder, REDUCE, keySerde, valueSerde);
        return aggregation(named, rows, REDUCE, s -> new AggregateNodes.StreamReduce(s, erased));
    }

    @Override
    public <VOut> KTable<K, VOut> aggregate(
            Initializer<VOut> initializer,
            Aggregator<? super K, ? super V, VOut> aggregator,
            Named named,
            Materialized<K, VOut, KeyValueStore<Bytes, byte[]>> materialized) {
        Initializer<Object> first = Erased.cast(Objects.requireNonNull(initializer, "initializer"));
        Aggregator<Object, Object, Object> step =
                Erased.cast(Objects.requireNonNull(aggregator, "aggregator"));
        Objects.requireNonNull(materialized, "materialized can't be null");
        Rows<K, VOut> rows = Rows.of(materialized, builder, AGGREGATE, keySerde, null);
        return aggregation(
                named, rows, AGGREGATE, s -> new AggregateNodes.StreamAggregate(s, first, step));
    }

    private <VOut> KTable<K, VOut> aggregation(
            Named named,
            Rows<K, VOut> rows,
            String prefix,
            Function<AggregateNodes.Settings, Node> nodeOf) {
        TableOperator operator = TableOperator.aggregate(rows, s -> nodeOf.apply(settings(s)));
        return aggregation(named, rows, rows.keySerde(), prefix, operator);
    }

    static AggregateNodes.Settings settings(TableOperator.Settings settings) {
        return new AggregateNodes.Settings(
                Objects.requireNonNull(settings.storeName()), settings.sendOldValues());
    }

    /** Adds an aggregation, behind a repartition topic where keys have changed. */
    <KR, VOut> KTable<KR, VOut> aggregation(
            Named named,
            Rows<K, VOut> rows,
            @Nullable Serde<KR> keySerde,
            String prefix,
            TableOperator operator) {
        String name = builder.nameOr(named.name(), prefix);
        GraphNode parent = partitioned(Objects.requireNonNull(rows.storeName()));
        GraphNode added =
                new GraphNode(name, (parents, spec) -> operator.write(name, parents, spec));
        builder.add(parent, added);
        return new TableImpl<>(builder, name, keySerde, rows.valueSerde(), operator, added);
    }

    /** The stream partitioned by its keys, through a topic if need be. */
    GraphNode partitioned(String storeName) {
        if (!repartition) {
            return node;
        }
        GraphBuilder.Repartition fresh =
                builder.repartition(
                        groupName != null ? groupName : storeName,
                        keySerde,
                        valueSerde,
                        null,
                        Optional.empty());
        if (hop == null || groupName == null) {
            hop = fresh;
            builder.add(node, fresh.node());
        }
        return hop.node();
    }

    GraphBuilder builder() {
        return builder;
    }

    @Nullable Serde<K> keySerde() {
        return keySerde;
    }

    @Nullable Serde<V> valueSerde() {
        return valueSerde;
    }

    @Override
    public <W extends Window> TimeWindowedKStream<K, V> windowedBy(Windows<W> windows) {
        Objects.requireNonNull(windows, "windows can't be null");
        return new TimeWindowedImpl<>(
                this, new Aggregations.Fixed(windows), windows instanceof UnlimitedWindows);
    }

    @Override
    public TimeWindowedKStream<K, V> windowedBy(SlidingWindows windows) {
        Objects.requireNonNull(windows, "windows can't be null");
        return new TimeWindowedImpl<>(this, new Aggregations.Sliding(windows), false);
    }

    @Override
    public SessionWindowedKStream<K, V> windowedBy(SessionWindows windows) {
        return new SessionWindowedImpl<>(
                this, Objects.requireNonNull(windows, "windows can't be null"));
    }

    @Override
    public <VOut> CogroupedKStream<K, VOut> cogroup(
            Aggregator<? super K, ? super V, VOut> aggregator) {
        return new CogroupedImpl<K, VOut>(builder).cogroup(this, aggregator);
    }
}
