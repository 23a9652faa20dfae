package dev.millrace.streams.internal.dsl;

import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.internal.task.AggregateNodes;
import dev.millrace.streams.internal.task.Node;
import dev.millrace.streams.kstream.Aggregator;
import dev.millrace.streams.kstream.Grouped;
import dev.millrace.streams.kstream.Initializer;
import dev.millrace.streams.kstream.KGroupedTable;
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

/** A table grouped under a new key: its changes always go through a repartition topic. */
final class GroupedTableImpl<K, V> implements KGroupedTable<K, V> {
    private static final String AGGREGATE = "KTABLE-AGGREGATE-";
    private static final String REDUCE = "KTABLE-REDUCE-";

    private final GraphBuilder builder;
    private final @Nullable String groupName;
    private final @Nullable Serde<K> keySerde;
    private final @Nullable Serde<V> valueSerde;
    private final GraphNode node;
    private @Nullable GraphNode hop;

    GroupedTableImpl(GraphBuilder builder, Grouped<K, V> grouped, GraphNode node) {
        this.builder = builder;
        this.groupName = grouped.name();
        this.keySerde = grouped.keySerde();
        this.valueSerde = grouped.valueSerde();
        this.node = node;
    }

    @Override
    public KTable<K, Long> count(Named named) {
        return count(named, Materialized.with(keySerde, Serdes.Long()));
    }

    @Override
    public KTable<K, Long> count(
            Named named, Materialized<K, Long, KeyValueStore<Bytes, byte[]>> materialized) {
        Objects.requireNonNull(materialized, "materialized can't be null");
        Rows<K, Long> rows = Rows.of(materialized, builder, AGGREGATE, keySerde, Serdes.Long());
        Initializer<Object> zero = () -> 0L;
        Aggregator<Object, Object, Object> add = (key, value, count) -> (Long) count + 1;
        Aggregator<Object, Object, Object> subtract = (key, value, count) -> (Long) count - 1;
        return aggregation(
                named,
                rows,
                AGGREGATE,
                s -> new AggregateNodes.TableAggregate(s, zero, add, subtract));
    }

    @Override
    public KTable<K, V> reduce(
            Reducer<V> adder,
            Reducer<V> subtractor,
            Named named,
            Materialized<K, V, KeyValueStore<Bytes, byte[]>> materialized) {
        Objects.requireNonNull(materialized, "materialized can't be null");
        Reducer<Object> add = Erased.cast(Objects.requireNonNull(adder, "adder"));
        Reducer<Object> subtract = Erased.cast(Objects.requireNonNull(subtractor, "subtractor"));
        Rows<K, V> rows = Rows.of(materialized, builder, AGGREGATE, keySerde, valueSerde);
        return aggregation(
                named, rows, REDUCE, s -> new AggregateNodes.TableReduce(s, add, subtract));
    }

    @Override
    public <VR> KTable<K, VR> aggregate(
            Initializer<VR> initializer,
            Aggregator<? super K, ? super V, VR> adder,
            Aggregator<? super K, ? super V, VR> subtractor,
            Named named) {
        return aggregate(initializer, adder, subtractor, named, Materialized.with(keySerde, null));
    }

    @Override
    public <VR> KTable<K, VR> aggregate(
            Initializer<VR> initializer,
            Aggregator<? super K, ? super V, VR> adder,
            Aggregator<? super K, ? super V, VR> subtractor,
            Named named,
            Materialized<K, VR, KeyValueStore<Bytes, byte[]>> materialized) {
        Objects.requireNonNull(materialized, "materialized can't be null");
        Initializer<Object> first = Erased.cast(Objects.requireNonNull(initializer, "initializer"));
        Aggregator<Object, Object, Object> add =
                Erased.cast(Objects.requireNonNull(adder, "adder"));
        Aggregator<Object, Object, Object> subtract =
                Erased.cast(Objects.requireNonNull(subtractor, "subtractor"));
        Rows<K, VR> rows = Rows.of(materialized, builder, AGGREGATE, keySerde, null);
        return aggregation(
                named,
                rows,
                AGGREGATE,
                s -> new AggregateNodes.TableAggregate(s, first, add, subtract));
    }

    private <VR> KTable<K, VR> aggregation(
            Named named,
            Rows<K, VR> rows,
            String prefix,
            Function<AggregateNodes.Settings, Node> nodeOf) {
        String given = named.name();
        String sink = builder.nameOr(given == null ? null : given + "-sink", GraphBuilder.SINK);
        String source =
                builder.nameOr(given == null ? null : given + "-source", GraphBuilder.SOURCE);
        String name = builder.nameOr(given, prefix);
        String topic =
                (groupName != null ? groupName : Objects.requireNonNull(rows.storeName()))
                        + GraphBuilder.REPARTITION_SUFFIX;
        if (hop == null || groupName == null) {
            hop =
                    new GraphNode(
                            source,
                            (parents, spec) -> {
                                spec.addRepartitionTopic(topic, Optional.empty());
                                GraphBuilder.writeHop(
                                        topic,
                                        sink,
                                        source,
                                        parents,
                                        keySerde,
                                        valueSerde,
                                        null,
                                        true,
                                        spec);
                            });
        }
        builder.add(node, hop);
        TableOperator operator =
                TableOperator.aggregate(
                        rows,
                        s ->
                                nodeOf.apply(
                                        new AggregateNodes.Settings(
                                                Objects.requireNonNull(s.storeName()),
                                                s.sendOldValues())));
        GraphNode added =
                new GraphNode(name, (parents, spec) -> operator.write(name, parents, spec));
        builder.add(hop, added);
        return new TableImpl<>(builder, name, rows.keySerde(), rows.valueSerde(), operator, added);
    }
}
