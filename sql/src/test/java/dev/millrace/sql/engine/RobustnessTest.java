package dev.millrace.sql.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.sql.SqlAnswer;
import dev.millrace.sql.SqlConfig;
import dev.millrace.sql.SqlEngine;
import dev.millrace.sql.SqlException;
import dev.millrace.sql.SqlTestEngine;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.management.ObjectName;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Topics as they are, and readers and topics that go away. */
class RobustnessTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static SqlTestEngine sql;

    @BeforeAll
    static void start() {
        sql = new SqlTestEngine();
    }

    @AfterAll
    static void stop() {
        sql.close();
    }

    private static SqlAnswer.Query query(String text) {
        SqlEngine engine = sql.engine();
        return (SqlAnswer.Query) engine.execute(engine.parse(text).get(0), Map.of());
    }

    private static void deleteTopic(String topic) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", sql.bootstrapServers()))) {
            admin.deleteTopics(List.of(topic)).all().get(30, TimeUnit.SECONDS);
        }
    }

    @Test
    void too_few_brokers_for_the_definitions_stop_nobody_from_asking() {
        String topic = sql.topic("early", 1, List.of("{\"n\":17}"));
        SqlConfig config =
                sql.config()
                        .withDefinitionsTopic(sql.name("_replicated"))
                        .withDefinitionsReplication(3);
        try (SqlEngine engine = SqlEngine.start(sql.vertx(), config)) {
            SqlAnswer.Query answer =
                    (SqlAnswer.Query)
                            engine.execute(engine.parse("SELECT n FROM " + topic).get(0), Map.of());
            assertThat(answer.run().run((op, row) -> true)).isEqualTo(1);

            assertThatThrownBy(
                            () ->
                                    engine.execute(
                                            engine.parse(
                                                            "CREATE STREAM s (n INT) WITH (kafka_topic='"
                                                                    + topic
                                                                    + "', value_format='JSON')")
                                                    .get(0),
                                            Map.of()))
                    .isInstanceOf(SqlException.class)
                    .hasMessageContaining("made once there are 3 brokers");
        }
    }

    @Test
    void a_topic_with_anything_in_it_is_read_as_far_as_it_fits() throws Exception {
        String topic = sql.topic("messy", 1, List.of());
        List<@Nullable String> values = new ArrayList<>();
        values.add("{\"u\":\"ann\",\"n\":1}");
        values.add("{\"u\":\"bob\",\"n\":\"2\"}");
        values.add("{\"u\":\"cut off");
        values.add("[1,2]");
        values.add("17");
        values.add("not json at all");
        values.add("");
        values.add(null);
        values.add("{\"u\":{\"first\":\"eve\"},\"n\":3.0}");
        values.add("{\"u\":\"" + "x".repeat(500_000) + "\",\"n\":4}");
        values.add("{\"n\":null,\"u\":\"nil\"}");
        try (KafkaProducer<String, byte[]> producer =
                new KafkaProducer<>(
                        Map.of("bootstrap.servers", sql.bootstrapServers()),
                        new StringSerializer(),
                        new ByteArraySerializer())) {
            for (String value : values) {
                ProducerRecord<String, byte[]> record =
                        new ProducerRecord<>(
                                topic,
                                "k",
                                value == null ? null : value.getBytes(StandardCharsets.UTF_8));
                record.headers().add("trace", new byte[] {1, 2, 3}).add("empty", null);
                producer.send(record).get(10, TimeUnit.SECONDS);
            }
        }
        String stream = sql.name("messy_stream");
        sql.execute(
                "CREATE STREAM "
                        + stream
                        + " (u VARCHAR, n BIGINT) WITH (kafka_topic='"
                        + topic
                        + "', value_format='JSON')");
        String select = "SELECT CHAR_LENGTH(u) AS len, n FROM " + stream;
        List<List<@Nullable Object>> fitting = new ArrayList<>();
        fitting.add(List.of(3L, 1L));
        fitting.add(List.of(3L, 2L));
        fitting.add(List.of(15L, 3L));
        fitting.add(List.of(500_000L, 4L));
        fitting.add(java.util.Arrays.asList(3L, null));
        assertThat(sql.rows(select)).isEqualTo(fitting);

        String output = sql.name("messy_lengths");
        sql.execute("CREATE STREAM " + output + " AS " + select);
        await().atMost(PATIENCE)
                .untilAsserted(
                        () ->
                                assertThat(sql.rows("SELECT len, n FROM " + output))
                                        .isEqualTo(fitting));
        assertThat(sql.rows("SHOW QUERIES"))
                .anySatisfy(
                        row -> assertThat(row.subList(1, 3)).isEqualTo(List.of("RUNNING", output)));
        sql.execute("DROP STREAM " + output + " DELETE TOPIC");
        sql.execute("DROP STREAM " + stream);
    }

    @Test
    void fifty_push_queries_leave_neither_threads_nor_consumers_behind() throws Exception {
        String topic = sql.topic("watched", 1, List.of("a", "b"));
        int queries = 50;
        CountDownLatch rows = new CountDownLatch(2 * queries);
        List<SqlAnswer.Query> open = new ArrayList<>();
        List<CompletableFuture<SqlEngine.Outcome>> ends = new ArrayList<>();
        for (int i = 0; i < queries; i++) {
            SqlAnswer.Query query = query("SELECT value FROM " + topic + " EMIT CHANGES");
            CompletableFuture<SqlEngine.Outcome> end = new CompletableFuture<>();
            open.add(query);
            ends.add(end);
            sql.engine()
                    .run(
                            query,
                            (op, row) -> {
                                rows.countDown();
                                return true;
                            },
                            end::complete);
        }
        assertThat(rows.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(sql.engine().runningQueries()).isEqualTo(queries);
        assertThat(consumers()).isEqualTo(queries);

        open.forEach(query -> query.run().cancel());
        for (CompletableFuture<SqlEngine.Outcome> end : ends) {
            assertThat(end.get(30, TimeUnit.SECONDS).error()).isNull();
        }
        assertThat(sql.engine().runningQueries()).isZero();
        assertThat(consumers()).isZero();
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(
                        () ->
                                assertThat(Thread.getAllStackTraces().keySet())
                                        .extracting(Thread::getName)
                                        .noneMatch(name -> name.startsWith("sql-query-")));
    }

    private static int consumers() throws Exception {
        return ManagementFactory.getPlatformMBeanServer()
                .queryNames(
                        new ObjectName("kafka.consumer:type=app-info,id=millrace-sql-query-*"),
                        null)
                .size();
    }

    @Test
    void a_push_query_whose_topic_is_deleted_ends_with_an_error() throws Exception {
        String topic = sql.name("gone_soon");
        declare(topic);
        sql.produce(topic, List.of("a"));
        CountDownLatch first = new CountDownLatch(1);
        CompletableFuture<SqlEngine.Outcome> end = new CompletableFuture<>();
        sql.engine()
                .run(
                        query("SELECT value FROM " + topic + " EMIT CHANGES"),
                        (op, row) -> {
                            first.countDown();
                            return true;
                        },
                        end::complete);
        assertThat(first.await(30, TimeUnit.SECONDS)).isTrue();
        deleteTopic(topic);
        SqlException error = end.get(30, TimeUnit.SECONDS).error();
        assertThat(error).isNotNull().hasMessageContaining("topic " + topic + " was deleted");
    }

    @Test
    void a_persistent_query_whose_topic_is_deleted_says_so() throws Exception {
        String topic = sql.name("gone_source");
        declare(topic);
        sql.produce(topic, List.of("a"));
        String output = sql.name("gone_output");
        sql.execute("CREATE STREAM " + output + " AS SELECT UPPER(value) AS u FROM " + topic);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(sql.rows("SELECT u FROM " + output)).hasSize(1));
        deleteTopic(topic);
        await().atMost(PATIENCE)
                .untilAsserted(
                        () ->
                                assertThat(sql.rows("SHOW QUERIES"))
                                        .anySatisfy(
                                                row -> {
                                                    assertThat(row.get(1)).isEqualTo("FAILED");
                                                    assertThat(row.get(2)).isEqualTo(output);
                                                    assertThat(row.get(4))
                                                            .asString()
                                                            .contains("topic " + topic)
                                                            .contains("not there any more");
                                                }));
        sql.execute("DROP STREAM " + output + " DELETE TOPIC");
    }

    private static void declare(String topic) {
        sql.execute(
                "CREATE STREAM "
                        + topic
                        + " (value VARCHAR) WITH (value_format='TEXT', partitions=1)");
        sql.execute("DROP STREAM " + topic);
    }
}
