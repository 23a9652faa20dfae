package dev.millrace.streams.internal.dsl;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.internal.rx.Outlet;
import dev.millrace.streams.internal.task.BranchNode;
import dev.millrace.streams.internal.task.FixedKeyProcessorNode;
import dev.millrace.streams.internal.task.LookupJoinNode;
import dev.millrace.streams.internal.task.Node;
import dev.millrace.streams.internal.task.StreamNodes;
import dev.millrace.streams.internal.task.ValueGetter;
import dev.millrace.streams.internal.topology.NodeSpec;
import dev.millrace.streams.internal.topology.StoreSpec;
import dev.millrace.streams.kstream.Branched;
import dev.millrace.streams.kstream.BranchedKStream;
import dev.millrace.streams.kstream.ForeachAction;
import dev.millrace.streams.kstream.GlobalKTable;
import dev.millrace.streams.kstream.Grouped;
import dev.millrace.streams.kstream.JoinWindows;
import dev.millrace.streams.kstream.Joined;
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
import dev.millrace.streams.kstream.StreamJoined;
import dev.millrace.streams.kstream.ValueJoiner;
import dev.millrace.streams.kstream.ValueJoinerWithKey;
import dev.millrace.streams.kstream.ValueMapper;
import dev.millrace.streams.kstream.ValueMapperWithKey;
import dev.millrace.streams.processor.TopicNameExtractor;
import dev.millrace.streams.processor.api.FixedKeyProcessorSupplier;
import dev.millrace.streams.processor.api.ProcessorSupplier;
import dev.millrace.streams.processor.api.Record;
import dev.millrace.streams.state.KeyValueStore;
import io.reactivex.rxjava3.core.Flowable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
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
    private GraphBuilder.@Nullable Repartition hop; // of joins

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

    private static @Nullable String named(Named named) {
        return Objects.requireNonNull(named, "named cannot be null").name();
    }

    /** A processor belongs to one task. */
    private static void requireNew(Supplier<?> supplier) {
        Object first = supplier.get();
        if (first != null && first == supplier.get()) {
            throw new IllegalArgumentException(
                    supplier.getClass().getName()
                            + "#get() must return a new object each time it is called.");
        }
    }

    private static void requireStoreNames(String... names) {
        Objects.requireNonNull(names, "stateStoreNames cannot be a null array");
        for (String name : names) {
            Objects.requireNonNull(name, "state store name cannot be null");
        }
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
                Erased.cast(Objects.requireNonNull(predicate, "predicate cannot be null"));
        String name = builder.nameOr(named(named), GraphBuilder.FILTER);
        return then(
                name, () -> new StreamNodes.Filter(erased, true), keySerde, valueSerde, keyChanged);
    }

    @Override
    public KStream<K, V> filterNot(Predicate<? super K, ? super V> predicate, Named named) {
        Predicate<Object, Object> erased =
                Erased.cast(Objects.requireNonNull(predicate, "predicate cannot be null"));
        String name = builder.nameOr(named(named), GraphBuilder.FILTER);
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
        return selectKey(mapper, named(named));
    }

    private <KOut> StreamImpl<KOut, V> selectKey(
            KeyValueMapper<? super K, ? super V, ? extends KOut> mapper, @Nullable String given) {
        KeyValueMapper<Object, Object, Object> erased =
                Erased.cast(Objects.requireNonNull(mapper, "mapper cannot be null"));
        String name = builder.nameOr(given, "KSTREAM-KEY-SELECT-");
        StreamImpl<KOut, V> mapped =
                then(name, () -> new StreamNodes.SelectKey(erased), null, valueSerde, true);
        mapped.node.changesKey();
        return mapped;
    }

    @Override
    public <VOut> KStream<K, VOut> mapValues(
            ValueMapper<? super V, ? extends VOut> mapper, Named named) {
        Objects.requireNonNull(mapper, "mapper cannot be null");
        return mapValues((key, value) -> mapper.apply(value), named);
    }

    @Override
    public <VOut> KStream<K, VOut> mapValues(
            ValueMapperWithKey<? super K, ? super V, ? extends VOut> mapper, Named named) {
        ValueMapperWithKey<Object, Object, Object> erased =
                Erased.cast(Objects.requireNonNull(mapper, "mapper cannot be null"));
        String name = builder.nameOr(named(named), "KSTREAM-MAPVALUES-");
        StreamImpl<K, VOut> mapped =
                then(name, () -> new StreamNodes.MapValues(erased), keySerde, null, keyChanged);
        mapped.node.changesValue();
        return mapped;
    }

    @Override
    public <KOut, VOut> KStream<KOut, VOut> map(
            KeyValueMapper<? super K, ? super V, ? extends KeyValue<? extends KOut, ? extends VOut>>
                    mapper,
            Named named) {
        KeyValueMapper<Object, Object, KeyValue<?, ?>> erased =
                Erased.cast(Objects.requireNonNull(mapper, "mapper cannot be null"));
        String name = builder.nameOr(named(named), "KSTREAM-MAP-");
        StreamImpl<KOut, VOut> mapped =
                then(name, () -> new StreamNodes.Map(erased), null, null, true);
        mapped.node.changesKey();
        return mapped;
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
                Erased.cast(Objects.requireNonNull(mapper, "mapper cannot be null"));
        String name = builder.nameOr(named(named), "KSTREAM-FLATMAP-");
        StreamImpl<KOut, VOut> mapped =
                then(name, () -> new StreamNodes.FlatMap(erased), null, null, true);
        mapped.node.changesKey();
        return mapped;
    }

    @Override
    public <VOut> KStream<K, VOut> flatMapValues(
            ValueMapper<? super V, ? extends Iterable<? extends VOut>> mapper, Named named) {
        Objects.requireNonNull(mapper, "mapper cannot be null");
        return flatMapValues((key, value) -> mapper.apply(value), named);
    }

    @Override
    public <VOut> KStream<K, VOut> flatMapValues(
            ValueMapperWithKey<? super K, ? super V, ? extends Iterable<? extends VOut>> mapper,
            Named named) {
        ValueMapperWithKey<Object, Object, Iterable<?>> erased =
                Erased.cast(Objects.requireNonNull(mapper, "mapper cannot be null"));
        String name = builder.nameOr(named(named), "KSTREAM-FLATMAPVALUES-");
        StreamImpl<K, VOut> mapped =
                then(name, () -> new StreamNodes.FlatMapValues(erased), keySerde, null, keyChanged);
        mapped.node.changesValue();
        return mapped;
    }

    @Override
    public void print(Printed<K, V> printed) {
        Objects.requireNonNull(printed, "printed cannot be null");
        String name = builder.nameOr(printed.name(), "KSTREAM-PRINTER-");
        String label = printed.label() != null ? printed.label() : this.name;
        Printed<Object, Object> erased = Erased.cast(printed);
        builder.addProcessor(node, name, () -> new StreamNodes.Print(erased, label));
    }

    @Override
    public void foreach(ForeachAction<? super K, ? super V> action, Named named) {
        ForeachAction<Object, Object> erased =
                Erased.cast(Objects.requireNonNull(action, "action cannot be null"));
        String name = builder.nameOr(named(named), "KSTREAM-FOREACH-");
        builder.addProcessor(node, name, () -> new StreamNodes.Peek(erased));
    }

    @Override
    public Flowable<Record<K, V>> toFlowable(Named named) {
        String name = builder.nameOr(named(named), "KSTREAM-FLOWABLE-");
        Outlet outlet = new Outlet();
        builder.addOutlet(node, name, outlet);
        return Erased.cast(outlet.records());
    }

    @Override
    public KStream<K, V> peek(ForeachAction<? super K, ? super V> action, Named named) {
        ForeachAction<Object, Object> erased =
                Erased.cast(Objects.requireNonNull(action, "action cannot be null"));
        String name = builder.nameOr(named(named), "KSTREAM-PEEK-");
        return then(name, () -> new StreamNodes.Peek(erased), keySerde, valueSerde, keyChanged);
    }

    @Override
    public KStream<K, V> merge(KStream<K, V> stream, Named named) {
        StreamImpl<K, V> other =
                (StreamImpl<K, V>) Objects.requireNonNull(stream, "otherStream cannot be null");
        String name = builder.nameOr(named(named), "KSTREAM-MERGE-");
        GraphNode merged = builder.addProcessor(node, name, StreamNodes.PassThrough::new);
        builder.add(other.node, merged);
        merged.merges = true;
        return new StreamImpl<>(builder, name, null, null, keyChanged || other.keyChanged, merged);
    }

    @Override
    public KStream<K, V> repartition() {
        return repartition(Repartitioned.with(null, null));
    }

    @Override
    public KStream<K, V> repartition(Repartitioned<K, V> repartitioned) {
        Objects.requireNonNull(repartitioned, "repartitioned cannot be null");
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
        hop.node().unmergeable();
        builder.add(node, hop.node());
        return new StreamImpl<>(builder, hop.sourceName(), keys, values, false, hop.node());
    }

    @Override
    public void to(String topic) {
        to(topic, Produced.with(null, null));
    }

    @Override
    public void to(String topic, Produced<K, V> produced) {
        Objects.requireNonNull(topic, "topic cannot be null");
        Objects.requireNonNull(produced, "produced cannot be null");
        addSink(topic, null, produced);
    }

    @Override
    public void to(TopicNameExtractor<K, V> topicExtractor) {
        to(topicExtractor, Produced.with(null, null));
    }

    @Override
    public void to(TopicNameExtractor<K, V> topicExtractor, Produced<K, V> produced) {
        Objects.requireNonNull(topicExtractor, "topicExtractor cannot be null");
        Objects.requireNonNull(produced, "produced cannot be null");
        addSink(null, topicExtractor, produced);
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
        Objects.requireNonNull(named, "named cannot be null");
        Objects.requireNonNull(materialized, "materialized cannot be null");
        String name = builder.nameOr(named(named), "KSTREAM-TOTABLE-");
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
        Objects.requireNonNull(grouped, "grouped cannot be null");
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
        Objects.requireNonNull(mapper, "keySelector cannot be null");
        Objects.requireNonNull(grouped, "grouped cannot be null");
        StreamImpl<KOut, V> selected = selectKey(mapper, grouped.name());
        return new GroupedStreamImpl<>(builder, grouped, true, selected.node);
    }

    @Override
    public <KOut, VOut> KStream<KOut, VOut> process(
            ProcessorSupplier<? super K, ? super V, ? extends KOut, ? extends VOut>
                    processorSupplier,
            Named named,
            String... stateStoreNames) {
        ProcessorSupplier<Object, Object, Object, Object> erased =
                Erased.cast(
                        Objects.requireNonNull(
                                processorSupplier, "processorSupplier cannot be null"));
        requireNew(processorSupplier);
        requireStoreNames(stateStoreNames);
        String given = named(named);
        String name = given != null ? given : builder.newName("KSTREAM-PROCESSOR-");
        GraphNode added = builder.addProcessor(node, name, erased, false, List.of(stateStoreNames));
        if (builder.knowsWhatProcessorsChange()) {
            added.changesKey().changesValue();
        }
        return new StreamImpl<>(builder, name, null, null, true, added);
    }

    @Override
    public <VOut> KStream<K, VOut> processValues(
            FixedKeyProcessorSupplier<? super K, ? super V, ? extends VOut> processorSupplier,
            Named named,
            String... stateStoreNames) {
        FixedKeyProcessorSupplier<Object, Object, Object> erased =
                Erased.cast(
                        Objects.requireNonNull(
                                processorSupplier, "processorSupplier cannot be null"));
        requireNew(processorSupplier);
        requireStoreNames(stateStoreNames);
        String given = named(named);
        String name = given != null ? given : builder.newName("KSTREAM-PROCESSVALUES-");
        GraphNode added =
                builder.addProcessor(
                        node,
                        name,
                        FixedKeyProcessorNode.of(name, builder.topology().wrapped(name, erased)),
                        true,
                        List.of(stateStoreNames));
        if (builder.knowsWhatProcessorsChange()) {
            added.changesValue();
        }
        return new StreamImpl<>(builder, name, keySerde, null, keyChanged, added);
    }

    @Override
    public BranchedKStream<K, V> split(Named named) {
        return new BranchedImpl(builder.nameOr(named(named), "KSTREAM-BRANCH-"));
    }

    private final class BranchedImpl implements BranchedKStream<K, V> {
        private final String splitterName;
        private final List<Predicate<Object, Object>> predicates = new ArrayList<>();
        private final Map<String, KStream<K, V>> branches = new HashMap<>();
        private final GraphNode splitter;

        BranchedImpl(String splitterName) {
            this.splitterName = splitterName;
            splitter =
                    builder.addProcessor(
                            node, splitterName, () -> new BranchNode(List.copyOf(predicates)));
        }

        @Override
        public BranchedKStream<K, V> branch(Predicate<? super K, ? super V> predicate) {
            return branch(predicate, new Unnamed<>());
        }

        @Override
        public BranchedKStream<K, V> branch(
                Predicate<? super K, ? super V> predicate, Branched<K, V> branched) {
            predicates.add(
                    Erased.cast(Objects.requireNonNull(predicate, "predicate cannot be null")));
            add(branched, predicates.size());
            return this;
        }

        @Override
        public Map<String, KStream<K, V>> defaultBranch() {
            return defaultBranch(new Unnamed<>());
        }

        @Override
        public Map<String, KStream<K, V>> defaultBranch(Branched<K, V> branched) {
            add(branched, 0);
            return branches;
        }

        @Override
        public Map<String, KStream<K, V>> noDefaultBranch() {
            return branches;
        }

        private void add(Branched<K, V> branched, int number) {
            String suffix = branched.name() != null ? branched.name() : String.valueOf(number);
            String name = splitterName + suffix;
            builder.newName(name); // Kafka Streams spends a number here
            GraphNode child = builder.addProcessor(splitter, name, StreamNodes.PassThrough::new);
            KStream<K, V> branch =
                    new StreamImpl<>(builder, name, keySerde, valueSerde, keyChanged, child);
            Function<? super KStream<K, V>, ? extends KStream<K, V>> function =
                    branched.chainFunction();
            Consumer<? super KStream<K, V>> consumer = branched.chainConsumer();
            if (function != null) {
                @Nullable KStream<K, V> transformed = function.apply(branch);
                if (transformed != null) {
                    branches.put(name, transformed);
                }
            } else if (consumer != null) {
                consumer.accept(branch);
            } else {
                branches.put(name, branch);
            }
        }
    }

    /** A branch of which the program says nothing. */
    private static final class Unnamed<K, V> extends Branched<K, V> {
        Unnamed() {
            super(null, null, null);
        }
    }

    @Override
    public <VRight, VOut> KStream<K, VOut> join(
            KStream<K, VRight> rightStream,
            ValueJoiner<? super V, ? super VRight, ? extends VOut> joiner,
            JoinWindows windows,
            StreamJoined<K, V, VRight> streamJoined) {
        return join(rightStream, withKey(joiner), windows, streamJoined, false, false);
    }

    @Override
    public <VRight, VOut> KStream<K, VOut> join(
            KStream<K, VRight> rightStream,
            ValueJoinerWithKey<? super K, ? super V, ? super VRight, ? extends VOut> joiner,
            JoinWindows windows,
            StreamJoined<K, V, VRight> streamJoined) {
        return join(rightStream, joiner, windows, streamJoined, false, false);
    }

    @Override
    public <VRight, VOut> KStream<K, VOut> leftJoin(
            KStream<K, VRight> rightStream,
            ValueJoiner<? super V, ? super VRight, ? extends VOut> joiner,
            JoinWindows windows,
            StreamJoined<K, V, VRight> streamJoined) {
        return join(rightStream, withKey(joiner), windows, streamJoined, true, false);
    }

    @Override
    public <VRight, VOut> KStream<K, VOut> leftJoin(
            KStream<K, VRight> rightStream,
            ValueJoinerWithKey<? super K, ? super V, ? super VRight, ? extends VOut> joiner,
            JoinWindows windows,
            StreamJoined<K, V, VRight> streamJoined) {
        return join(rightStream, joiner, windows, streamJoined, true, false);
    }

    @Override
    public <VRight, VOut> KStream<K, VOut> outerJoin(
            KStream<K, VRight> rightStream,
            ValueJoiner<? super V, ? super VRight, ? extends VOut> joiner,
            JoinWindows windows,
            StreamJoined<K, V, VRight> streamJoined) {
        return join(rightStream, withKey(joiner), windows, streamJoined, true, true);
    }

    @Override
    public <VRight, VOut> KStream<K, VOut> outerJoin(
            KStream<K, VRight> rightStream,
            ValueJoinerWithKey<? super K, ? super V, ? super VRight, ? extends VOut> joiner,
            JoinWindows windows,
            StreamJoined<K, V, VRight> streamJoined) {
        return join(rightStream, joiner, windows, streamJoined, true, true);
    }

    @Override
    public <VTable, VOut> KStream<K, VOut> join(
            KTable<K, VTable> table,
            ValueJoiner<? super V, ? super VTable, ? extends VOut> joiner,
            Joined<K, V, VTable> joined) {
        return joinTable(table, withKey(joiner), joined, false);
    }

    @Override
    public <VTable, VOut> KStream<K, VOut> join(
            KTable<K, VTable> table,
            ValueJoinerWithKey<? super K, ? super V, ? super VTable, ? extends VOut> joiner,
            Joined<K, V, VTable> joined) {
        return joinTable(table, joiner, joined, false);
    }

    @Override
    public <GlobalKey, GlobalValue, VOut> KStream<K, VOut> join(
            GlobalKTable<GlobalKey, GlobalValue> globalTable,
            KeyValueMapper<? super K, ? super V, ? extends GlobalKey> keySelector,
            ValueJoiner<? super V, ? super GlobalValue, ? extends VOut> joiner,
            Named named) {
        return joinGlobal(globalTable, keySelector, withKey(joiner), named, false);
    }

    @Override
    public <GlobalKey, GlobalValue, VOut> KStream<K, VOut> join(
            GlobalKTable<GlobalKey, GlobalValue> globalTable,
            KeyValueMapper<? super K, ? super V, ? extends GlobalKey> keySelector,
            ValueJoinerWithKey<? super K, ? super V, ? super GlobalValue, ? extends VOut> joiner,
            Named named) {
        return joinGlobal(globalTable, keySelector, joiner, named, false);
    }

    @Override
    public <VTable, VOut> KStream<K, VOut> leftJoin(
            KTable<K, VTable> table,
            ValueJoiner<? super V, ? super VTable, ? extends VOut> joiner,
            Joined<K, V, VTable> joined) {
        return joinTable(table, withKey(joiner), joined, true);
    }

    @Override
    public <VTable, VOut> KStream<K, VOut> leftJoin(
            KTable<K, VTable> table,
            ValueJoinerWithKey<? super K, ? super V, ? super VTable, ? extends VOut> joiner,
            Joined<K, V, VTable> joined) {
        return joinTable(table, joiner, joined, true);
    }

    @Override
    public <GlobalKey, GlobalValue, VOut> KStream<K, VOut> leftJoin(
            GlobalKTable<GlobalKey, GlobalValue> globalTable,
            KeyValueMapper<? super K, ? super V, ? extends GlobalKey> keySelector,
            ValueJoiner<? super V, ? super GlobalValue, ? extends VOut> joiner,
            Named named) {
        return joinGlobal(globalTable, keySelector, withKey(joiner), named, true);
    }

    @Override
    public <GlobalKey, GlobalValue, VOut> KStream<K, VOut> leftJoin(
            GlobalKTable<GlobalKey, GlobalValue> globalTable,
            KeyValueMapper<? super K, ? super V, ? extends GlobalKey> keySelector,
            ValueJoinerWithKey<? super K, ? super V, ? super GlobalValue, ? extends VOut> joiner,
            Named named) {
        return joinGlobal(globalTable, keySelector, joiner, named, true);
    }

    private static <K, V1, V2, VOut> ValueJoinerWithKey<K, V1, V2, VOut> withKey(
            ValueJoiner<? super V1, ? super V2, ? extends VOut> joiner) {
        Objects.requireNonNull(joiner, "joiner cannot be null");
        return (key, one, two) -> joiner.apply(one, two);
    }

    private <VRight, VOut> KStream<K, VOut> join(
            KStream<K, VRight> rightStream,
            ValueJoinerWithKey<? super K, ? super V, ? super VRight, ? extends VOut> joiner,
            JoinWindows windows,
            StreamJoined<K, V, VRight> joined,
            boolean leftOuter,
            boolean rightOuter) {
        Objects.requireNonNull(rightStream, "otherStream cannot be null");
        Objects.requireNonNull(joiner, "joiner cannot be null");
        Objects.requireNonNull(windows, "windows cannot be null");
        Objects.requireNonNull(joined, "streamJoined cannot be null");
        StreamImpl<K, V> left = this;
        StreamImpl<K, VRight> right = (StreamImpl<K, VRight>) rightStream;
        String given = joined.name();
        if (left.keyChanged) {
            left =
                    left.partitionedForJoin(
                            given != null ? given + "-left" : left.name,
                            joined.keySerde(),
                            joined.valueSerde());
        }
        if (right.keyChanged) {
            right =
                    right.partitionedForJoin(
                            given != null ? given + "-right" : right.name,
                            joined.keySerde(),
                            joined.otherValueSerde());
        }
        StreamJoin<K, V, VRight> join =
                new StreamJoin<>(
                        builder, joined, windows, Erased.cast(joiner), leftOuter, rightOuter);
        GraphNode added =
                join.add(left.node, right.node, left.keySerde, left.valueSerde, right.valueSerde);
        return new StreamImpl<>(builder, added.name, joined.keySerde(), null, false, added);
    }

    private StreamImpl<K, V> partitionedForJoin(
            String topic, @Nullable Serde<K> givenKeys, @Nullable Serde<V> givenValues) {
        Serde<K> keys = givenKeys != null ? givenKeys : keySerde;
        Serde<V> values = givenValues != null ? givenValues : valueSerde;
        // Built each time: it spends numbers.
        GraphBuilder.Repartition fresh =
                builder.repartition(topic, keys, values, null, Optional.empty());
        if (hop == null || !name.equals(topic)) {
            hop = fresh;
            builder.add(node, fresh.node());
        }
        return new StreamImpl<>(builder, hop.sourceName(), keys, values, false, hop.node());
    }

    private <VTable, VOut> KStream<K, VOut> joinTable(
            KTable<K, VTable> table,
            ValueJoinerWithKey<? super K, ? super V, ? super VTable, ? extends VOut> joiner,
            Joined<K, V, VTable> joined,
            boolean leftJoin) {
        Objects.requireNonNull(table, "table cannot be null");
        Objects.requireNonNull(joiner, "joiner cannot be null");
        Objects.requireNonNull(joined, "joined cannot be null");
        StreamImpl<K, V> stream = this;
        String given = joined.name();
        if (keyChanged) {
            stream =
                    partitionedForJoin(
                            given != null ? given : name, joined.keySerde(), joined.valueSerde());
        }
        String joinName = builder.nameOr(given, leftJoin ? "KSTREAM-LEFTJOIN-" : "KSTREAM-JOIN-");
        TableOperator operator = ((TableImpl<K, VTable>) table).operator();
        Serde<K> keys = joined.keySerde() != null ? joined.keySerde() : stream.keySerde;
        Serde<V> values = joined.valueSerde() != null ? joined.valueSerde() : stream.valueSerde;
        Duration grace = joined.gracePeriod();
        if (grace != null && operator.keepsVersionsAsItSays() && !operator.versioned()) {
            throw notVersioned();
        }
        StoreSpec buffer =
                grace == null
                        ? null
                        : StreamJoin.buffer(joinName + "-Buffer", keys, values, Map.of());
        LookupJoinNode.Settings settings =
                new LookupJoinNode.Settings(
                        null,
                        Erased.cast(joiner),
                        leftJoin,
                        grace == null ? -1 : grace.toMillis(),
                        buffer == null ? null : buffer.name());
        ValueGetter.Factory getter = operator.getter();
        GraphNode added =
                new GraphNode(
                        joinName,
                        (parents, spec) -> {
                            if (grace != null) {
                                requireHistory(operator, grace);
                            }
                            GraphBuilder.writeProcessor(
                                    joinName,
                                    parents,
                                    () -> new LookupJoinNode(settings, getter.get()),
                                    spec);
                            operator.getterStores().forEach(store -> spec.connect(joinName, store));
                            List<String> sides = new ArrayList<>(parents);
                            sides.add(((TableImpl<K, VTable>) table).node().name);
                            spec.copartition(sides);
                            if (buffer != null) {
                                spec.addStore(buffer, List.of(joinName));
                            }
                        });
        builder.add(stream.node, added);
        builder.after(((TableImpl<K, VTable>) table).node(), added);
        return new StreamImpl<>(builder, joinName, keys, null, false, added);
    }

    private static IllegalArgumentException notVersioned() {
        return new IllegalArgumentException(
                "KTable must be versioned to use a grace period in a stream table join.");
    }

    /** What a table inherits is known when the topology is built. */
    private static void requireHistory(TableOperator operator, Duration grace) {
        if (!operator.versioned()) {
            throw notVersioned();
        }
        Long historyMs = operator.historyRetentionMs();
        if (historyMs != null && historyMs < grace.toMillis()) {
            throw new IllegalArgumentException("History retention must be at least grace period.");
        }
    }

    private <GK, GV, VOut> KStream<K, VOut> joinGlobal(
            GlobalKTable<GK, GV> globalTable,
            KeyValueMapper<? super K, ? super V, ? extends GK> keySelector,
            ValueJoinerWithKey<? super K, ? super V, ? super GV, ? extends VOut> joiner,
            Named named,
            boolean leftJoin) {
        Objects.requireNonNull(globalTable, "globalTable cannot be null");
        Objects.requireNonNull(keySelector, "keySelector cannot be null");
        Objects.requireNonNull(joiner, "joiner cannot be null");
        Objects.requireNonNull(named, "named cannot be null");
        String joinName = builder.nameOr(named(named), "KSTREAM-LEFTJOIN-");
        String store = ((GlobalTableImpl<GK, GV>) globalTable).storeName();
        LookupJoinNode.Settings settings =
                new LookupJoinNode.Settings(
                        Erased.cast(keySelector), Erased.cast(joiner), leftJoin, -1, null);
        GraphNode added =
                builder.addProcessor(
                        node,
                        joinName,
                        () -> new LookupJoinNode(settings, new ValueGetter.OfStore(store)));
        return new StreamImpl<>(builder, joinName, keySerde, null, keyChanged, added);
    }
}
