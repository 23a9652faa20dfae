package dev.millrace.streams.internal.dsl;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.internal.task.TableNodes;
import dev.millrace.streams.kstream.Grouped;
import dev.millrace.streams.kstream.KGroupedTable;
import dev.millrace.streams.kstream.KStream;
import dev.millrace.streams.kstream.KTable;
import dev.millrace.streams.kstream.KeyValueMapper;
import dev.millrace.streams.kstream.Materialized;
import dev.millrace.streams.kstream.Named;
import dev.millrace.streams.kstream.Predicate;
import dev.millrace.streams.kstream.ValueMapper;
import dev.millrace.streams.kstream.ValueMapperWithKey;
import dev.millrace.streams.state.KeyValueStore;
import java.util.Objects;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/** A table in the graph. */
final class TableImpl<K, V> implements KTable<K, V> {
    private static final String FILTER = "KTABLE-FILTER-";
    private static final String MAP_VALUES = "KTABLE-MAPVALUES-";

    private final GraphBuilder builder;
    private final String name;
    private final @Nullable Serde<K> keySerde;
    private final @Nullable Serde<V> valueSerde;
    private final TableOperator operator;
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
                        operator,
                        s ->
                                new TableNodes.Filter(
                                        s.storeName(),
                                        s.sendOldValues() || parentSendsOld,
                                        erased,
                                        wanted));
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
                        operator,
                        s -> new TableNodes.MapValues(s.storeName(), s.sendOldValues(), erased));
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

    @Override
    public @Nullable String queryableStoreName() {
        return operator.queryableStoreName();
    }

    @Override
    public String toString() {
        return "KTable " + name;
    }
}
