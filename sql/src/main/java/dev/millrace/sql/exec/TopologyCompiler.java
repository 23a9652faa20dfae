package dev.millrace.sql.exec;

import dev.millrace.sql.SqlException;
import dev.millrace.sql.catalog.Relation;
import dev.millrace.sql.catalog.SqlType;
import dev.millrace.sql.expr.Aggregation;
import dev.millrace.sql.expr.Expression;
import dev.millrace.sql.plan.PlanNode;
import dev.millrace.sql.plan.PlannedQuery;
import dev.millrace.sql.row.RecordDecoder;
import dev.millrace.sql.row.RecordEncoder;
import dev.millrace.sql.row.Row;
import dev.millrace.sql.row.RowSerde;
import dev.millrace.streams.KeyValue;
import dev.millrace.streams.StreamsBuilder;
import dev.millrace.streams.kstream.Consumed;
import dev.millrace.streams.kstream.Grouped;
import dev.millrace.streams.kstream.KStream;
import dev.millrace.streams.kstream.KTable;
import dev.millrace.streams.kstream.Materialized;
import dev.millrace.streams.kstream.Produced;
import dev.millrace.streams.state.KeyValueStore;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * A plan as a program of the Streams DSL, such as one would write by hand: decoding and encoding
 * are in the serdes, projections of a table in the step that reads it next, so that WordCount in
 * SQL is the very topology of WordCount in Java.
 *
 * <p>Streams carry the source's key bytes and rows; tables the group's columns, or the source's key
 * bytes, and rows. A null row (a tombstone in a stream) passes filters and groupings by.
 */
public final class TopologyCompiler {
    private final StreamsBuilder builder = new StreamsBuilder();

    private TopologyCompiler() {}

    /**
     * @throws SqlException if the plan can only be run for one answer, or makes a table where a
     *     stream was asked for
     */
    public static CompiledTopology compile(PlannedQuery query, SinkSpec sink) {
        TopologyCompiler compiler = new TopologyCompiler();
        Node node = compiler.compile(query.root());
        Relation output =
                node instanceof StreamNode stream
                        ? compiler.sinkStream(query, stream, sink)
                        : compiler.sinkTable(query, (TableNode<?>) node, sink);
        return new CompiledTopology(compiler.builder.build(), output);
    }

    private sealed interface Node {}

    /** Rows are complete once {@code completion} has put the key into them. */
    private record StreamNode(KStream<byte[], Row> stream, Completion completion) implements Node {}

    /**
     * @param view from the stored row to the row that the plan means
     * @param keySerde of internal topics and stores
     * @param outputKey the key as it is written to the output topic
     * @param groupColumns types of the key's columns, empty if the key is the source's
     */
    private record TableNode<K>(
            KTable<K, Row> table,
            Completion completion,
            UnaryOperator<Row> view,
            Serde<K> keySerde,
            Serializer<K> outputKey,
            List<SqlType> groupColumns)
            implements Node {

        /** Null for the state of a group before its first row, which a change may start from. */
        @Nullable Row row(@Nullable Object key, Row stored) {
            return stored.size() == 0 ? null : view.apply(completion.complete(key, stored));
        }
    }

    /** Puts the record's key into a row, or does nothing. Doing it twice does no harm. */
    private interface Completion {
        Completion NONE = (key, row) -> row;

        Row complete(@Nullable Object key, Row row);
    }

    private Node compile(PlanNode node) {
        if (node instanceof PlanNode.Scan scan) {
            return scan.table() ? scanTable(scan) : scanStream(scan);
        }
        if (node instanceof PlanNode.Filter filter) {
            return filter(filter);
        }
        if (node instanceof PlanNode.Project project) {
            return project(project);
        }
        if (node instanceof PlanNode.Explode explode) {
            return explode(explode);
        }
        if (node instanceof PlanNode.Aggregate aggregate) {
            return aggregate(aggregate);
        }
        if (node instanceof PlanNode.Union union) {
            return union(union);
        }
        if (node instanceof PlanNode.Sort) {
            throw SqlException.invalid(
                    "ORDER BY and LIMIT need an end; a persistent query has none");
        }
        throw SqlException.invalid("a persistent query reads topics, not VALUES");
    }

    /**
     * Reads the source's records; writes and reads rows of a store, which has the serde of its
     * source and is told apart by the name of its changelog.
     */
    private static Serde<Row> decoding(PlanNode.Scan scan, RecordDecoder decoder) {
        RowSerde stored = new RowSerde();
        String source = scan.relation().topic();
        return Serdes.serdeFrom(
                stored.serializer(),
                (topic, bytes) -> {
                    if (bytes == null) {
                        return null;
                    }
                    return topic.equals(source)
                            ? decoder.deserialize(topic, bytes)
                            : RowSerde.fromBytes(bytes);
                });
    }

    private StreamNode scanStream(PlanNode.Scan scan) {
        RecordDecoder decoder = new RecordDecoder(scan.relation(), scan.wanted());
        KStream<byte[], Row> stream =
                builder.stream(
                        scan.relation().topic(),
                        Consumed.with(Serdes.ByteArray(), decoding(scan, decoder)));
        if (decoder.wantsMetadata()) {
            stream = stream.process(() -> new MetadataProcessor(decoder));
        }
        return new StreamNode(stream, completion(decoder));
    }

    private static Completion completion(RecordDecoder decoder) {
        return decoder.wantsKey()
                ? (key, row) -> decoder.withKey((byte[]) key, row)
                : Completion.NONE;
    }

    private TableNode<byte[]> scanTable(PlanNode.Scan scan) {
        RecordDecoder decoder = new RecordDecoder(scan.relation(), scan.wanted());
        if (decoder.wantsMetadata()) {
            throw SqlException.invalid(
                    "rowtime, rowpartition and rowoffset of a table are not available in a"
                            + " persistent query");
        }
        Serde<byte[]> keySerde = Serdes.ByteArray();
        KTable<byte[], Row> table =
                builder.table(
                        scan.relation().topic(), Consumed.with(keySerde, decoding(scan, decoder)));
        return new TableNode<>(
                table,
                completion(decoder),
                UnaryOperator.identity(),
                keySerde,
                keySerde.serializer(),
                List.of());
    }

    private Node filter(PlanNode.Filter filter) {
        Node input = compile(filter.input());
        if (input instanceof StreamNode node) {
            return new StreamNode(
                    node.stream()
                            .filter(
                                    (key, row) ->
                                            row != null
                                                    && filter.condition()
                                                            .isTrue(
                                                                    node.completion()
                                                                            .complete(key, row)
                                                                            .values())),
                    node.completion());
        }
        return filterTable((TableNode<?>) input, filter);
    }

    private static <K> TableNode<K> filterTable(TableNode<K> node, PlanNode.Filter filter) {
        KTable<K, Row> kept =
                node.table()
                        .filter(
                                (key, row) ->
                                        row != null
                                                && isTrue(filter.condition(), node.row(key, row)));
        return new TableNode<>(
                kept,
                node.completion(),
                node.view(),
                node.keySerde(),
                node.outputKey(),
                node.groupColumns());
    }

    private static boolean isTrue(Expression condition, @Nullable Row row) {
        return row != null && condition.isTrue(row.values());
    }

    private Node project(PlanNode.Project project) {
        Node input = compile(project.input());
        if (input instanceof StreamNode node) {
            KStream<byte[], Row> mapped =
                    node.stream()
                            .mapValues(
                                    (key, row) ->
                                            row == null
                                                    ? null
                                                    : project.apply(
                                                            node.completion().complete(key, row)));
            return new StreamNode(mapped, Completion.NONE);
        }
        return projectTable((TableNode<?>) input, project);
    }

    private static <K> TableNode<K> projectTable(TableNode<K> node, PlanNode.Project project) {
        UnaryOperator<Row> before = node.view();
        return new TableNode<>(
                node.table(),
                node.completion(),
                row -> project.apply(before.apply(row)),
                node.keySerde(),
                node.outputKey(),
                node.groupColumns());
    }

    private Node explode(PlanNode.Explode explode) {
        Node input = compile(explode.input());
        if (!(input instanceof StreamNode node)) {
            throw SqlException.invalid(
                    "EXPLODE and UNNEST of a table are not available in a persistent query");
        }
        KStream<byte[], Row> exploded =
                node.stream()
                        .flatMapValues(
                                (key, row) ->
                                        row == null
                                                ? List.of()
                                                : explode.apply(
                                                        node.completion().complete(key, row)));
        return new StreamNode(exploded, Completion.NONE);
    }

    private Node union(PlanNode.Union union) {
        KStream<byte[], Row> merged = null;
        for (PlanNode input : union.inputs()) {
            Node node = compile(input);
            if (!(node instanceof StreamNode stream)) {
                throw SqlException.invalid(
                        "UNION ALL of tables is not available in a persistent query");
            }
            KStream<byte[], Row> complete = stream.stream();
            if (stream.completion() != Completion.NONE) {
                complete =
                        complete.mapValues(
                                (key, row) ->
                                        row == null
                                                ? null
                                                : stream.completion().complete(key, row));
            }
            merged = merged == null ? complete : merged.merge(complete);
        }
        if (merged == null) {
            throw new IllegalStateException("a union without inputs");
        }
        return new StreamNode(merged, Completion.NONE);
    }

    private TableNode<Row> aggregate(PlanNode.Aggregate aggregate) {
        Node input = compile(aggregate.input());
        Aggregation aggregation =
                new Aggregation(
                        aggregate.groupBy(), aggregate.calls(), input instanceof TableNode<?>);
        RowSerde keySerde = new RowSerde();
        Materialized<Row, Row, KeyValueStore<Bytes, byte[]>> store =
                Materialized.with(keySerde, new RowSerde());
        KTable<Row, Row> groups =
                input instanceof StreamNode stream
                        ? aggregateStream(stream, aggregate, aggregation, store)
                        : aggregateTable((TableNode<?>) input, aggregate, aggregation, store);
        List<SqlType> types = new ArrayList<>();
        for (int i = 0; i < aggregate.groupBy().size(); i++) {
            types.add(aggregate.columns().get(i).type());
        }
        return new TableNode<>(
                groups,
                Completion.NONE,
                aggregation::result,
                keySerde,
                (topic, key) -> RecordEncoder.groupKeyBytes(key, types),
                types);
    }

    private static KTable<Row, Row> aggregateStream(
            StreamNode node,
            PlanNode.Aggregate aggregate,
            Aggregation aggregation,
            Materialized<Row, Row, KeyValueStore<Bytes, byte[]>> store) {
        return node.stream()
                .groupBy(
                        (key, row) ->
                                row == null
                                        ? Row.EMPTY
                                        : aggregation.key(node.completion().complete(key, row)),
                        Grouped.with(new RowSerde(), arguments(aggregate)))
                .aggregate(
                        () -> Row.EMPTY,
                        (key, row, state) -> aggregation.add(started(aggregation, key, state), row),
                        store);
    }

    private static <K> KTable<Row, Row> aggregateTable(
            TableNode<K> node,
            PlanNode.Aggregate aggregate,
            Aggregation aggregation,
            Materialized<Row, Row, KeyValueStore<Bytes, byte[]>> store) {
        return node.table()
                .<Row, Row>groupBy(
                        (key, stored) -> {
                            Row row = node.row(key, stored);
                            return row == null
                                    ? KeyValue.pair(null, null)
                                    : KeyValue.pair(aggregation.key(row), row);
                        },
                        Grouped.with(new RowSerde(), arguments(aggregate)))
                .aggregate(
                        () -> Row.EMPTY,
                        (key, row, state) -> aggregation.add(started(aggregation, key, state), row),
                        (key, row, state) -> {
                            Row less = aggregation.subtract(started(aggregation, key, state), row);
                            return aggregation.isEmpty(less) ? null : less;
                        },
                        store);
    }

    /** What the repartition topic carries: the columns that the aggregates read. */
    private static Serde<Row> arguments(PlanNode.Aggregate aggregate) {
        boolean[] columns = new boolean[aggregate.input().columns().size()];
        aggregate
                .calls()
                .forEach(
                        call -> {
                            call.arguments().forEach(argument -> columns[argument] = true);
                            if (call.filter() >= 0) {
                                columns[call.filter()] = true;
                            }
                        });
        return RowSerde.writingOnly(columns);
    }

    private static Row started(Aggregation aggregation, Row key, Row state) {
        return state.size() == 0 ? aggregation.start(key) : state;
    }

    private Relation sinkStream(PlannedQuery query, StreamNode node, SinkSpec sink) {
        if (sink.table()) {
            throw SqlException.invalid(
                    "this query makes a stream: CREATE STREAM, or read FROM TABLE(name) for the"
                            + " latest row per key");
        }
        OutputKey key = OutputKey.of(query, sink.columns());
        KStream<byte[], Row> stream = node.stream();
        if (node.completion() != Completion.NONE) {
            stream =
                    stream.mapValues(
                            (k, row) -> row == null ? null : node.completion().complete(k, row));
        }
        if (key.computed()) {
            SqlType type = sink.columns().get(key.column()).type();
            stream =
                    stream.selectKey(
                            (k, row) ->
                                    row == null
                                            ? k
                                            : RecordEncoder.keyBytes(row.get(key.column()), type));
        }
        RecordEncoder encoder = encoder(sink, key, UnaryOperator.identity());
        stream.to(sink.topic(), Produced.with(Serdes.ByteArray(), writing(encoder)));
        return key.relation(sink, query, List.of());
    }

    private <K> Relation sinkTable(PlannedQuery query, TableNode<K> node, SinkSpec sink) {
        if (!sink.table()) {
            throw SqlException.invalid(
                    "this query makes a table, its rows change: CREATE TABLE instead of CREATE"
                            + " STREAM");
        }
        OutputKey key = OutputKey.of(query, sink.columns());
        if (key.computed()) {
            throw SqlException.invalid(
                    "the key of a table is its group or its source's key; give the column rowkey"
                            + " another name");
        }
        KTable<K, Row> table = node.table();
        UnaryOperator<Row> view = node.view();
        if (node.completion() != Completion.NONE) {
            table = table.mapValues((k, row) -> row == null ? null : node.row(k, row));
            view = UnaryOperator.identity();
        }
        RecordEncoder encoder = encoder(sink, key, view);
        Serde<K> keySerde = Serdes.serdeFrom(node.outputKey(), node.keySerde().deserializer());
        table.toStream().to(sink.topic(), Produced.with(keySerde, writing(encoder)));
        return key.relation(sink, query, node.groupColumns());
    }

    private static RecordEncoder encoder(SinkSpec sink, OutputKey key, UnaryOperator<Row> view) {
        List<SqlType.Field> columns = new ArrayList<>();
        List<Integer> sources = new ArrayList<>();
        for (int i = 0; i < sink.columns().size(); i++) {
            if (i != key.column()) {
                columns.add(sink.columns().get(i));
                sources.add(i);
            }
        }
        OutputKey.check(sink, columns);
        return new RecordEncoder(
                sink.format(),
                columns,
                sources.stream().mapToInt(Integer::intValue).toArray(),
                view);
    }

    private static Serde<Row> writing(RecordEncoder encoder) {
        Deserializer<Row> none =
                (topic, bytes) -> {
                    throw new IllegalStateException("an output topic is not read here");
                };
        return Serdes.serdeFrom(encoder, none);
    }
}
