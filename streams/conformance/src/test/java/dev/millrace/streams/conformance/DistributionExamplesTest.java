package dev.millrace.streams.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.TestBroker;
import dev.millrace.streams.kstream.Windowed;
import dev.millrace.streams.kstream.WindowedSerdes;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The programs of Kafka's distribution, unchanged but for the imports and the address of the
 * broker, run as processes do: started by {@code main}, ended by a signal.
 */
class DistributionExamplesTest {
    private static final Duration BOUND = Duration.ofSeconds(60);
    private static final List<String> LINES =
            List.of("all streams lead to kafka", "hello kafka streams", "join kafka summit");
    private static final Map<String, Long> COUNTS =
            Map.of(
                    "all", 1L, "streams", 2L, "lead", 1L, "to", 1L, "kafka", 3L, "hello", 1L,
                    "join", 1L, "summit", 1L);

    /** Of the topics that an example creates no windows for before them. */
    private static final long EVENT_TIME_MS = 2000;

    private static TestBroker broker;
    private static Process examples;
    private static Path directory;

    @BeforeAll
    static void write_input_and_start_the_examples() throws Exception {
        broker = TestBroker.start();
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            Map<String, String> forever = Map.of("retention.ms", "-1");
            admin.createTopics(
                            Set.of(
                                            "streams-plaintext-input",
                                            "streams-pipe-output",
                                            "streams-wordcount-output",
                                            "streams-wordcount-processor-output",
                                            "iot-temperature",
                                            "iot-temperature-max",
                                            "streams-pageview-input",
                                            "streams-userprofile-input",
                                            "streams-pageviewstats-typed-output",
                                            "streams-pageviewstats-untyped-output")
                                    .stream()
                                    .map(name -> new NewTopic(name, 1, (short) 1).configs(forever))
                                    .collect(Collectors.toList()))
                    .all()
                    .get(30, TimeUnit.SECONDS);
        }
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(
                        Map.of("bootstrap.servers", broker.bootstrapServers()),
                        new StringSerializer(),
                        new StringSerializer())) {
            long timestamp = 10_000;
            for (String line : LINES) {
                send(producer, "streams-plaintext-input", timestamp, null, line);
                timestamp += 100;
            }
            // Later, so that the programs that report once a second report all of it.
            send(producer, "streams-plaintext-input", timestamp + 5000, null, "");
            for (String celsius : List.of("18", "25", "30", "22")) {
                send(producer, "iot-temperature", 20_000, null, celsius);
            }
            String profile =
                    "{\"_t\":\"up\",\"region\":\"CA\",\"timestamp\":" + (EVENT_TIME_MS - 1) + "}";
            String view =
                    "{\"_t\":\"pv\",\"user\":\"alice\",\"page\":\"index\",\"timestamp\":"
                            + EVENT_TIME_MS
                            + "}";
            send(producer, "streams-userprofile-input", EVENT_TIME_MS, "alice", profile);
            send(producer, "streams-pageview-input", EVENT_TIME_MS, "alice", view);
            send(producer, "streams-pageview-input", EVENT_TIME_MS, "bob", view);
        }
        directory = Files.createTempDirectory("examples");
        examples =
                new ProcessBuilder(
                                System.getProperty("java.home") + "/bin/java",
                                "-Xmx256m",
                                "-XX:TieredStopAtLevel=1",
                                "-Djava.io.tmpdir=" + directory,
                                "-Dexamples.bootstrap=" + broker.bootstrapServers(),
                                "-cp",
                                System.getProperty("java.class.path"),
                                AllExamples.class.getName())
                        .redirectErrorStream(true)
                        .redirectOutput(new File(directory.toFile(), "output"))
                        .start();
    }

    private static void send(
            KafkaProducer<String, String> producer,
            String topic,
            long timestamp,
            String key,
            String value) {
        producer.send(new ProducerRecord<>(topic, null, timestamp, key, value));
    }

    @AfterAll
    static void end_by_a_signal() throws Exception {
        examples.destroy();
        boolean ended = examples.waitFor(30, TimeUnit.SECONDS);
        if (!ended) {
            examples.destroyForcibly().waitFor();
        }
        broker.close();
        assertTrue(ended, "the examples did not end");
    }

    private static <K, V> List<ConsumerRecord<K, V>> read(
            String topic,
            Deserializer<K> keys,
            Deserializer<V> values,
            BiPredicate<List<ConsumerRecord<K, V>>, Long> enough)
            throws Exception {
        List<ConsumerRecord<K, V>> records = new ArrayList<>();
        long deadline = System.nanoTime() + BOUND.toNanos();
        try (KafkaConsumer<K, V> consumer =
                new KafkaConsumer<>(
                        Map.of("bootstrap.servers", broker.bootstrapServers()), keys, values)) {
            TopicPartition partition = new TopicPartition(topic, 0);
            consumer.assign(Set.of(partition));
            consumer.seekToBeginning(Set.of(partition));
            while (!enough.test(records, deadline - System.nanoTime())) {
                assertTrue(
                        System.nanoTime() < deadline && examples.isAlive(),
                        () -> topic + " has only " + records + "\n" + output());
                consumer.poll(Duration.ofMillis(100)).forEach(records::add);
            }
        }
        return records;
    }

    private static String output() {
        try {
            return Files.readString(directory.resolve("output"));
        } catch (java.io.IOException e) {
            return e.toString();
        }
    }

    private static <K, V> Map<K, V> latest(List<ConsumerRecord<K, V>> records) {
        Map<K, V> latest = new HashMap<>();
        records.forEach(each -> latest.put(each.key(), each.value()));
        return latest;
    }

    @Test
    void pipe_copies() throws Exception {
        List<ConsumerRecord<String, String>> copied =
                read(
                        "streams-pipe-output",
                        new StringDeserializer(),
                        new StringDeserializer(),
                        (records, left) -> records.size() == LINES.size() + 1);
        assertEquals(
                LINES,
                copied.stream().map(ConsumerRecord::value).toList().subList(0, LINES.size()));
    }

    @Test
    void word_count_of_the_dsl_counts() throws Exception {
        List<ConsumerRecord<String, Long>> counted =
                read(
                        "streams-wordcount-output",
                        new StringDeserializer(),
                        new LongDeserializer(),
                        (records, left) ->
                                latest(records).entrySet().containsAll(COUNTS.entrySet()));
        assertEquals(3L, latest(counted).get("kafka"));
    }

    @Test
    void word_counts_of_the_processor_api_report_all_words() throws Exception {
        Map<String, String> wanted = new TreeMap<>();
        COUNTS.forEach((word, count) -> wanted.put(word, count.toString()));
        // Two programs write the topic: both must have reported every count.
        List<ConsumerRecord<String, String>> reported =
                read(
                        "streams-wordcount-processor-output",
                        new StringDeserializer(),
                        new StringDeserializer(),
                        (records, left) ->
                                wanted.entrySet().stream()
                                        .allMatch(
                                                each ->
                                                        records.stream()
                                                                        .filter(
                                                                                record ->
                                                                                        record.key()
                                                                                                        .equals(
                                                                                                                each
                                                                                                                        .getKey())
                                                                                                && record.value()
                                                                                                        .equals(
                                                                                                                each
                                                                                                                        .getValue()))
                                                                        .count()
                                                                >= 2));
        assertEquals("3", latest(reported).get("kafka"));
    }

    @Test
    void temperatures_above_the_threshold_are_reported() throws Exception {
        List<ConsumerRecord<Windowed<String>, String>> highest =
                read(
                        "iot-temperature-max",
                        WindowedSerdes.timeWindowedSerdeFrom(String.class, 5).deserializer(),
                        new StringDeserializer(),
                        (records, left) ->
                                records.stream().anyMatch(each -> each.value().equals("30")));
        assertEquals(
                List.of("25", "30"), highest.stream().map(ConsumerRecord::value).limit(2).toList());
        assertEquals("temp", highest.get(0).key().key());
    }

    @Test
    void typed_page_views_are_counted_by_region() throws Exception {
        List<ConsumerRecord<String, String>> counted =
                read(
                        "streams-pageviewstats-typed-output",
                        new StringDeserializer(),
                        new StringDeserializer(),
                        (records, left) -> records.size() >= 6);
        Set<String> counts =
                counted.stream().map(ConsumerRecord::value).collect(Collectors.toSet());
        assertEquals(
                Set.of(
                        "{\"_t\":\"rc\",\"count\":1,\"region\":\"CA\"}",
                        "{\"_t\":\"rc\",\"count\":1,\"region\":\"UNKNOWN\"}"),
                counts);
    }

    @Test
    void untyped_page_views_are_counted_by_region() throws Exception {
        List<ConsumerRecord<String, String>> counted =
                read(
                        "streams-pageviewstats-untyped-output",
                        new StringDeserializer(),
                        new StringDeserializer(),
                        (records, left) -> records.size() >= 6);
        assertEquals(
                Set.of(
                        "{\"window-start\":0,\"region\":\"CA\"}",
                        "{\"window-start\":1000,\"region\":\"CA\"}",
                        "{\"window-start\":2000,\"region\":\"CA\"}",
                        "{\"window-start\":0,\"region\":\"UNKNOWN\"}",
                        "{\"window-start\":1000,\"region\":\"UNKNOWN\"}",
                        "{\"window-start\":2000,\"region\":\"UNKNOWN\"}"),
                counted.stream().map(ConsumerRecord::key).collect(Collectors.toSet()));
        assertTrue(counted.stream().allMatch(each -> each.value().equals("{\"count\":1}")));
    }
}
