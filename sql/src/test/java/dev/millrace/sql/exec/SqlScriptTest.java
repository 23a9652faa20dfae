package dev.millrace.sql.exec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.sql.SqlException;
import dev.millrace.sql.catalog.Relation;
import dev.millrace.sql.catalog.SqlType;
import dev.millrace.sql.parser.SqlTexts;
import dev.millrace.sql.parser.Statement;
import dev.millrace.sql.plan.PlannedQuery;
import dev.millrace.sql.plan.QueryPlanner;
import dev.millrace.sql.row.Json;
import dev.millrace.sql.row.Row;
import dev.millrace.streams.TestInputTopic;
import dev.millrace.streams.TestOutputTopic;
import dev.millrace.streams.TopologyTestDriver;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The scripts in {@code src/test/resources/sql}, each query as a bounded and a persistent one. */
class SqlScriptTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final long START_MS = 1_700_000_000_000L;

    @TestFactory
    Stream<DynamicNode> scripts() throws IOException {
        List<Path> files;
        try (Stream<Path> found = Files.list(Path.of("src/test/resources/sql"))) {
            files = found.sorted().toList();
        }
        assertThat(files).isNotEmpty();
        return files.stream()
                .map(
                        file -> {
                            SqlScript script = SqlScript.read(file);
                            return DynamicContainer.dynamicContainer(
                                    file.getFileName().toString(),
                                    script.cases().stream().flatMap(c -> tests(script, c)));
                        });
    }

    private static Stream<DynamicTest> tests(SqlScript script, SqlScript.Case one) {
        if (one.error()) {
            return Stream.of(DynamicTest.dynamicTest(one.title(), () -> refused(script, one)));
        }
        DynamicTest bounded =
                DynamicTest.dynamicTest(
                        one.title() + " (bounded)",
                        () -> compare(one, bounded(script, plan(script, one.sql()))));
        if (one.once()) {
            return Stream.of(bounded);
        }
        return Stream.of(
                bounded,
                DynamicTest.dynamicTest(
                        one.title() + " (persistent)",
                        () -> compare(one, persistent(script, plan(script, one.sql())))));
    }

    private static void compare(SqlScript.Case one, List<String> rows) {
        if (one.sql().toUpperCase(java.util.Locale.ROOT).contains("ORDER BY")) {
            assertThat(rows).containsExactlyElementsOf(one.expected());
        } else {
            assertThat(rows).containsExactlyInAnyOrderElementsOf(one.expected());
        }
    }

    private static void refused(SqlScript script, SqlScript.Case one) {
        SqlException error =
                catchThrowableOfType(
                        SqlException.class, () -> bounded(script, plan(script, one.sql())));
        assertThat(error).as("an error").isNotNull();
        String said =
                error.line() > 0
                        ? error.line() + ":" + error.column() + " " + error.getMessage()
                        : String.valueOf(error.getMessage());
        for (String part : one.expected()) {
            assertThat(said).contains(part);
        }
    }

    private static PlannedQuery plan(SqlScript script, String sql) {
        Statement.Query query = (Statement.Query) SqlTexts.parseOne(sql).node();
        return new QueryPlanner(script).plan(query.query());
    }

    private static String text(@Nullable Object[] row, List<SqlType.Field> columns) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < row.length; i++) {
            String json = Json.text(row[i], columns.get(i).type());
            boolean quoted = json.startsWith("\"");
            text.append(i == 0 ? "" : " | ")
                    .append(quoted ? json.substring(1, json.length() - 1) : json);
        }
        return text.toString();
    }

    private static List<String> bounded(SqlScript script, PlannedQuery query)
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
                for (SqlScript.InputRecord record :
                        script.topics().getOrDefault(scan.topic(), List.of())) {
                    scan.record(
                            new ConsumerRecord<byte[], byte[]>(
                                    scan.topic(),
                                    0,
                                    offset,
                                    START_MS + offset,
                                    TimestampType.CREATE_TIME,
                                    -1,
                                    -1,
                                    record.key(),
                                    record.value(),
                                    new RecordHeaders(),
                                    java.util.Optional.empty()));
                    offset++;
                }
            }
            plan.flush(true);
        } catch (Changes.Enough e) {
            assertThat(rows).as("rows of a query with LIMIT").isNotNull();
        }
        return rows;
    }

    /** The rows that the output topic holds in the end. */
    private static List<String> persistent(SqlScript script, PlannedQuery query)
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
            for (Map.Entry<String, List<SqlScript.InputRecord>> topic :
                    script.topics().entrySet()) {
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
