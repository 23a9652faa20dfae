package dev.millrace.streams.internal.dsl;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.internal.store.KeyValueStoreBuilder;
import dev.millrace.streams.internal.task.Node;
import dev.millrace.streams.internal.task.ProcessorNode;
import dev.millrace.streams.internal.task.StreamNodes;
import dev.millrace.streams.internal.topology.NodeSpec;
import dev.millrace.streams.kstream.ForeachAction;
import dev.millrace.streams.kstream.Grouped;
import dev.millrace.streams.kstream.KGroupedStream;
import dev.millrace.streams.kstream.KStream;
import dev.millrace.streams.kstream.KTable;
import dev.millrace.streams.kstream.KeyValueMapper;
import dev.millrace.streams.kstream.Materialized;
import dev.millrace.streams.kstream.Named;
import dev.millrace.streams.kstream.Predicate;
import dev.millrace.streams.kstream.Printed;
import dev.millrace.streams.kstream.Produced;
import dev.millrace.streams.kstream.Repartitioned;
import dev.millrace.streams.kstream.ValueMapper;
import dev.millrace.streams.kstream.ValueMapperWithKey;
import dev.millrace.streams.processor.TopicNameExtractor;
import dev.millrace.streams.processor.api.ProcessorSupplier;
import dev.millrace.streams.state.KeyValueStore;
import dev.millrace.streams.state.StoreBuilder;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/** A stream in the graph; {@code keyChanged}: grouping it takes a repartition topic. */
final class StreamImpl<K, V> implements KStream<K, V> {
    private final GraphBuilder builder;
    private final String name;
    private final @Nullable Serde<K> keySerde;
    private final @Nullable Serde<V> valueSerde;
    private final boolean keyChanged;
    private final GraphNode node;

    StreamImpl(
            GraphBuilder builder,
            String name,
            @Nullable Serde<K> keySerde,
            @Nullable Serde<V> valueSerde,
            boolean keyChanged,
            GraphNode node) {
        this.builder = builder;
        this.name = name;
        this.keySerde = keySerde;
        this.valueSerde = valueSerde;
        this.keyChanged = keyChanged;
        this.node = node;
    }

    private <K1, V1> StreamImpl<K1, V1> then(
            String name,
            Supplier<Node> supplier,
            @Nullable Serde<K1> keySerde,
            @Nullable Serde<V1> valueSerde,
            boolean keyChanged) {
        GraphNode added = builder.addProcessor(node, name, supplier);
        return new StreamImpl<>(builder, name, keySerde, valueSerde, keyChanged, added);
    }

    @Override
    public KStream<K, V> filter(Predicate<? super K, ? super V> predicate, Named named) {
        Predicate<Object, Object> erased =
                Erased.cast(Objects.requireNonNull(predicate, "predicate"));
        String name = builder.nameOr(named.name(), GraphBuilder.FILTER);
        return then(
                name, () -> new StreamNodes.Filter(erased, true), keySerde, valueSerde, keyChanged);
    }

    @Override
    public KStream<K, V> filterNot(Predicate<? super K, ? super V> predicate, Named named) {
        Predicate<Object, Object> erased =
                Erased.cast(Objects.requireNonNull(predicate, "predicate"));
        String name = builder.nameOr(named.name(), GraphBuilder.FILTER);
        return then(
                name,
                () -> new StreamNodes.Filter(erased, false),
                keySerde,
                valueSerde,
                keyChanged);
    }

    @Override
    public <KOut> KStream<KOut, V> selectKey(
            KeyValueMapper<? super K, ? super V, ? extends KOut> mapper, Named named) {
        return selectKey(mapper, named.name());
    }

    private <KOut> StreamImpl<KOut, V> selectKey(
            KeyValueMapper<? super K, ? super V, ? extends KOut> mapper, @Nullable String given) {
        KeyValueMapper<Object, Object, Object> erased =
                Erased.cast(Objects.requireNonNull(mapper, "mapper"));
        String name = builder.nameOr(given, "KSTREAM-KEY-SELECT-");
        return then(name, () -> new StreamNodes.SelectKey(erased), null, valueSerde, true);
    }

    @Override
    public <VOut> KStream<K, VOut> mapValues(
            ValueMapper<? super V, ? extends VOut> mapper, Named named) {
        Objects.requireNonNull(mapper, "mapper");
        return mapValues((key, value) -> mapper.apply(value), named);
    }

    @Override
    public <VOut> KStream<K, VOut> mapValues(
            ValueMapperWithKey<? super K, ? super V, ? extends VOut> mapper, Named named) {
        ValueMapperWithKey<Object, Object, Object> erased =
                Erased.cast(Objects.requireNonNull(mapper, "mapper"));
        String name = builder.nameOr(named.name(), "KSTREAM-MAPVALUES-");
        return then(name, () -> new StreamNodes.MapValues(erased), keySerde, null, keyChanged);
    }

    @Override
    public <KOut, VOut> KStream<KOut, VOut> map(
            KeyValueMapper<? super K, ? super V, ? extends KeyValue<? extends KOut, ? extends VOut>>
                    mapper,
            Named named) {
        KeyValueMapper<Object, Object, KeyValue<?, ?>> erased =
                Erased.cast(Objects.requireNonNull(mapper, "mapper"));
        String name = builder.nameOr(named.name(), "KSTREAM-MAP-");
        return then(name, () -> new StreamNodes.Map(erased), null, null, true);
    }

    @Override
    public <KOut, VOut> KStream<KOut, VOut> flatMap(
            KeyValueMapper<
                            ? super K,
                            ? super V,
                            ? extends Iterable<? extends KeyValue<? extends KOut, ? extends VOut>>>
                    mapper,
            Named named) {
        KeyValueMapper<Object, Object, Iterable<KeyValue<?, ?>>> erased =
                Erased.cast(Objects.requireNonNull(mapper, "mapper"));
        String name = builder.nameOr(named.name(), "KSTREAM-FLATMAP-");
        return then(name, () -> new StreamNodes.FlatMap(erased), null, null, true);
    }

    @Override
    public <VOut> KStream<K, VOut> flatMapValues(
            ValueMapper<? super V, ? extends Iterable<? extends VOut>> mapper, Named named) {
        Objects.requireNonNull(mapper, "mapper");
        return flatMapValues((key, value) -> mapper.apply(value), named);
    }

    @Override
    public <VOut> KStream<K, VOut> flatMapValues(
            ValueMapperWithKey<? super K, ? super V, ? extends Iterable<? extends VOut>> mapper,
            Named named) {
        ValueMapperWithKey<Object, Object, Iterable<?>> erased =
                Erased.cast(Objects.requireNonNull(mapper, "mapper"));
        String name = builder.nameOr(named.name(), "KSTREAM-FLATMAPVALUES-");
        return then(name, () -> new StreamNodes.FlatMapValues(erased), keySerde, null, keyChanged);
    }

    @Override
    public void print(Printed<K, V> printed) {
        String name = builder.nameOr(printed.name(), "KSTREAM-PRINTER-");
        String label = printed.label() != null ? printed.label() : this.name;
        Printed<Object, Object> erased = Erased.cast(printed);
        builder.addProcessor(node, name, () -> new StreamNodes.Print(erased, label));
    }

    @Override
    public void foreach(ForeachAction<? super K, ? super V> action, Named named) {
        ForeachAction<Object, Object> erased =
                Erased.cast(Objects.requireNonNull(action, "action"));
        String name = builder.nameOr(named.name(), "KSTREAM-FOREACH-");
        builder.addProcessor(node, name, () -> new StreamNodes.Peek(erased));
    }

    @Override
    public KStream<K, V> peek(ForeachAction<? super K, ? super V> action, Named named) {
        ForeachAction<Object, Object> erased =
                Erased.cast(Objects.requireNonNull(action, "action"));
        String name = builder.nameOr(named.name(), "KSTREAM-PEEK-");
        return then(name, () -> new StreamNodes.Peek(erased), keySerde, valueSerde, keyChanged);
    }

    @Override
    public KStream<K, V> merge(KStream<K, V> stream, Named named) {
        StreamImpl<K, V> other = (StreamImpl<K, V>) Objects.requireNonNull(stream, "stream");
        String name = builder.nameOr(named.name(), "KSTREAM-MERGE-");
        GraphNode merged = builder.addProcessor(node, name, StreamNodes.PassThrough::new);
        builder.add(other.node, merged);
        return new StreamImpl<>(builder, name, null, null, keyChanged || other.keyChanged, merged);
    }

    @Override
    public KStream<K, V> repartition() {
        return repartition(Repartitioned.with(null, null));
    }

    @Override
    public KStream<K, V> repartition(Repartitioned<K, V> repartitioned) {
        String given = repartitioned.name();
        String prefix = given != null ? given : builder.newName("KSTREAM-REPARTITION-");
        Serde<K> keys = repartitioned.keySerde() != null ? repartitioned.keySerde() : keySerde;
        Serde<V> values =
                repartitioned.valueSerde() != null ? repartitioned.valueSerde() : valueSerde;
        GraphBuilder.Repartition hop =
                builder.repartition(
                        prefix,
                        keys,
                        values,
                        Erased.castNullable(repartitioned.partitioner()),
                        Optional.ofNullable(repartitioned.numberOfPartitions()));
        builder.add(node, hop.node());
        return new StreamImpl<>(builder, hop.sourceName(), keys, values, false, hop.node());
    }

    @Override
    public void to(String topic) {
        to(topic, Produced.with(null, null));
    }

    @Override
    public void to(String topic, Produced<K, V> produced) {
        addSink(Objects.requireNonNull(topic, "topic"), null, produced);
    }

    @Override
    public void to(TopicNameExtractor<K, V> topicExtractor) {
        to(topicExtractor, Produced.with(null, null));
    }

    @Override
    public void to(TopicNameExtractor<K, V> topicExtractor, Produced<K, V> produced) {
        addSink(null, Objects.requireNonNull(topicExtractor, "topicExtractor"), produced);
    }

    private void addSink(
            @Nullable String topic,
            @Nullable TopicNameExtractor<K, V> extractor,
            Produced<K, V> produced) {
        String name = builder.nameOr(produced.name(), GraphBuilder.SINK);
        Serde<K> keys = produced.keySerde() != null ? produced.keySerde() : keySerde;
        Serde<V> values = produced.valueSerde() != null ? produced.valueSerde() : valueSerde;
        builder.add(
                node,
                new GraphNode(
                        name,
                        (parents, spec) ->
                                spec.add(
                                        new NodeSpec.Sink(
                                                name,
                                                parents,
                                                topic,
                                                Erased.castNullable(extractor),
                                                keys == null ? null : keys.serializer(),
                                                values == null ? null : values.serializer(),
                                                Erased.castNullable(produced.partitioner()),
                                                false))));
    }

    @Override
    public KTable<K, V> toTable(Named named) {
        return toTable(named, Materialized.with(keySerde, valueSerde));
    }

    @Override
    public KTable<K, V> toTable(
            Named named, Materialized<K, V, KeyValueStore<Bytes, byte[]>> materialized) {
        String name = builder.nameOr(named.name(), "KSTREAM-TOTABLE-");
        Rows<K, V> rows = Rows.of(materialized, builder, "KSTREAM-TOTABLE-", keySerde, valueSerde);
        GraphNode parent = node;
        if (keyChanged) {
            parent =
                    builder.repartition(
                                    name,
                                    rows.keySerde(),
                                    rows.valueSerde(),
                                    null,
                                    Optional.empty())
                            .node();
            builder.add(node, parent);
        }
        TableOperator operator = TableOperator.source(rows);
        GraphNode table =
                new GraphNode(name, (parents, spec) -> operator.write(name, parents, spec));
        builder.add(parent, table);
        return new TableImpl<>(builder, name, rows.keySerde(), rows.valueSerde(), operator, table);
    }

    @Override
    public KGroupedStream<K, V> groupByKey() {
        return groupByKey(Grouped.with(keySerde, valueSerde));
    }

    @Override
    public KGroupedStream<K, V> groupByKey(Grouped<K, V> grouped) {
        return new GroupedStreamImpl<>(builder, grouped, keyChanged, node);
    }

    @Override
    public <KOut> KGroupedStream<KOut, V> groupBy(
            KeyValueMapper<? super K, ? super V, KOut> mapper) {
        return groupBy(mapper, Grouped.with(null, valueSerde));
    }

    @Override
    public <KOut> KGroupedStream<KOut, V> groupBy(
            KeyValueMapper<? super K, ? super V, KOut> mapper, Grouped<KOut, V> grouped) {
        StreamImpl<KOut, V> selected = selectKey(mapper, grouped.name());
        return new GroupedStreamImpl<>(builder, grouped, true, selected.node);
    }

    @Override
    public <KOut, VOut> KStream<KOut, VOut> process(
            ProcessorSupplier<? super K, ? super V, ? extends KOut, ? extends VOut>
                    processorSupplier,
            Named named,
            String... stateStoreNames) {
        Objects.requireNonNull(processorSupplier, "processorSupplier");
        String given = named.name();
        String name = given != null ? given : builder.newName("KSTREAM-PROCESSOR-");
        ProcessorSupplier<Object, Object, Object, Object> erased = Erased.cast(processorSupplier);
        List<String> stores = List.of(stateStoreNames);
        GraphNode added =
                new GraphNode(
                        name,
                        (parents, spec) -> {
                            GraphBuilder.writeProcessor(
                                    name, parents, () -> new ProcessorNode(name, erased), spec);
                            for (StoreBuilder<?> store : erased.stores()) {
                                spec.addStore(KeyValueStoreBuilder.specOf(store), List.of(name));
                            }
                            stores.forEach(store -> spec.connect(name, store));
                        });
        builder.add(node, added);
        return new StreamImpl<>(builder, name, null, null, true, added);
    }
}
