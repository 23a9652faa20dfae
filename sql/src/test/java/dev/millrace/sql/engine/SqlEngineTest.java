package dev.millrace.sql.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.sql.RowOp;
import dev.millrace.sql.SqlAnswer;
import dev.millrace.sql.SqlEngine;
import dev.millrace.sql.SqlException;
import dev.millrace.sql.SqlTestEngine;
import dev.millrace.streams.KafkaStreams;
import dev.millrace.streams.StreamsBuilder;
import dev.millrace.streams.kstream.Consumed;
import dev.millrace.streams.kstream.Grouped;
import dev.millrace.streams.kstream.Produced;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SqlEngineTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final List<String> LINES =
            List.of(
                    "It was the best of times, it was the worst of times,",
                    "it was the age of wisdom, it was the age of foolishness,",
                    "it was the epoch of belief, it was the epoch of incredulity");

    private static final String WORD_COUNT =
            "SELECT word, COUNT(*) AS n FROM (SELECT EXPLODE(SPLIT(LOWER(value), '\\W+')) AS word FROM"
                    + " %s) WHERE word <> '' GROUP BY word";

    private SqlTestEngine sql;

    @BeforeEach
    void start() {
        sql = new SqlTestEngine();
    }

    @AfterEach
    void stop() {
        sql.close();
    }

    private static Map<String, Long> reference(List<String> lines) {
        Map<String, Long> counts = new TreeMap<>();
        for (String line : lines) {
            for (String word : line.toLowerCase(Locale.ROOT).split("\\W+")) {
                counts.merge(word, 1L, Long::sum);
            }
        }
        return counts;
    }

    private Map<String, Long> counts(String query) {
        Map<String, Long> counts = new TreeMap<>();
        for (List<@Nullable Object> row : sql.rows(query)) {
            counts.put(String.valueOf(row.get(0)), (Long) row.get(1));
        }
        return counts;
    }

    @Test
    void word_count_is_the_same_bounded_persistent_and_in_java() {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            lines.addAll(LINES);
        }
        String topic = sql.topic("lines", 3, lines);
        String table = sql.name("counts");
        String javaTopic = sql.name("java_counts");

        sql.execute("CREATE TABLE " + table + " AS " + String.format(WORD_COUNT, topic));
        sql.execute(
                "CREATE TABLE "
                        + javaTopic
                        + " (word VARCHAR PRIMARY KEY, value BIGINT) WITH (value_format='LONG',"
                        + " partitions=1)");
        try (KafkaStreams java = wordCountInJava(topic, javaTopic)) {
            java.start();
            Map<String, Long> expected = reference(lines);
            assertThat(counts(String.format(WORD_COUNT, topic))).isEqualTo(expected);
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () ->
                                    assertThat(counts("SELECT word, n FROM " + table))
                                            .isEqualTo(expected));
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () ->
                                    assertThat(counts("SELECT word, value FROM " + javaTopic))
                                            .isEqualTo(expected));
        }
        sql.execute("DROP TABLE " + table + " DELETE TOPIC");
        sql.execute("DROP TABLE " + javaTopic + " DELETE TOPIC");
    }

    private KafkaStreams wordCountInJava(String from, String to) {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(from, Consumed.with(Serdes.String(), Serdes.String()))
                .flatMapValues(line -> Arrays.asList(line.toLowerCase(Locale.ROOT).split("\\W+")))
                .groupBy((key, word) -> word, Grouped.with(Serdes.String(), Serdes.String()))
                .count()
                .toStream()
                .to(to, Produced.with(Serdes.String(), Serdes.Long()));
        Properties properties = new Properties();
        properties.put("application.id", sql.name("java-word-count"));
        properties.put("bootstrap.servers", sql.bootstrapServers());
        properties.put("state.dir", sql.config().stateDir().resolve("java").toString());
        properties.put("commit.interval.ms", 100);
        return new KafkaStreams(builder.build(), properties);
    }

    @Test
    void a_query_goes_on_after_a_restart() {
        String topic = sql.topic("lines", 2, LINES);
        String table = sql.name("counts");
        sql.execute("CREATE TABLE " + table + " AS " + String.format(WORD_COUNT, topic));
        await().atMost(PATIENCE)
                .untilAsserted(
                        () ->
                                assertThat(counts("SELECT word, n FROM " + table))
                                        .isEqualTo(reference(LINES)));

        sql.restart();
        sql.produce(topic, LINES);

        List<String> twice = new ArrayList<>(LINES);
        twice.addAll(LINES);
        await().atMost(PATIENCE)
                .untilAsserted(
                        () ->
                                assertThat(counts("SELECT word, n FROM " + table))
                                        .isEqualTo(reference(twice)));
        assertThat(sql.rows("SHOW QUERIES")).hasSize(1);
        sql.execute("DROP TABLE " + table + " DELETE TOPIC");
        assertThat(sql.rows("SHOW QUERIES")).isEmpty();
    }

    @Test
    void a_definition_that_no_longer_works_does_not_stop_the_others() throws Exception {
        String topic = sql.topic("lines", 1, LINES);
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(
                        Map.of("bootstrap.servers", sql.bootstrapServers()),
                        new StringSerializer(),
                        new StringSerializer())) {
            producer.send(
                            new ProducerRecord<>(
                                    sql.config().definitionsTopic(), "junk", "{not json"))
                    .get(10, TimeUnit.SECONDS);
            String relation =
                    "{\"name\":\"old\",\"topic\":\"old\",\"table\":true,\"keyName\":\"rowkey\","
                            + "\"keyType\":\"VARCHAR\",\"keyFormat\":\"TEXT\",\"keyVisible\":false,"
                            + "\"format\":\"JSON\",\"declared\":true,\"columns\":[]}";
            producer.send(
                            new ProducerRecord<>(
                                    sql.config().definitionsTopic(),
                                    "old",
                                    "{\"version\":1,\"statement\":\"CREATE TABLE old AS SELECT"
                                            + " NO_SUCH(x) FROM y\",\"queryId\":\"ctas_old_1\","
                                            + "\"relation\":"
                                            + relation
                                            + ",\"sources\":[]}"))
                    .get(10, TimeUnit.SECONDS);
        }
        sql.restart();
        assertThat(sql.rows("SELECT COUNT(*) AS n FROM " + topic)).containsExactly(List.of(3L));
        List<List<@Nullable Object>> queries = sql.rows("SHOW QUERIES");
        assertThat(queries).hasSize(1);
        assertThat(queries.get(0).get(1)).isEqualTo("FAILED");
        assertThat(sql.message("TERMINATE ctas_old_1")).contains("terminated");
    }

    @Test
    void a_push_query_gives_the_state_then_the_changes_and_ends_when_cancelled() throws Exception {
        String topic = sql.topic("lines", 1, List.of("a b", "a"));
        SqlEngine engine = sql.engine();
        SqlAnswer.Query push =
                (SqlAnswer.Query)
                        engine.execute(
                                engine.parse(String.format(WORD_COUNT, topic) + " EMIT CHANGES")
                                        .get(0),
                                Map.of());
        BlockingQueue<String> changes = new LinkedBlockingQueue<>();
        CompletableFuture<SqlEngine.Outcome> ended = new CompletableFuture<>();
        engine.run(
                push,
                (RowOp op, @Nullable Object[] row) ->
                        changes.add(op.code() + row[0] + "=" + row[1]),
                ended::complete);

        assertThat(List.of(take(changes), take(changes))).containsExactly("+Ia=2", "+Ib=1");
        sql.produce(topic, List.of("b c"));
        assertThat(List.of(take(changes), take(changes), take(changes)))
                .containsExactly("-Ub=1", "+Ub=2", "+Ic=1");

        push.run().cancel();
        assertThat(ended.get(10, TimeUnit.SECONDS).error()).isNull();
        assertThat(engine.runningQueries()).isZero();
    }

    private static String take(BlockingQueue<String> queue) throws InterruptedException {
        String next = queue.poll(30, TimeUnit.SECONDS);
        return next == null ? "nothing came" : next;
    }

    @Test
    void a_query_with_too_much_state_ends_with_an_error_that_says_so() {
        String topic = sql.topic("lines", 1, List.of("a b c d e f g h"));
        SqlEngine small =
                SqlEngine.start(
                        sql.vertx(),
                        sql.config().withDefinitionsTopic(sql.name("_small")).withMaxStateRows(5));
        try (small) {
            SqlAnswer.Query query =
                    (SqlAnswer.Query)
                            small.execute(
                                    small.parse(String.format(WORD_COUNT, topic)).get(0), Map.of());
            assertThatThrownBy(() -> query.run().run((op, row) -> true))
                    .isInstanceOf(SqlException.class)
                    .hasMessageContaining("more than 5 rows in memory");
        }
    }

    @Test
    void streams_are_declared_written_described_and_dropped() {
        String orders = sql.name("orders");
        assertThat(
                        sql.message(
                                "CREATE STREAM "
                                        + orders
                                        + " (id VARCHAR KEY, who VARCHAR, amount DOUBLE) WITH"
                                        + " (partitions=1)"))
                .contains("created");
        sql.execute("INSERT INTO " + orders + " VALUES ('o1', 'ann', 10), ('o2', 'bob', 2.5)");
        assertThat(sql.rows("SELECT * FROM " + orders))
                .containsExactly(List.of("o1", "ann", 10.0), List.of("o2", "bob", 2.5));

        String big = sql.name("big");
        sql.execute(
                "CREATE STREAM "
                        + big
                        + " AS SELECT id, amount * 2 AS twice FROM "
                        + orders
                        + " WHERE amount > 5");
        await().atMost(PATIENCE)
                .untilAsserted(
                        () ->
                                assertThat(sql.rows("SELECT id, twice FROM " + big))
                                        .containsExactly(List.of("o1", 20.0)));

        assertThatThrownBy(() -> sql.execute("DROP STREAM " + orders))
                .isInstanceOf(SqlException.class)
                .hasMessageContaining("is read by query");
        assertThatThrownBy(
                        () ->
                                sql.execute(
                                        "CREATE STREAM "
                                                + big
                                                + " AS SELECT 1 AS x FROM "
                                                + orders))
                .hasMessageContaining("is there already");
        assertThat(sql.rows("DESCRIBE " + orders)).hasSize(6);
        sql.execute("DROP STREAM " + big + " DELETE TOPIC");
        sql.execute("DROP STREAM " + orders + " DELETE TOPIC");
        assertThat(sql.message("DROP STREAM IF EXISTS " + orders)).contains("no");
    }

    @Test
    void explain_prints_the_topology_of_a_statement_and_of_a_running_query() {
        String topic = sql.topic("lines", 1, LINES);
        String table = sql.name("counts");
        String create = "CREATE TABLE " + table + " AS " + String.format(WORD_COUNT, topic);
        String planned = sql.message("EXPLAIN " + create);
        assertThat(planned)
                .startsWith("Topologies:")
                .contains("KSTREAM-FLATMAPVALUES", "Logical plan");
        sql.execute(create);
        String id = String.valueOf(sql.rows("SHOW QUERIES").get(0).get(0));
        assertThat(planned).startsWith(sql.message("EXPLAIN " + id));
        sql.execute("DROP TABLE " + table + " DELETE TOPIC");
    }
}
