package dev.millrace.sql.exec;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.sql.catalog.Relation;
import dev.millrace.sql.catalog.SqlType;
import dev.millrace.sql.plan.PlannedQuery;
import dev.millrace.sql.row.Json;
import dev.millrace.sql.row.Row;
import dev.millrace.streams.TestInputTopic;
import dev.millrace.streams.TestOutputTopic;
import dev.millrace.streams.TopologyTestDriver;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** Runs a planned query over records without a broker: bounded, persistent, or pushed. */
final class QueryRuns {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final long START_MS = 1_700_000_000_000L;

    private QueryRuns() {}

    static String text(@Nullable Object[] row, List<SqlType.Field> columns) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < row.length; i++) {
            String json = Json.text(row[i], columns.get(i).type());
            boolean quoted = json.startsWith("\"");
            text.append(i == 0 ? "" : " | ")
                    .append(quoted ? json.substring(1, json.length() - 1) : json);
        }
        return text.toString();
    }

    /** The rows of a bounded query over records of one partition. */
    static List<String> bounded(Map<String, List<SqlScript.InputRecord>> topics, PlannedQuery query)
            throws InterruptedException {
        List<String> rows = new ArrayList<>();
        Changes collect =
                new Changes() {
                    @Override
                    public void change(@Nullable Row before, @Nullable Row after) {
                        assertThat(before).as("a bounded query only inserts").isNull();
                        if (after != null) {
                            rows.add(text(after.values(), query.columns()));
                        }
                    }

                    @Override
                    public void flush(boolean end) {}
                };
        LocalPlan plan = LocalPlan.wire(query.root(), collect, 10_000, false);
        try {
            plan.start();
            for (LocalScan scan : plan.scans()) {
                long offset = 0;
                for (SqlScript.InputRecord record : topics.getOrDefault(scan.topic(), List.of())) {
                    scan.record(consumed(scan.topic(), offset, record));
                    offset++;
                }
            }
            plan.flush(true);
        } catch (Changes.Enough e) {
            assertThat(rows).as("rows of a query with LIMIT").isNotNull();
        }
        return rows;
    }

    /**
     * What the changes of a push query leave, when the operators are flushed after every {@code
     * batch} records.
     */
    static List<String> pushed(
            Map<String, List<SqlScript.InputRecord>> topics, PlannedQuery query, int batch)
            throws InterruptedException {
        List<String> rows = new ArrayList<>();
        Changes apply =
                new Changes() {
                    @Override
                    public void change(@Nullable Row before, @Nullable Row after) {
                        if (before != null) {
                            String gone = text(before.values(), query.columns());
                            assertThat(rows.remove(gone)).as("takes back %s", gone).isTrue();
                        }
                        if (after != null) {
                            rows.add(text(after.values(), query.columns()));
                        }
                    }

                    @Override
                    public void flush(boolean end) {}
                };
        LocalPlan plan = LocalPlan.wire(query.root(), apply, 10_000, true);
        plan.start();
        for (LocalScan scan : plan.scans()) {
            long offset = 0;
            for (SqlScript.InputRecord record : topics.getOrDefault(scan.topic(), List.of())) {
                scan.record(consumed(scan.topic(), offset, record));
                if (++offset % batch == 0) {
                    plan.flush(false);
                }
            }
        }
        plan.flush(false);
        return rows;
    }

    private static ConsumerRecord<byte[], byte[]> consumed(
            String topic, long offset, SqlScript.InputRecord record) {
        return new ConsumerRecord<>(
                topic,
                0,
                offset,
                START_MS + offset,
                TimestampType.CREATE_TIME,
                -1,
                -1,
                record.key(),
                record.value(),
                new RecordHeaders(),
                java.util.Optional.empty());
    }

    /** The rows that the output topic holds in the end. */
    static List<String> persistent(
            Map<String, List<SqlScript.InputRecord>> topics, PlannedQuery query)
            throws IOException {
        boolean table = query.root().updates();
        CompiledTopology compiled =
                TopologyCompiler.compile(
                        query,
                        new SinkSpec("output", table, Relation.ValueFormat.JSON, query.columns()));
        Properties properties = new Properties();
        properties.put("application.id", "script");
        properties.put("bootstrap.servers", "none:1");
        Map<String, @Nullable String> latest = new LinkedHashMap<>();
        List<String> all = new ArrayList<>();
        try (TopologyTestDriver driver = new TopologyTestDriver(compiled.topology(), properties)) {
            for (Map.Entry<String, List<SqlScript.InputRecord>> topic : topics.entrySet()) {
                if (!compiled.topology()
                        .describe()
                        .toString()
                        .contains("[" + topic.getKey() + "]")) {
                    continue;
                }
                TestInputTopic<byte[], byte[]> input =
                        driver.createInputTopic(
                                topic.getKey(),
                                new ByteArraySerializer(),
                                new ByteArraySerializer());
                long at = START_MS;
                for (SqlScript.InputRecord record : topic.getValue()) {
                    input.pipeInput(record.key(), record.value(), at++);
                }
            }
            TestOutputTopic<byte[], byte[]> output =
                    driver.createOutputTopic(
                            "output", new ByteArrayDeserializer(), new ByteArrayDeserializer());
            while (!output.isEmpty()) {
                var record = output.readRecord();
                byte[] value = record.value();
                String row = value == null ? null : row(record.key(), value, query.columns());
                if (row != null) {
                    all.add(row);
                }
                latest.put(java.util.Arrays.toString(record.key()), row);
            }
        }
        if (!table) {
            return all;
        }
        return latest.values().stream().filter(java.util.Objects::nonNull).toList();
    }

    private static String row(byte @Nullable [] key, byte[] value, List<SqlType.Field> columns)
            throws IOException {
        JsonNode json = MAPPER.readTree(value);
        StringBuilder text = new StringBuilder();
        for (SqlType.Field column : columns) {
            JsonNode field = json.get(column.name());
            text.append(text.length() == 0 ? "" : " | ");
            if (column.name().equals(Relation.ROWKEY)) {
                text.append(key == null ? "null" : new String(key, StandardCharsets.UTF_8));
                continue;
            }
            text.append(field.isTextual() ? field.asText() : field.toString());
        }
        return text.toString();
    }
}
