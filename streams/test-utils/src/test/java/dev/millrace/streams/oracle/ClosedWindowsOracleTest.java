package dev.millrace.streams.oracle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.broker.TestBroker;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@link ClosedWindows} killed by SIGKILL at any moment tells what Kafka Streams tells that runs to
 * the end: with exactly-once the same and once, with at-least-once each window at least. {@code
 * -Dmillrace.test.kills=50} for the long form.
 */
class ClosedWindowsOracleTest {
    private static final int KILLS = Integer.getInteger("millrace.test.kills", 2);
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int FIRST_RECORDS = 200;
    private static final int CHUNKS = 30;
    private static final int CHUNK_RECORDS = 10;

    @TempDir Path directory;

    @SuppressWarnings("NullAway.Init") // by startBroker
    private TestBroker broker;

    @SuppressWarnings("NullAway.Init") // by startBroker
    private Admin admin;

    @SuppressWarnings("NullAway.Init") // by startBroker
    private KafkaProducer<String, String> producer;

    private final List<Process> children = new ArrayList<>();
    private final Random random = new Random(17);
    private long written;
    private final String input = "closed-windows-" + UUID.randomUUID();

    @BeforeEach
    void startBroker() throws Exception {
        broker = TestBroker.start();
        admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
        create(input);
        producer =
                new KafkaProducer<>(
                        Map.of("bootstrap.servers", broker.bootstrapServers(), "acks", "all"),
                        new StringSerializer(),
                        new StringSerializer());
    }

    @AfterEach
    void stopAll() throws Exception {
        for (Process child : children) {
            kill(child);
        }
        producer.close();
        admin.close();
        broker.close();
    }

    private void create(String topic) throws Exception {
        admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
        end(topic, IsolationLevel.READ_UNCOMMITTED); // it has a leader then
    }

    private long end(String topic, IsolationLevel level) throws Exception {
        TopicPartition partition = new TopicPartition(topic, 0);
        return admin.listOffsets(
                        Map.of(partition, OffsetSpec.latest()), new ListOffsetsOptions(level))
                .partitionResult(partition)
                .get()
                .offset();
    }

    /** An application and where its results go. */
    private final class Application {
        private final String id = "app-" + UUID.randomUUID();
        private final String output = id + "-output";
        private final String main;
        private final String classPath;
        private final String guarantee;

        Application(String main, String classPath, String guarantee) throws Exception {
            this.main = main;
            this.classPath = classPath;
            this.guarantee = guarantee;
            create(output);
        }

        Process start() throws IOException {
            Process child =
                    new ProcessBuilder(
                                    Path.of(System.getProperty("java.home"), "bin", "java")
                                            .toString(),
                                    "-Xmx256m",
                                    "-XX:+UseSerialGC",
                                    "-XX:TieredStopAtLevel=1",
                                    "-cp",
                                    classPath,
                                    main,
                                    broker.bootstrapServers(),
                                    id,
                                    directory.resolve(id).toString(),
                                    guarantee,
                                    input,
                                    output)
                            .redirectErrorStream(true)
                            .redirectOutput(directory.resolve(id + "-" + children.size()).toFile())
                            .start();
            children.add(child);
            return child;
        }

        void awaitAll() {
            TopicPartition source = new TopicPartition(input, 0);
            await().atMost(PATIENCE)
                    .pollInterval(Duration.ofMillis(50))
                    .until(
                            () -> {
                                OffsetAndMetadata committed =
                                        admin.listConsumerGroupOffsets(id)
                                                .partitionsToOffsetAndMetadata()
                                                .get()
                                                .get(source);
                                return committed != null
                                        && committed.offset()
                                                >= end(input, IsolationLevel.READ_UNCOMMITTED);
                            });
        }

        /** Counts that were told, of each window. */
        Map<String, List<Long>> told() throws Exception {
            Map<String, List<Long>> told = new TreeMap<>();
            Map<String, Object> config =
                    Map.of(
                            "bootstrap.servers",
                            broker.bootstrapServers(),
                            "isolation.level",
                            "read_committed");
            long end = end(output, IsolationLevel.READ_COMMITTED);
            try (KafkaConsumer<String, Long> consumer =
                    new KafkaConsumer<>(config, new StringDeserializer(), new LongDeserializer())) {
                TopicPartition partition = new TopicPartition(output, 0);
                consumer.assign(List.of(partition));
                consumer.seekToBeginning(List.of(partition));
                while (consumer.position(partition) < end) {
                    for (ConsumerRecord<String, Long> each : consumer.poll(Duration.ofMillis(50))) {
                        told.computeIfAbsent(each.key(), key -> new ArrayList<>())
                                .add(each.value());
                    }
                }
            }
            return told;
        }
    }

    /** From the start of a process until it is killed, while records come. */
    private final class Life {
        private final Application application;
        private final Process process;
        private final long before;

        Life(Application application) throws Exception {
            this.application = application;
            this.before = end(application.output, IsolationLevel.READ_UNCOMMITTED);
            this.process = application.start();
        }

        void awaitOutput() {
            await().atMost(PATIENCE)
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> end(application.output, IsolationLevel.READ_UNCOMMITTED) > before);
        }
    }

    private static void kill(Process child) throws InterruptedException {
        child.destroyForcibly();
        assertThat(child.waitFor(10, TimeUnit.SECONDS)).isTrue();
    }

    /** Time goes on by 3 ms a record on the average; one in ten is late, some of them too late. */
    private void write(int count) {
        for (int i = 0; i < count; i++) {
            long late = random.nextInt(10) == 0 ? random.nextInt(300) : 0;
            long timestamp = Math.max(0, 1000 + 3 * written++ + random.nextInt(6) - late);
            String key = "key" + random.nextInt(5);
            producer.send(new ProducerRecord<>(input, 0, timestamp, key, "value"));
        }
        producer.flush();
    }

    @Test
    void killed_at_any_moment_it_tells_what_kafka_streams_tells() throws Exception {
        String classPath = System.getProperty("java.class.path");
        Application exact =
                new Application(ClosedWindows.class.getName(), classPath, "exactly_once_v2");
        Application least =
                new Application(ClosedWindows.class.getName(), classPath, "at_least_once");
        for (int life = 0; life <= KILLS; life++) {
            List<Life> lives = List.of(new Life(exact), new Life(least));
            write(FIRST_RECORDS);
            for (Life each : lives) {
                each.awaitOutput();
            }
            int[] ends = {random.nextInt(CHUNKS), random.nextInt(CHUNKS)};
            for (int chunk = 0; chunk < CHUNKS; chunk++) {
                write(CHUNK_RECORDS);
                for (int i = 0; i < ends.length; i++) {
                    if (life < KILLS && chunk == ends[i]) {
                        kill(lives.get(i).process);
                    }
                }
            }
        }
        exact.awaitAll();
        least.awaitAll();

        Path classes = directory.resolve("classes");
        KafkaStreamsPrograms.compileNamed("ClosedWindows", classes);
        Application kafka =
                new Application(
                        "kafka.ClosedWindows",
                        classes + File.pathSeparator + classPath,
                        "at_least_once");
        kafka.start();
        kafka.awaitAll();

        Map<String, List<Long>> reference = kafka.told();
        assertThat(reference.size()).isGreaterThan(KILLS * 20);
        assertThat(exact.told()).isEqualTo(reference);
        Map<String, List<Long>> atLeast = least.told();
        // What is processed again may reach a session before that is longer by now.
        reference.keySet().removeIf(window -> window.startsWith("session"));
        assertThat(atLeast).containsKeys(reference.keySet().toArray(new String[0]));
        reference.forEach(
                (window, counts) ->
                        assertThat(atLeast.get(window))
                                .as(window)
                                .allSatisfy(
                                        count ->
                                                assertThat(count)
                                                        .isGreaterThanOrEqualTo(counts.get(0))));
    }
}
