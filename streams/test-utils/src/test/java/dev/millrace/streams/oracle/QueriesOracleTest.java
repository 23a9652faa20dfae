package dev.millrace.streams.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.broker.TestBroker;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Future;
import java.util.function.BiFunction;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@link Queries} asks is answered as Kafka Streams 4.3.1 answers it, on the same records. */
class QueriesOracleTest {
    private static final @Nullable String[] VALUES = {null, "a", "ab", "b", "xyz"};

    @TempDir private static Path directory;

    @SuppressWarnings("NullAway.Init") // by startBroker
    private static TestBroker broker;

    @SuppressWarnings("NullAway.Init") // by startBroker
    private static BiFunction<String, List<String[]>, String> kafka;

    @BeforeAll
    static void startBroker() throws Exception {
        kafka = KafkaStreamsPrograms.load("Queries", directory.resolve("classes"));
        broker = TestBroker.start();
        Map<String, Object> config = Map.of("bootstrap.servers", broker.bootstrapServers());
        try (Admin admin = Admin.create(config)) {
            admin.createTopics(
                            List.of(
                                    new NewTopic("a", 2, (short) 1),
                                    new NewTopic("g", 2, (short) 1)))
                    .all()
                    .get();
        }
        Random random = new Random(11);
        List<ProducerRecord<String, String>> records = new ArrayList<>();
        List<String> keys = List.of("k", "l", "la", "m");
        for (int i = 0; i < 200; i++) {
            String key = keys.get(random.nextInt(keys.size()));
            String value = VALUES[random.nextInt(VALUES.length)];
            // Late ones with them: also versions have to find their places.
            long timestamp = Math.max(0, 5 * i + random.nextInt(200) - 100);
            int partition = key.hashCode() % 2;
            records.add(new ProducerRecord<>("a", partition, timestamp, key, value));
            if (value != null) {
                records.add(new ProducerRecord<>("g", null, timestamp, key, value));
            }
        }
        for (int partition = 0; partition < 2; partition++) {
            records.add(new ProducerRecord<>("a", partition, 1000L, Queries.LAST, "z"));
        }
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            records.forEach(record -> sent.add(producer.send(record)));
            for (Future<RecordMetadata> each : sent) {
                each.get();
            }
        }
    }

    @AfterAll
    static void stopBroker() throws Exception {
        broker.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"rocksDB", "in_memory"})
    void all_stores_answer_all_questions_as_those_of_kafka_streams(String kind) {
        String theirs = kafka.apply(request("theirs-" + kind, kind), List.of());
        String ours = new Queries().apply(request("ours-" + kind, kind), List.of());

        assertThat(ours.lines()).containsExactlyElementsOf(theirs.lines().toList());
        assertThat(theirs).contains("NOT_UP_TO_BOUND").contains("UNKNOWN_QUERY_TYPE");
    }

    private static String request(String name, String kind) {
        return String.join(
                " ",
                broker.bootstrapServers(),
                name + "-" + UUID.randomUUID(),
                directory.resolve(name).toString(),
                kind);
    }
}
