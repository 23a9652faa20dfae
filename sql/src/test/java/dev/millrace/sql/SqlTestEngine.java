package dev.millrace.sql;

import dev.millrace.broker.TestBroker;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/** An engine over the test broker, with names of its own; what it created it drops at the end. */
public final class SqlTestEngine implements AutoCloseable {
    private final TestBroker broker = TestBroker.start();
    private final Vertx vertx = Vertx.vertx();
    private final String id = UUID.randomUUID().toString().substring(0, 8);
    private final Path stateDir;
    private final List<String> topics = new ArrayList<>();
    private SqlEngine engine;

    public SqlTestEngine() {
        try {
            stateDir = Files.createTempDirectory("sql-test");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        engine = start();
    }

    private SqlEngine start() {
        return SqlEngine.start(vertx, config());
    }

    public SqlConfig config() {
        return SqlConfig.of(broker.bootstrapServers(), stateDir)
                .withApplicationIdPrefix("sqltest-" + id + "-")
                .withDefinitionsTopic("_sqltest_" + id);
    }

    public SqlEngine engine() {
        return engine;
    }

    public Vertx vertx() {
        return vertx;
    }

    public String bootstrapServers() {
        return broker.bootstrapServers();
    }

    /** A name that no other test uses. */
    public String name(String base) {
        return base + "_" + id;
    }

    /** Closes the engine and starts another on the same cluster and state, as a restart does. */
    public void restart() {
        engine.close();
        engine = start();
    }

    /** A topic of its own with these values. */
    public String topic(String base, int partitions, List<String> values) {
        String topic = name(base);
        execute(
                "CREATE STREAM "
                        + topic
                        + "_decl (value VARCHAR) WITH (kafka_topic='"
                        + topic
                        + "', value_format='TEXT', partitions="
                        + partitions
                        + ")");
        execute("DROP STREAM " + topic + "_decl");
        topics.add(topic);
        produce(topic, values);
        return topic;
    }

    public void produce(String topic, List<String> values) {
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(
                        Map.of("bootstrap.servers", broker.bootstrapServers(), "linger.ms", 5),
                        new StringSerializer(),
                        new StringSerializer())) {
            for (String value : values) {
                producer.send(new ProducerRecord<>(topic, value));
            }
            producer.flush();
        }
    }

    /** The answer of one statement without a SELECT. */
    public SqlAnswer execute(String sql) {
        List<SqlStatement> statements = engine.parse(sql);
        return engine.execute(statements.get(0), Map.of());
    }

    public String message(String sql) {
        return ((SqlAnswer.Message) execute(sql)).text();
    }

    /** All rows of a SELECT, or of SHOW. */
    public List<List<@Nullable Object>> rows(String sql) {
        SqlAnswer answer = execute(sql);
        List<List<@Nullable Object>> rows = new ArrayList<>();
        if (answer instanceof SqlAnswer.Rows listed) {
            listed.rows().forEach(row -> rows.add(new ArrayList<>(java.util.Arrays.asList(row))));
        } else if (answer instanceof SqlAnswer.Query query) {
            query.run().run((op, row) -> rows.add(new ArrayList<>(java.util.Arrays.asList(row))));
        }
        return rows;
    }

    @Override
    public void close() {
        try {
            execute("TERMINATE ALL");
            for (String topic : topics) {
                try (org.apache.kafka.clients.admin.Admin admin =
                        org.apache.kafka.clients.admin.Admin.create(
                                Map.of("bootstrap.servers", broker.bootstrapServers()))) {
                    admin.deleteTopics(List.of(topic))
                            .all()
                            .toCompletionStage()
                            .toCompletableFuture()
                            .join();
                }
            }
        } finally {
            engine.close();
            vertx.close().toCompletionStage().toCompletableFuture().join();
            broker.close();
        }
    }
}
