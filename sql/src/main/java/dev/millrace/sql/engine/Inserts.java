package dev.millrace.sql.engine;

import dev.millrace.sql.RowOp;
import dev.millrace.sql.SqlAnswer;
import dev.millrace.sql.SqlException;
import dev.millrace.sql.catalog.Relation;
import dev.millrace.sql.catalog.SqlType;
import dev.millrace.sql.catalog.Topics;
import dev.millrace.sql.exec.LocalQuery;
import dev.millrace.sql.plan.PlanNode;
import dev.millrace.sql.plan.PlannedQuery;
import dev.millrace.sql.plan.QueryPlanner;
import dev.millrace.sql.plan.Relations;
import dev.millrace.sql.plan.Suggestions;
import dev.millrace.sql.row.RecordEncoder;
import dev.millrace.sql.row.Row;
import dev.millrace.sql.row.Values;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlInsert;
import org.apache.calcite.sql.SqlNode;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** {@code INSERT INTO name [(columns)] VALUES ...}: one record per row, all acknowledged. */
final class Inserts {
    private static final int MAX_ROWS = 10_000;
    private static final int TIMEOUT_MS = 15_000;

    private final Topics topics;
    private final Catalog catalog;

    Inserts(Topics topics, Catalog catalog) {
        this.topics = topics;
        this.catalog = catalog;
    }

    SqlAnswer insert(SqlInsert insert) {
        SqlNode target = insert.getTargetTable();
        if (!(target instanceof SqlIdentifier identifier)) {
            throw SqlException.invalid("INSERT INTO takes a name");
        }
        Relations names = catalog.snapshot();
        String name = Statements.name(identifier);
        Relation relation = names.find(name);
        if (relation == null) {
            throw Statements.at(
                    identifier,
                    SqlException.Kind.NOT_FOUND,
                    Suggestions.noRelation(name, names.names()));
        }
        PlannedQuery planned = new QueryPlanner(names).plan(insert.getSource());
        if (reads(planned.root())) {
            throw SqlException.invalid(
                    "INSERT takes VALUES; for a query use CREATE STREAM ... AS SELECT");
        }
        int[] positions = positions(insert, relation, planned.columns().size());
        List<Row> rows = new ArrayList<>();
        new LocalQuery(topics.bootstrapServers(), planned, false, false, -1, MAX_ROWS)
                .run(
                        (RowOp op, @Nullable Object[] row) -> {
                            rows.add(new Row(row));
                            return true;
                        });
        send(relation, positions, rows);
        topics.forget(relation.topic());
        return new SqlAnswer.Message(
                rows.size() + (rows.size() == 1 ? " row is" : " rows are") + " in " + name);
    }

    private static boolean reads(PlanNode node) {
        if (node instanceof PlanNode.Scan) {
            return true;
        }
        if (node instanceof PlanNode.Project project) {
            return reads(project.input());
        }
        if (node instanceof PlanNode.Filter filter) {
            return reads(filter.input());
        }
        if (node instanceof PlanNode.Union union) {
            return union.inputs().stream().anyMatch(Inserts::reads);
        }
        return !(node instanceof PlanNode.Values);
    }

    /** For each column of the layout the index in a row of VALUES, or -1. */
    private static int[] positions(SqlInsert insert, Relation relation, int width) {
        List<SqlType.Field> layout = relation.layout();
        int[] positions = new int[relation.columns().size() + 1];
        java.util.Arrays.fill(positions, -1);
        if (insert.getTargetColumnList() == null) {
            int first = relation.keyVisible() ? 0 : 1;
            if (width != positions.length - first) {
                throw Statements.at(
                        insert.getSource(),
                        SqlException.Kind.INVALID,
                        relation.name()
                                + " has "
                                + (positions.length - first)
                                + " columns, the row has "
                                + width
                                + "; name the columns: INSERT INTO "
                                + relation.name()
                                + " (a, b) VALUES ...");
            }
            for (int i = first; i < positions.length; i++) {
                positions[i] = i - first;
            }
            return positions;
        }
        List<SqlNode> named = insert.getTargetColumnList().getList();
        if (named.size() != width) {
            throw SqlException.invalid(named.size() + " columns are named, the row has " + width);
        }
        for (int i = 0; i < named.size(); i++) {
            String column = Statements.name((SqlIdentifier) named.get(i));
            int found =
                    IntStream.range(0, positions.length)
                            .filter(k -> layout.get(k).name().equalsIgnoreCase(column))
                            .findFirst()
                            .orElse(-1);
            if (found < 0) {
                throw Statements.at(
                        named.get(i),
                        SqlException.Kind.INVALID,
                        "no column "
                                + column
                                + " in "
                                + relation.name()
                                + (relation.declared()
                                        ? ""
                                        : " (its columns were inferred; CREATE STREAM declares"
                                                + " others)"));
            }
            positions[found] = i;
        }
        return positions;
    }

    private void send(Relation relation, int[] positions, List<Row> rows) {
        RecordEncoder encoder =
                new RecordEncoder(
                        relation.format(),
                        relation.columns(),
                        IntStream.rangeClosed(1, relation.columns().size()).toArray(),
                        UnaryOperator.identity());
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        Map.of(
                                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                                topics.bootstrapServers(),
                                ProducerConfig.ACKS_CONFIG,
                                "all",
                                ProducerConfig.MAX_BLOCK_MS_CONFIG,
                                TIMEOUT_MS,
                                ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG,
                                5_000,
                                ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                                TIMEOUT_MS),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            for (Row row : rows) {
                @Nullable Object[] values = new Object[positions.length];
                for (int i = 0; i < positions.length; i++) {
                    Object value = positions[i] < 0 ? null : row.get(positions[i]);
                    values[i] = coerce(value, relation.layout().get(i));
                }
                sent.add(
                        producer.send(
                                new ProducerRecord<>(
                                        relation.topic(),
                                        key(relation, values[0]),
                                        encoder.serialize(relation.topic(), new Row(values)))));
            }
            for (Future<RecordMetadata> one : sent) {
                one.get(TIMEOUT_MS, TimeUnit.MILLISECONDS);
            }
        } catch (ExecutionException | TimeoutException | KafkaException e) {
            throw new SqlException(
                    SqlException.Kind.FAILED, "not all rows are written: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SqlException(SqlException.Kind.FAILED, "interrupted", e);
        }
    }

    private static byte @Nullable [] key(Relation relation, @Nullable Object value) {
        if (value == null) {
            return null;
        }
        if (relation.keyFormat() == Relation.ValueFormat.LONG) {
            return ByteBuffer.allocate(8).putLong((Long) value).array();
        }
        return RecordEncoder.keyBytes(value, relation.keyType());
    }

    /** A literal's value as the column's class: numbers by size, text by what it says. */
    private static @Nullable Object coerce(@Nullable Object value, SqlType.Field column) {
        SqlType type = column.type();
        if (value == null || !(type instanceof SqlType.Scalar)) {
            return value;
        }
        Object fitting;
        if (value instanceof byte[] || value instanceof Boolean) {
            fitting = value;
        } else if (value instanceof Number number && type == SqlType.Scalar.DOUBLE) {
            fitting = number.doubleValue();
        } else {
            boolean temporal =
                    value instanceof Long
                            && (type == SqlType.Scalar.DATE
                                    || type == SqlType.Scalar.TIME
                                    || type == SqlType.Scalar.TIMESTAMP);
            fitting = temporal ? value : Values.ofText(String.valueOf(value), type);
        }
        if (fitting == null) {
            throw SqlException.invalid(
                    value + " is no " + type.sql() + ", which column " + column.name() + " is");
        }
        return fitting;
    }
}
