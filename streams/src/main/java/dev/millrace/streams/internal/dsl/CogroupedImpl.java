package dev.millrace.streams.internal.dsl;

import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.internal.task.AggregateNodes;
import dev.millrace.streams.internal.task.Node;
import dev.millrace.streams.internal.task.StreamNodes;
import dev.millrace.streams.kstream.Aggregator;
import dev.millrace.streams.kstream.CogroupedKStream;
import dev.millrace.streams.kstream.Initializer;
import dev.millrace.streams.kstream.KGroupedStream;
import dev.millrace.streams.kstream.KTable;
import dev.millrace.streams.kstream.Materialized;
import dev.millrace.streams.kstream.Merger;
import dev.millrace.streams.kstream.Named;
import dev.millrace.streams.kstream.SessionWindowedCogroupedKStream;
import dev.millrace.streams.kstream.SessionWindows;
import dev.millrace.streams.kstream.SlidingWindows;
import dev.millrace.streams.kstream.TimeWindowedCogroupedKStream;
import dev.millrace.streams.kstream.Window;
import dev.millrace.streams.kstream.Windowed;
import dev.millrace.streams.kstream.Windows;
import dev.millrace.streams.state.KeyValueStore;
import dev.millrace.streams.state.SessionStore;
import dev.millrace.streams.state.WindowStore;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/** Grouped streams that are folded into one table: they share its store. */
final class CogroupedImpl<K, VOut> implements CogroupedKStream<K, VOut> {
    private static final String AGGREGATE = "COGROUPKSTREAM-AGGREGATE-";
    private static final String MERGE = "COGROUPKSTREAM-MERGE-";

    private final GraphBuilder builder;
    private final Map<GroupedStreamImpl<K, ?>, Aggregator<Object, Object, Object>> streams =
            new LinkedHashMap<>();

    CogroupedImpl(GraphBuilder builder) {
        this.builder = builder;
    }

    @Override
    public <V> CogroupedKStream<K, VOut> cogroup(
            KGroupedStream<K, V> groupedStream, Aggregator<? super K, ? super V, VOut> aggregator) {
        Objects.requireNonNull(groupedStream, "groupedStream can't be null");
        Objects.requireNonNull(aggregator, "aggregator can't be null");
        streams.put((GroupedStreamImpl<K, V>) groupedStream, Erased.cast(aggregator));
        return this;
    }

    @Override
    public KTable<K, VOut> aggregate(Initializer<VOut> initializer, Named named) {
        return aggregate(initializer, named, Materialized.with(null, null));
    }

    @Override
    public KTable<K, VOut> aggregate(
            Initializer<VOut> initializer,
            Named named,
            Materialized<K, VOut, KeyValueStore<Bytes, byte[]>> materialized) {
        Initializer<Object> first = required(initializer, named, materialized);
        Rows<K, VOut> rows = rows(materialized);
        return build(
                named,
                rows,
                rows.keySerde(),
                TableOperator.aggregate(rows, s -> new StreamNodes.PassThrough()),
                (settings, aggregator) ->
                        new AggregateNodes.StreamAggregate(settings, first, aggregator));
    }

    private static Initializer<Object> required(
            @Nullable Object initializer, @Nullable Object named, @Nullable Object materialized) {
        Objects.requireNonNull(named, "named can't be null");
        Objects.requireNonNull(materialized, "materialized can't be null");
        return Erased.cast(Objects.requireNonNull(initializer, "initializer can't be null"));
    }

    private Rows<K, VOut> rows(Materialized<K, VOut, ?> materialized) {
        return Rows.of(materialized, builder, AGGREGATE, null, null);
    }

    private <KR> KTable<KR, VOut> build(
            Named named,
            Rows<K, VOut> rows,
            @Nullable Serde<KR> keySerde,
            TableOperator operator,
            BiFunction<AggregateNodes.Settings, Aggregator<Object, Object, Object>, Node> node) {
        String storeName = Objects.requireNonNull(rows.storeName());
        Map<GroupedStreamImpl<K, ?>, GraphNode> parents = new LinkedHashMap<>();
        streams.keySet().forEach(each -> parents.put(each, each.partitioned(storeName)));
        List<GraphNode> aggregations = new ArrayList<>();
        String given = named.name();
        int number = 0;
        for (Map.Entry<GroupedStreamImpl<K, ?>, Aggregator<Object, Object, Object>> each :
                streams.entrySet()) {
            String suffix = "-cogroup-agg-" + number++;
            String name = builder.nameOr(given == null ? null : given + suffix, AGGREGATE);
            Aggregator<Object, Object, Object> aggregator = each.getValue();
            GraphNode added =
                    new GraphNode(
                            name,
                            (parentNames, spec) -> {
                                GraphBuilder.writeProcessor(
                                        name,
                                        parentNames,
                                        () ->
                                                node.apply(
                                                        new AggregateNodes.Settings(
                                                                storeName,
                                                                operator.sendsOldValues()),
                                                        aggregator),
                                        spec);
                                operator.addStore(spec, name);
                            });
            builder.add(Objects.requireNonNull(parents.get(each.getKey())), added);
            aggregations.add(added);
        }
        String name = builder.nameOr(given == null ? null : given + "-cogroup-merge", MERGE);
        GraphNode merge =
                new GraphNode(
                        name,
                        (parentNames, spec) -> {
                            GraphBuilder.writeProcessor(
                                    name, parentNames, StreamNodes.PassThrough::new, spec);
                            spec.copartition(parentNames);
                        });
        aggregations.forEach(each -> builder.add(each, merge));
        return new TableImpl<>(builder, name, keySerde, rows.valueSerde(), operator, merge);
    }

    private KTable<Windowed<K>, VOut> windowed(
            Aggregations windows,
            Initializer<Object> initializer,
            Named named,
            Materialized<K, VOut, ?> materialized) {
        Rows<K, VOut> rows = rows(materialized);
        Aggregations.Plan<K> plan =
                windows.plan(rows, false, initializer, (key, value, aggregate) -> aggregate);
        return build(
                named,
                rows,
                plan.keySerde(),
                TableOperator.windowed(
                        rows, plan.store(), plan.graceMs(), s -> new StreamNodes.PassThrough()),
                (settings, aggregator) ->
                        windows.plan(rows, false, initializer, aggregator).node().apply(settings));
    }

    @Override
    public <W extends Window> TimeWindowedCogroupedKStream<K, VOut> windowedBy(Windows<W> windows) {
        Objects.requireNonNull(windows, "windows can't be null");
        return new ByTime(new Aggregations.Fixed(windows));
    }

    @Override
    public TimeWindowedCogroupedKStream<K, VOut> windowedBy(SlidingWindows windows) {
        Objects.requireNonNull(windows, "windows can't be null");
        return new ByTime(new Aggregations.Sliding(windows));
    }

    @Override
    public SessionWindowedCogroupedKStream<K, VOut> windowedBy(SessionWindows windows) {
        Objects.requireNonNull(windows, "windows can't be null");
        return new BySession(windows);
    }

    private final class ByTime implements TimeWindowedCogroupedKStream<K, VOut> {
        private final Aggregations windows;

        ByTime(Aggregations windows) {
            this.windows = windows;
        }

        @Override
        public KTable<Windowed<K>, VOut> aggregate(Initializer<VOut> initializer, Named named) {
            return aggregate(initializer, named, Materialized.with(null, null));
        }

        @Override
        public KTable<Windowed<K>, VOut> aggregate(
                Initializer<VOut> initializer,
                Named named,
                Materialized<K, VOut, WindowStore<Bytes, byte[]>> materialized) {
            return windowed(
                    windows, required(initializer, named, materialized), named, materialized);
        }
    }

    private final class BySession implements SessionWindowedCogroupedKStream<K, VOut> {
        private final SessionWindows windows;

        BySession(SessionWindows windows) {
            this.windows = windows;
        }

        @Override
        public KTable<Windowed<K>, VOut> aggregate(
                Initializer<VOut> initializer, Merger<? super K, VOut> sessionMerger, Named named) {
            return aggregate(initializer, sessionMerger, named, Materialized.with(null, null));
        }

        @Override
        public KTable<Windowed<K>, VOut> aggregate(
                Initializer<VOut> initializer,
                Merger<? super K, VOut> sessionMerger,
                Named named,
                Materialized<K, VOut, SessionStore<Bytes, byte[]>> materialized) {
            Merger<Object, Object> merger =
                    Erased.cast(
                            Objects.requireNonNull(sessionMerger, "sessionMerger can't be null"));
            return windowed(
                    new Aggregations.Sessions(windows, merger),
                    required(initializer, named, materialized),
                    named,
                    materialized);
        }
    }
}
