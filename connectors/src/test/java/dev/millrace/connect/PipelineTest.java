package dev.millrace.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.broker.TestBroker;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.SinkConnector;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Converters, transformations, predicates and errors between a topic and a connector. */
class PipelineTest {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static TestBroker broker;

    @TempDir Path directory;
    private final String id = UUID.randomUUID().toString().substring(0, 8);
    private final String topic = "connect-pipeline-" + id;

    @BeforeAll
    static void start() {
        broker = TestBroker.start();
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    @Test
    void transformations_apply_in_order_where_their_predicate_holds_into_a_topic_as_ordered()
            throws Exception {
        Path text = directory.resolve("in.txt");
        Files.writeString(text, "hello\n");
        Map<String, String> source =
                new HashMap<>(
                        Map.of(
                                "name", "s-" + id,
                                "connector.class", "FileStreamSource",
                                "file", "" + text,
                                "topic", topic,
                                "transforms", "hoist,origin,never",
                                "predicates", "ours",
                                "predicates.ours.type",
                                        "org.apache.kafka.connect.transforms.predicates.TopicNameMatches",
                                "predicates.ours.pattern", "connect-pipeline-.*"));
        source.put("transforms.hoist.type", "org.apache.kafka.connect.transforms.HoistField$Value");
        source.put("transforms.hoist.field", "line");
        source.put(
                "transforms.origin.type", "org.apache.kafka.connect.transforms.InsertField$Value");
        source.put("transforms.origin.static.field", "origin");
        source.put("transforms.origin.static.value", "file");
        source.put("transforms.origin.predicate", "ours");
        source.put("transforms.never.type", "org.apache.kafka.connect.transforms.Filter");
        source.put("transforms.never.predicate", "ours");
        source.put("transforms.never.negate", "true");
        source.put("value.converter", "org.apache.kafka.connect.json.JsonConverter");
        source.put("value.converter.schemas.enable", "false");
        source.put("topic.creation.default.partitions", "3");
        source.put("topic.creation.default.replication.factor", "-1");
        source.put("topic.creation.default.retention.ms", "7654321");

        try (ConnectStandalone running = standalone(source)) {
            assertThat(running.restPort()).isPositive();
            assertThat(consume(topic, 1).get(0).value())
                    .isEqualTo("{\"line\":\"hello\",\"origin\":\"file\"}");
        }
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
            assertThat(
                            admin.describeTopics(List.of(topic))
                                    .allTopicNames()
                                    .get(20, TimeUnit.SECONDS))
                    .hasEntrySatisfying(topic, found -> assertThat(found.partitions()).hasSize(3));
            assertThat(admin.describeConfigs(List.of(resource)).all().get(20, TimeUnit.SECONDS))
                    .hasEntrySatisfying(
                            resource,
                            config ->
                                    assertThat(config.get("retention.ms").value())
                                            .isEqualTo("7654321"));
        }
    }

    @Test
    void a_record_that_cannot_be_converted_becomes_a_dead_letter_and_the_rest_go_on()
            throws Exception {
        String letters = topic + "-dlq";
        Path copy = directory.resolve("out.txt");
        produce("{\"n\":1}", "no json", "{\"n\":2}");
        Map<String, String> sink = sink("FileStreamSink", Map.of("file", "" + copy));
        sink.put("value.converter", "org.apache.kafka.connect.json.JsonConverter");
        sink.put("value.converter.schemas.enable", "false");
        sink.put("errors.tolerance", "all");
        sink.put("errors.deadletterqueue.topic.name", letters);
        sink.put("errors.deadletterqueue.topic.replication.factor", "1");
        sink.put("errors.deadletterqueue.context.headers.enable", "true");

        try (ConnectStandalone running = standalone(sink)) {
            assertThat(running.restPort()).isPositive();
            await().atMost(SOON)
                    .until(() -> Files.exists(copy) && Files.readAllLines(copy).size() == 2);
            ConsumerRecord<String, String> letter = consume(letters, 1).get(0);
            assertThat(letter.value()).isEqualTo("no json");
            assertThat(header(letter, "topic")).isEqualTo(topic);
            assertThat(header(letter, "offset")).isEqualTo("1");
            assertThat(header(letter, "stage")).isEqualTo("VALUE_CONVERTER");
            assertThat(header(letter, "connector.name")).isEqualTo("k-" + id);
        }
        assertThat(Files.readAllLines(copy)).containsExactly("{n=1}", "{n=2}");
    }

    @Test
    void without_tolerance_the_task_fails_and_says_where() throws Exception {
        produce("no json");
        Map<String, String> sink =
                sink("FileStreamSink", Map.of("file", "" + directory.resolve("out.txt")));
        sink.put("value.converter", "org.apache.kafka.connect.json.JsonConverter");

        try (ConnectStandalone running = standalone(sink)) {
            RestClient rest = new RestClient(running.restPort());
            await().atMost(SOON)
                    .until(
                            () ->
                                    rest.get("/connectors/k-" + id + "/tasks/0/status")
                                            .contains("FAILED"));
            assertThat(rest.get("/connectors/k-" + id + "/status"))
                    .contains(
                            "VALUE_CONVERTER failed in org.apache.kafka.connect.json.JsonConverter");
        }
    }

    @Test
    void a_batch_that_may_be_retried_is_put_again_whole_and_in_order() throws Exception {
        produce("a", "b", "c");
        RetryingSink.fails.set(2);
        RetryingSink.put.clear();

        try (ConnectStandalone running = standalone(sink(RetryingSink.class.getName(), Map.of()))) {
            assertThat(running.restPort()).isPositive();
            await().atMost(SOON).until(() -> RetryingSink.put.size() >= 3);
        }
        assertThat(RetryingSink.put).containsExactly("a", "b", "c");
        assertThat(RetryingSink.fails).hasNonPositiveValue();
    }

    @Test
    void settings_that_cannot_work_are_refused_in_one_line() {
        assertThatThrownBy(() -> ConnectStandalone.start(Map.of("key.converter", "x"), List.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("value.converter");
        assertThatThrownBy(() -> standalone(Map.of("name", "n", "connector.class", "NoSuch")))
                .isInstanceOf(ConnectException.class)
                .hasMessageContaining(
                        "no connector NoSuch on plugin.path or the class path; there are: ")
                .hasMessageContaining("dev.millrace.connect.file.FileStreamSourceConnector");
        assertThatThrownBy(
                        () -> standalone(Map.of("name", "n", "connector.class", "FileStreamSink")))
                .hasMessageContaining("expected one of topics and topics.regex, got neither");
        assertThatThrownBy(
                        () ->
                                standalone(
                                        Map.of("name", "n", "connector.class", "FileStreamSource")))
                .hasMessageContaining("topic");
        assertThatThrownBy(() -> ConnectStandalone.start(directory.resolve("none.properties")))
                .hasMessageContaining("there is no file");
    }

    /** Counts down {@link #fails} with a retriable failure before it takes anything. */
    public static final class RetryingSink extends SinkConnector {
        static final AtomicInteger fails = new AtomicInteger();
        static final List<String> put = new CopyOnWriteArrayList<>();

        @Override
        public String version() {
            return "1";
        }

        @Override
        public void start(Map<String, String> props) {}

        @Override
        public Class<? extends Task> taskClass() {
            return RetryingTask.class;
        }

        @Override
        public List<Map<String, String>> taskConfigs(int maxTasks) {
            return List.of(Map.of());
        }

        @Override
        public void stop() {}

        @Override
        public ConfigDef config() {
            return new ConfigDef();
        }
    }

    public static final class RetryingTask extends SinkTask {
        @Override
        public String version() {
            return "1";
        }

        @Override
        public void start(Map<String, String> props) {}

        @Override
        public void put(Collection<SinkRecord> records) {
            if (!records.isEmpty() && RetryingSink.fails.getAndDecrement() > 0) {
                context.timeout(50);
                throw new RetriableException("not yet");
            }
            records.forEach(record -> RetryingSink.put.add(String.valueOf(record.value())));
        }

        @Override
        public void stop() {}
    }

    private Map<String, String> sink(String connectorClass, Map<String, String> more) {
        Map<String, String> settings = new HashMap<>(more);
        settings.put("name", "k-" + id);
        settings.put("connector.class", connectorClass);
        settings.put("topics", topic);
        return settings;
    }

    private ConnectStandalone standalone(Map<String, String> connector) {
        return ConnectStandalone.start(
                Map.of(
                        "bootstrap.servers", broker.bootstrapServers(),
                        "key.converter", "org.apache.kafka.connect.storage.StringConverter",
                        "value.converter", "org.apache.kafka.connect.storage.StringConverter",
                        "offset.storage.file.filename", "" + directory.resolve("offsets"),
                        "listeners", "http://127.0.0.1:0"),
                List.of(connector));
    }

    private void produce(String... values) throws Exception {
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(
                        Map.of("bootstrap.servers", broker.bootstrapServers()),
                        new StringSerializer(),
                        new StringSerializer())) {
            for (String value : values) {
                producer.send(new ProducerRecord<>(topic, value)).get(20, TimeUnit.SECONDS);
            }
        }
    }

    private static List<ConsumerRecord<String, String>> consume(String from, int count) {
        List<ConsumerRecord<String, String>> records = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(
                        Map.of(
                                "bootstrap.servers",
                                broker.bootstrapServers(),
                                "group.id",
                                "test-" + UUID.randomUUID(),
                                "metadata.max.age.ms",
                                500,
                                "auto.offset.reset",
                                "earliest"),
                        new StringDeserializer(),
                        new StringDeserializer())) {
            consumer.subscribe(List.of(from));
            await().atMost(SOON)
                    .pollInSameThread()
                    .until(
                            () -> {
                                consumer.poll(Duration.ofMillis(200)).forEach(records::add);
                                return records.size() >= count;
                            });
        }
        return records;
    }

    private static String header(ConsumerRecord<?, ?> record, String name) {
        return new String(
                record.headers().lastHeader("__connect.errors." + name).value(),
                StandardCharsets.UTF_8);
    }
}
