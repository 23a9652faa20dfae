package dev.millrace.streams.internal.dsl;

import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.internal.task.AggregateNodes;
import dev.millrace.streams.internal.task.Node;
import dev.millrace.streams.kstream.Aggregator;
import dev.millrace.streams.kstream.Grouped;
import dev.millrace.streams.kstream.Initializer;
import dev.millrace.streams.kstream.KGroupedStream;
import dev.millrace.streams.kstream.KTable;
import dev.millrace.streams.kstream.Materialized;
import dev.millrace.streams.kstream.Named;
import dev.millrace.streams.kstream.Reducer;
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
    public KTable<K, V> reduce(Reducer<V> reducer, Named named) {
        return reduce(reducer, named, Materialized.with(keySerde, valueSerde));
    }

    @Override
    public KTable<K, V> reduce(
            Reducer<V> reducer,
            Named named,
            Materialized<K, V, KeyValueStore<Bytes, byte[]>> materialized) {
        Reducer<Object> erased = Erased.cast(Objects.requireNonNull(reducer, "reducer"));
        Rows<K, V> rows = Rows.of(materialized, builder, REDUCE, keySerde, valueSerde);
        return aggregation(named, rows, REDUCE, s -> new AggregateNodes.StreamReduce(s, erased));
    }

    @Override
    public <VOut> KTable<K, VOut> aggregate(
            Initializer<VOut> initializer,
            Aggregator<? super K, ? super V, VOut> aggregator,
            Named named) {
        return aggregate(initializer, aggregator, named, Materialized.with(keySerde, null));
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
        Rows<K, VOut> rows = Rows.of(materialized, builder, AGGREGATE, keySerde, null);
        return aggregation(
                named, rows, AGGREGATE, s -> new AggregateNodes.StreamAggregate(s, first, step));
    }

    private <VOut> KTable<K, VOut> aggregation(
            Named named,
            Rows<K, VOut> rows,
            String prefix,
            Function<AggregateNodes.Settings, Node> nodeOf) {
        String name = builder.nameOr(named.name(), prefix);
        TableOperator operator =
                TableOperator.aggregate(
                        rows,
                        s ->
                                nodeOf.apply(
                                        new AggregateNodes.Settings(
                                                Objects.requireNonNull(s.storeName()),
                                                s.sendOldValues())));
        GraphNode parent = node;
        if (repartition) {
            String prefixOfTopic =
                    groupName != null ? groupName : Objects.requireNonNull(rows.storeName());
            GraphBuilder.Repartition fresh =
                    builder.repartition(
                            prefixOfTopic, keySerde, valueSerde, null, Optional.empty());
            if (hop == null || groupName == null) {
                hop = fresh;
            }
            parent = hop.node();
            builder.add(node, parent);
        }
        GraphNode added =
                new GraphNode(name, (parents, spec) -> operator.write(name, parents, spec));
        builder.add(parent, added);
        return new TableImpl<>(builder, name, rows.keySerde(), rows.valueSerde(), operator, added);
    }
}
