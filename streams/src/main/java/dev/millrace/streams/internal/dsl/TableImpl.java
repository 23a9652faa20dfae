package dev.millrace.streams.internal.dsl;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.errors.TopologyException;
import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.internal.rx.TableReads;
import dev.millrace.streams.internal.store.BuiltInStoreBuilder;
import dev.millrace.streams.internal.task.SuppressNode;
import dev.millrace.streams.internal.task.TableJoinNodes;
import dev.millrace.streams.internal.task.TableNodes;
import dev.millrace.streams.internal.task.TransformNode;
import dev.millrace.streams.internal.task.ValueGetter;
import dev.millrace.streams.internal.topology.StoreSpec;
import dev.millrace.streams.kstream.Grouped;
import dev.millrace.streams.kstream.KGroupedTable;
import dev.millrace.streams.kstream.KStream;
import dev.millrace.streams.kstream.KTable;
import dev.millrace.streams.kstream.KeyValueMapper;
import dev.millrace.streams.kstream.Materialized;
import dev.millrace.streams.kstream.Named;
import dev.millrace.streams.kstream.Predicate;
import dev.millrace.streams.kstream.QueryableTable;
import dev.millrace.streams.kstream.Suppressed;
import dev.millrace.streams.kstream.Suppression;
import dev.millrace.streams.kstream.SuppressionBuffer;
import dev.millrace.streams.kstream.TableJoined;
import dev.millrace.streams.kstream.ValueJoiner;
import dev.millrace.streams.kstream.ValueMapper;
import dev.millrace.streams.kstream.ValueMapperWithKey;
import dev.millrace.streams.kstream.ValueTransformerWithKeySupplier;
import dev.millrace.streams.state.KeyValueStore;
import dev.millrace.streams.state.StoreBuilder;
import io.reactivex.rxjava3.core.Flowable;
import io.reactivex.rxjava3.core.Maybe;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/** A table in the graph. */
final class TableImpl<K, V> implements KTable<K, V> {
    private static final String FILTER = "KTABLE-FILTER-";
    private static final String MAP_VALUES = "KTABLE-MAPVALUES-";
    private static final String TRANSFORM_VALUES = "KTABLE-TRANSFORMVALUES-";
    private static final String SUPPRESS = "KTABLE-SUPPRESS-";
    private static final String MERGE = "KTABLE-MERGE-";

    private final GraphBuilder builder;
    final String name;
    private final @Nullable Serde<K> keySerde;
    private final @Nullable Serde<V> valueSerde;
    final TableOperator operator;
    private final GraphNode node;

    TableImpl(
            GraphBuilder builder,
            String name,
            @Nullable Serde<K> keySerde,
            @Nullable Serde<V> valueSerde,
            TableOperator operator,
            GraphNode node) {
        this.builder = builder;
        this.name = name;
        this.keySerde = keySerde;
        this.valueSerde = valueSerde;
        this.operator = operator;
        this.node = node;
    }

    @Override
    public KTable<K, V> filter(Predicate<? super K, ? super V> predicate, Named named) {
        return doFilter(predicate, true, named, null);
    }

    @Override
    public KTable<K, V> filter(
            Predicate<? super K, ? super V> predicate,
            Named named,
            Materialized<K, V, KeyValueStore<Bytes, byte[]>> materialized) {
        return doFilter(predicate, true, named, materialized);
    }

    @Override
    public KTable<K, V> filterNot(Predicate<? super K, ? super V> predicate, Named named) {
        return doFilter(predicate, false, named, null);
    }

    @Override
    public KTable<K, V> filterNot(
            Predicate<? super K, ? super V> predicate,
            Named named,
            Materialized<K, V, KeyValueStore<Bytes, byte[]>> materialized) {
        return doFilter(predicate, false, named, materialized);
    }

    private KTable<K, V> doFilter(
            Predicate<? super K, ? super V> predicate,
            boolean wanted,
            Named named,
            @Nullable Materialized<K, V, ?> materialized) {
        Predicate<Object, Object> erased =
                Erased.cast(Objects.requireNonNull(predicate, "predicate"));
        spendNumberOfUnnamedStore(materialized, FILTER);
        Rows<K, V> rows = Rows.given(materialized, keySerde, valueSerde);
        // A store above already knows old values: with them, rows that never matched need no
        // tombstones.
        boolean parentSendsOld = operator.sendOldValues(false);
        TableOperator derived =
                TableOperator.derived(
                        rows,
                        List.of(operator),
                        s ->
                                new TableNodes.Filter(
                                        s.storeName(),
                                        s.sendOldValues() || parentSendsOld,
                                        operator.versioned(),
                                        erased,
                                        wanted),
                        () ->
                                new ValueGetter.Mapped(
                                        operator.getter().get(),
                                        (key, value) ->
                                                erased.test(key, value) == wanted ? value : null));
        return derive(builder.nameOr(named.name(), FILTER), rows, derived);
    }

    @Override
    public <VR> KTable<K, VR> mapValues(ValueMapper<? super V, ? extends VR> mapper, Named named) {
        Objects.requireNonNull(mapper, "mapper");
        return doMapValues((key, value) -> mapper.apply(value), named, null);
    }

    @Override
    public <VR> KTable<K, VR> mapValues(
            ValueMapper<? super V, ? extends VR> mapper,
            Named named,
            Materialized<K, VR, KeyValueStore<Bytes, byte[]>> materialized) {
        Objects.requireNonNull(mapper, "mapper");
        return doMapValues((key, value) -> mapper.apply(value), named, materialized);
    }

    @Override
    public <VR> KTable<K, VR> mapValues(
            ValueMapperWithKey<? super K, ? super V, ? extends VR> mapper, Named named) {
        return doMapValues(mapper, named, null);
    }

    @Override
    public <VR> KTable<K, VR> mapValues(
            ValueMapperWithKey<? super K, ? super V, ? extends VR> mapper,
            Named named,
            Materialized<K, VR, KeyValueStore<Bytes, byte[]>> materialized) {
        return doMapValues(mapper, named, materialized);
    }

    private <VR> KTable<K, VR> doMapValues(
            ValueMapperWithKey<? super K, ? super V, ? extends VR> mapper,
            Named named,
            @Nullable Materialized<K, VR, ?> materialized) {
        ValueMapperWithKey<Object, Object, Object> erased =
                Erased.cast(Objects.requireNonNull(mapper, "mapper"));
        spendNumberOfUnnamedStore(materialized, MAP_VALUES);
        Rows<K, VR> rows = Rows.given(materialized, keySerde, null);
        TableOperator derived =
                TableOperator.derived(
                        rows,
                        List.of(operator),
                        s -> new TableNodes.MapValues(s.storeName(), s.sendOldValues(), erased),
                        () -> new ValueGetter.Mapped(operator.getter().get(), erased::apply));
        return derive(builder.nameOr(named.name(), MAP_VALUES), rows, derived);
    }

    private <VR> KTable<K, VR> derive(String name, Rows<K, VR> rows, TableOperator derived) {
        GraphNode added =
                new GraphNode(name, (parents, spec) -> derived.write(name, parents, spec));
        builder.add(node, added);
        return new TableImpl<>(builder, name, rows.keySerde(), rows.valueSerde(), derived, added);
    }

    /** As Kafka Streams does: the numbers in later names depend on it. */
    private void spendNumberOfUnnamedStore(
            @Nullable Materialized<?, ?, ?> materialized, String prefix) {
        if (materialized != null && materialized.storeName() == null) {
            builder.newStoreName(prefix);
        }
    }

    @Override
    public KStream<K, V> toStream(Named named) {
        String name = builder.nameOr(named.name(), "KTABLE-TOSTREAM-");
        GraphNode added = builder.addProcessor(node, name, TableNodes.ToStream::new);
        return new StreamImpl<>(builder, name, keySerde, valueSerde, false, added);
    }

    @Override
    public <KR> KStream<KR, V> toStream(
            KeyValueMapper<? super K, ? super V, ? extends KR> mapper, Named named) {
        return toStream(named).selectKey(mapper);
    }

    @Override
    public <KR, VR> KGroupedTable<KR, VR> groupBy(
            KeyValueMapper<? super K, ? super V, ? extends KeyValue<? extends KR, ? extends VR>>
                    selector) {
        return groupBy(selector, Grouped.with(null, null));
    }

    @Override
    public <KR, VR> KGroupedTable<KR, VR> groupBy(
            KeyValueMapper<? super K, ? super V, ? extends KeyValue<? extends KR, ? extends VR>>
                    selector,
            Grouped<KR, VR> grouped) {
        KeyValueMapper<Object, Object, KeyValue<?, ?>> erased =
                Erased.cast(Objects.requireNonNull(selector, "selector"));
        String name = builder.nameOr(grouped.name(), "KTABLE-SELECT-");
        GraphNode selected = builder.addProcessor(node, name, () -> new TableNodes.Group(erased));
        operator.sendOldValues(true);
        return new GroupedTableImpl<>(builder, grouped, selected);
    }

    TableOperator operator() {
        return operator;
    }

    GraphNode node() {
        return node;
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
    public KTable<K, V> suppress(Suppressed<? super K> suppressed) {
        if (!(suppressed instanceof Suppression<?> suppression)) {
            throw new IllegalArgumentException(
                    "Custom subclasses of Suppressed are not supported.");
        }
        if (operator.versioned() && operator.queryableStoreName() != null) {
            throw new TopologyException("suppress() is only supported for non-versioned KTables");
        }
        String given = suppression.name();
        String name = given != null ? given : builder.newName(SUPPRESS);
        if (suppression.untilWindowCloses() && operator.graceMs() < 0) {
            throw new TopologyException(
                    "Window close time is only defined for windowed computations. Table "
                            + this.name
                            + " is not made by one.");
        }
        String storeName = given != null ? given + "-store" : builder.newStoreName(SUPPRESS);
        SuppressionBuffer limits = suppression.limits();
        StoreSpec store =
                StreamJoin.heap(
                        storeName,
                        keySerde,
                        valueSerde,
                        limits.loggingEnabled(),
                        limits.logConfig());
        SuppressNode.Settings settings =
                new SuppressNode.Settings(
                        name,
                        storeName,
                        suppression.untilWindowCloses() ? operator.graceMs() : suppression.waitMs(),
                        suppression.untilWindowCloses(),
                        suppression.untilWindowCloses(),
                        limits);
        TableOperator derived =
                TableOperator.derived(
                        Rows.given(null, keySerde, valueSerde),
                        List.of(operator),
                        s -> new SuppressNode(settings),
                        () -> new SuppressNode.Getter(storeName, operator.getter().get()));
        GraphNode added =
                new GraphNode(
                        name,
                        (parents, spec) -> {
                            if (operator.versioned()) {
                                throw new TopologyException(
                                        "suppress() is only supported for non-versioned KTables");
                            }
                            derived.write(name, parents, spec);
                            spec.addStore(store, List.of(name));
                        });
        derived.reads(storeName);
        builder.add(node, added);
        return new TableImpl<>(builder, name, keySerde, valueSerde, derived, added);
    }

    @Override
    public <VR> KTable<K, VR> transformValues(
            ValueTransformerWithKeySupplier<? super K, ? super V, ? extends VR> supplier,
            Named named,
            String... stateStoreNames) {
        return transform(supplier, named, null, stateStoreNames);
    }

    @Override
    public <VR> KTable<K, VR> transformValues(
            ValueTransformerWithKeySupplier<? super K, ? super V, ? extends VR> supplier,
            Materialized<K, VR, KeyValueStore<Bytes, byte[]>> materialized,
            Named named,
            String... stateStoreNames) {
        Objects.requireNonNull(materialized, "materialized can't be null");
        if (materialized.storeName() == null) {
            builder.newStoreName(TRANSFORM_VALUES);
        }
        return transform(supplier, named, materialized, stateStoreNames);
    }

    private <VR> KTable<K, VR> transform(
            ValueTransformerWithKeySupplier<? super K, ? super V, ? extends VR> supplier,
            Named named,
            @Nullable Materialized<K, VR, ?> materialized,
            String... stateStoreNames) {
        ValueTransformerWithKeySupplier<Object, Object, Object> erased =
                Erased.cast(Objects.requireNonNull(supplier, "transformerSupplier can't be null"));
        Objects.requireNonNull(stateStoreNames, "stateStoreNames");
        String name = builder.nameOr(named.name(), TRANSFORM_VALUES);
        Rows<K, VR> rows = Rows.given(materialized, keySerde, null);
        Set<StoreBuilder<?>> brought = supplier.stores();
        Set<String> stores = new LinkedHashSet<>(List.of(stateStoreNames));
        if (brought != null) {
            brought.forEach(store -> stores.add(store.name()));
        }
        TableOperator derived =
                TableOperator.derived(
                        rows,
                        List.of(operator),
                        s ->
                                new TransformNode(
                                        name, erased, stores, s.storeName(), s.sendOldValues()),
                        () ->
                                new TransformNode.Getter(
                                        name, erased, stores, operator.getter().get()));
        GraphNode added =
                new GraphNode(
                        name,
                        (parents, spec) -> {
                            derived.write(name, parents, spec);
                            if (brought != null) {
                                brought.forEach(
                                        store ->
                                                spec.addStore(
                                                        BuiltInStoreBuilder.specOf(store),
                                                        List.of(name)));
                            }
                            for (String store : stateStoreNames) {
                                spec.connect(name, store);
                            }
                        });
        stores.forEach(derived::reads);
        builder.add(node, added);
        return new TableImpl<>(builder, name, rows.keySerde(), rows.valueSerde(), derived, added);
    }

    @Override
    public <VO, VR> KTable<K, VR> join(
            KTable<K, VO> other,
            ValueJoiner<? super V, ? super VO, ? extends VR> joiner,
            Named named) {
        return join(other, joiner, named, null, false, false);
    }

    @Override
    public <VO, VR> KTable<K, VR> join(
            KTable<K, VO> other,
            ValueJoiner<? super V, ? super VO, ? extends VR> joiner,
            Named named,
            Materialized<K, VR, KeyValueStore<Bytes, byte[]>> materialized) {
        Objects.requireNonNull(materialized, "materialized can't be null");
        return join(other, joiner, named, materialized, false, false);
    }

    @Override
    public <VO, VR> KTable<K, VR> leftJoin(
            KTable<K, VO> other,
            ValueJoiner<? super V, ? super VO, ? extends VR> joiner,
            Named named) {
        return join(other, joiner, named, null, true, false);
    }

    @Override
    public <VO, VR> KTable<K, VR> leftJoin(
            KTable<K, VO> other,
            ValueJoiner<? super V, ? super VO, ? extends VR> joiner,
            Named named,
            Materialized<K, VR, KeyValueStore<Bytes, byte[]>> materialized) {
        Objects.requireNonNull(materialized, "materialized can't be null");
        return join(other, joiner, named, materialized, true, false);
    }

    @Override
    public <VO, VR> KTable<K, VR> outerJoin(
            KTable<K, VO> other,
            ValueJoiner<? super V, ? super VO, ? extends VR> joiner,
            Named named) {
        return join(other, joiner, named, null, true, true);
    }

    @Override
    public <VO, VR> KTable<K, VR> outerJoin(
            KTable<K, VO> other,
            ValueJoiner<? super V, ? super VO, ? extends VR> joiner,
            Named named,
            Materialized<K, VR, KeyValueStore<Bytes, byte[]>> materialized) {
        Objects.requireNonNull(materialized, "materialized can't be null");
        return join(other, joiner, named, materialized, true, true);
    }

    @Override
    public <VR, KO, VO> KTable<K, VR> join(
            KTable<KO, VO> other,
            Function<? super V, ? extends KO> foreignKeyExtractor,
            ValueJoiner<? super V, ? super VO, ? extends VR> joiner,
            TableJoined<K, KO> tableJoined) {
        return join(other, foreignKeyExtractor, joiner, tableJoined, Materialized.with(null, null));
    }

    @Override
    public <VR, KO, VO> KTable<K, VR> join(
            KTable<KO, VO> other,
            Function<? super V, ? extends KO> foreignKeyExtractor,
            ValueJoiner<? super V, ? super VO, ? extends VR> joiner,
            TableJoined<K, KO> tableJoined,
            Materialized<K, VR, KeyValueStore<Bytes, byte[]>> materialized) {
        return ForeignKeyJoin.add(
                this,
                (TableImpl<KO, VO>) Objects.requireNonNull(other, "foreignKeyTable can't be null"),
                ForeignKeyJoin.extractor(foreignKeyExtractor),
                joiner,
                tableJoined,
                materialized,
                false);
    }

    @Override
    public <VR, KO, VO> KTable<K, VR> join(
            KTable<KO, VO> other,
            BiFunction<? super K, ? super V, ? extends KO> foreignKeyExtractor,
            ValueJoiner<? super V, ? super VO, ? extends VR> joiner,
            TableJoined<K, KO> tableJoined) {
        return join(other, foreignKeyExtractor, joiner, tableJoined, Materialized.with(null, null));
    }

    @Override
    public <VR, KO, VO> KTable<K, VR> join(
            KTable<KO, VO> other,
            BiFunction<? super K, ? super V, ? extends KO> foreignKeyExtractor,
            ValueJoiner<? super V, ? super VO, ? extends VR> joiner,
            TableJoined<K, KO> tableJoined,
            Materialized<K, VR, KeyValueStore<Bytes, byte[]>> materialized) {
        return ForeignKeyJoin.add(
                this,
                (TableImpl<KO, VO>) Objects.requireNonNull(other, "foreignKeyTable can't be null"),
                ForeignKeyJoin.extractor(foreignKeyExtractor),
                joiner,
                tableJoined,
                materialized,
                false);
    }

    @Override
    public <VR, KO, VO> KTable<K, VR> leftJoin(
            KTable<KO, VO> other,
            Function<? super V, ? extends KO> foreignKeyExtractor,
            ValueJoiner<? super V, ? super VO, ? extends VR> joiner,
            TableJoined<K, KO> tableJoined) {
        return leftJoin(
                other, foreignKeyExtractor, joiner, tableJoined, Materialized.with(null, null));
    }

    @Override
    public <VR, KO, VO> KTable<K, VR> leftJoin(
            KTable<KO, VO> other,
            Function<? super V, ? extends KO> foreignKeyExtractor,
            ValueJoiner<? super V, ? super VO, ? extends VR> joiner,
            TableJoined<K, KO> tableJoined,
            Materialized<K, VR, KeyValueStore<Bytes, byte[]>> materialized) {
        return ForeignKeyJoin.add(
                this,
                (TableImpl<KO, VO>) Objects.requireNonNull(other, "foreignKeyTable can't be null"),
                ForeignKeyJoin.extractor(foreignKeyExtractor),
                joiner,
                tableJoined,
                materialized,
                true);
    }

    @Override
    public <VR, KO, VO> KTable<K, VR> leftJoin(
            KTable<KO, VO> other,
            BiFunction<? super K, ? super V, ? extends KO> foreignKeyExtractor,
            ValueJoiner<? super V, ? super VO, ? extends VR> joiner,
            TableJoined<K, KO> tableJoined) {
        return leftJoin(
                other, foreignKeyExtractor, joiner, tableJoined, Materialized.with(null, null));
    }

    @Override
    public <VR, KO, VO> KTable<K, VR> leftJoin(
            KTable<KO, VO> other,
            BiFunction<? super K, ? super V, ? extends KO> foreignKeyExtractor,
            ValueJoiner<? super V, ? super VO, ? extends VR> joiner,
            TableJoined<K, KO> tableJoined,
            Materialized<K, VR, KeyValueStore<Bytes, byte[]>> materialized) {
        return ForeignKeyJoin.add(
                this,
                (TableImpl<KO, VO>) Objects.requireNonNull(other, "foreignKeyTable can't be null"),
                ForeignKeyJoin.extractor(foreignKeyExtractor),
                joiner,
                tableJoined,
                materialized,
                true);
    }

    private <VO, VR> KTable<K, VR> join(
            KTable<K, VO> otherTable,
            ValueJoiner<? super V, ? super VO, ? extends VR> joiner,
            Named named,
            @Nullable Materialized<K, VR, ?> materialized,
            boolean leftOuter,
            boolean rightOuter) {
        TableImpl<K, VO> other =
                (TableImpl<K, VO>) Objects.requireNonNull(otherTable, "other can't be null");
        ValueJoiner<Object, Object, Object> erased =
                Erased.cast(Objects.requireNonNull(joiner, "joiner can't be null"));
        Objects.requireNonNull(named, "joinName can't be null");
        Rows<K, VR> rows;
        if (materialized == null) {
            rows = Rows.given(null, keySerde, null);
        } else {
            if (materialized.storeName() == null) {
                builder.newStoreName(MERGE);
            }
            rows = Rows.given(materialized, keySerde, null);
        }
        String given = named.name();
        String name = builder.nameOr(given, MERGE);
        if (leftOuter) {
            operator.sendOldValues(true);
        }
        if (rightOuter) {
            other.operator.sendOldValues(true);
        }
        String thisName =
                builder.nameOr(given == null ? null : given + "-join-this", "KTABLE-JOINTHIS-");
        String otherName =
                builder.nameOr(given == null ? null : given + "-join-other", "KTABLE-JOINOTHER-");
        TableJoinNodes.Kind thisKind = kind(leftOuter, rightOuter);
        TableJoinNodes.Kind otherKind = kind(rightOuter, leftOuter);
        ValueGetter.Factory rightRows = other.operator.getter();
        ValueGetter.Factory leftRows = operator.getter();
        TableOperator result =
                TableOperator.derived(
                        rows,
                        List.of(operator, other.operator),
                        s -> new TableJoinNodes.Merge(s.storeName(), s.sendOldValues()),
                        () ->
                                new TableJoinNodes.Getter(
                                        thisKind, leftRows.get(), rightRows.get(), erased));
        GraphNode added =
                new GraphNode(
                        name,
                        (parents, spec) -> {
                            GraphBuilder.writeProcessor(
                                    thisName,
                                    List.of(this.name),
                                    () ->
                                            new TableJoinNodes.Side(
                                                    thisKind,
                                                    rightRows.get(),
                                                    erased,
                                                    result.sendsOldValues()),
                                    spec);
                            GraphBuilder.writeProcessor(
                                    otherName,
                                    List.of(other.name),
                                    () ->
                                            new TableJoinNodes.Side(
                                                    otherKind,
                                                    leftRows.get(),
                                                    (one, two) -> erased.apply(two, one),
                                                    result.sendsOldValues()),
                                    spec);
                            result.write(name, List.of(thisName, otherName), spec);
                            spec.copartition(List.of(this.name, other.name));
                            other.operator
                                    .getterStores()
                                    .forEach(store -> spec.connect(thisName, store));
                            operator.getterStores()
                                    .forEach(store -> spec.connect(otherName, store));
                        });
        builder.add(node, added);
        builder.add(other.node, added);
        return new TableImpl<>(builder, name, rows.keySerde(), rows.valueSerde(), result, added);
    }

    private static TableJoinNodes.Kind kind(boolean thisOuter, boolean otherOuter) {
        return thisOuter
                ? otherOuter ? TableJoinNodes.Kind.BOTH : TableJoinNodes.Kind.THIS
                : otherOuter ? TableJoinNodes.Kind.OTHER : TableJoinNodes.Kind.INNER;
    }

    @Override
    public QueryableTable<K, V> queryable(String storeName) {
        TableImpl<K, V> table =
                storeName.equals(queryableStoreName())
                        ? this
                        : (TableImpl<K, V>)
                                filter(
                                        (key, value) -> true,
                                        Materialized.<K, V, KeyValueStore<Bytes, byte[]>>as(
                                                        storeName)
                                                .withKeySerde(keySerde)
                                                .withValueSerde(valueSerde));
        TableReads reads = new TableReads(storeName);
        builder.addReads(table.node, reads);
        return new Queryable<>(table, reads);
    }

    private record Queryable<K, V>(KTable<K, V> table, TableReads reads)
            implements QueryableTable<K, V> {
        @Override
        public String storeName() {
            return reads.storeName();
        }

        @Override
        public Maybe<V> get(K key) {
            return Erased.cast(reads.get(Objects.requireNonNull(key, "key can't be null")));
        }

        @Override
        public Flowable<KeyValue<K, V>> all() {
            return Erased.cast(reads.all());
        }

        @Override
        public Flowable<KeyValue<K, V>> range(@Nullable K from, @Nullable K to) {
            return Erased.cast(reads.range(from, to));
        }
    }

    @Override
    public @Nullable String queryableStoreName() {
        return operator.queryableStoreName();
    }

    @Override
    public String toString() {
        return "KTable " + name;
    }
}
