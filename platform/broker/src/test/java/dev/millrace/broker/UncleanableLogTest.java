package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.broker.FaultyDisk.Operation;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Compaction on a disk that does not take what it writes. */
class UncleanableLogTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int RECORDS = 300;

    @TempDir Path base;
    private final FaultyDisk disk = new FaultyDisk();
    private final String topic = Clients.uniqueName("uncleanable");
    private final TopicPartition tp = new TopicPartition(topic, 0);
    private Path directory;
    private LocalBroker broker;

    @BeforeEach
    void start() throws Exception {
        directory = base.resolve("logs");
        broker =
                new LocalBroker(
                        List.of(directory),
                        new InMemoryCluster(1),
                        Map.of("log.cleaner.backoff.ms", "20"),
                        disk);
        try (Admin admin = broker.clients.admin()) {
            Map<String, String> configs =
                    Map.of(
                            "cleanup.policy", "compact",
                            "segment.bytes", "1048576",
                            "min.cleanable.dirty.ratio", "0.01");
            admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1).configs(configs)))
                    .all()
                    .get(20, TimeUnit.SECONDS);
        }
        Awaitility.await().atMost(PATIENCE).until(() -> broker.broker().partition(tp) != null);
    }

    @AfterEach
    void stop() throws Exception {
        broker.close();
    }

    private Partition partition() {
        return Objects.requireNonNull(broker.broker().partition(tp));
    }

    /** Three segments of ten keys. */
    private void produce() throws Exception {
        for (Future<RecordMetadata> sent : send()) {
            assertThat(sent.get(20, TimeUnit.SECONDS).hasOffset()).isTrue();
        }
    }

    /** The same, whether they are taken or not. */
    private List<Future<RecordMetadata>> send() {
        try (KafkaProducer<String, String> producer =
                broker.clients.producer(
                        Map.of("delivery.timeout.ms", 4_000, "request.timeout.ms", 3_000))) {
            return IntStream.range(0, RECORDS)
                    .mapToObj(
                            i ->
                                    producer.send(
                                            new ProducerRecord<>(
                                                    topic, "key" + i % 10, "x".repeat(10_000))))
                    .toList();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Operation.class,
            names = {"OPEN", "WRITE", "FORCE"})
    void a_cleaning_that_the_disk_refuses_harms_nothing_and_is_tried_again(Operation refused)
            throws Exception {
        for (String file : List.of(".log", ".index")) {
            disk.fail(
                    directory.resolve(tp + "/00000000000000000000" + file + ".cleaned"),
                    Set.of(refused),
                    "No space left on device");
        }
        produce();
        LogCleaner cleaner = broker.broker().cleaner();
        Awaitility.await().atMost(PATIENCE).until(() -> cleaner.uncleanablePartitions() == 1);

        assertThat(broker.broker().offlineDirectories()).isEmpty();
        assertThat(partition().log().cleanedTo()).isNegative();
        produce();
        try (KafkaConsumer<String, String> consumer = broker.clients.consumer(Map.of())) {
            consumer.assign(List.of(tp));
            consumer.seekToBeginning(List.of(tp));
            assertThat(Clients.poll(consumer, 2 * RECORDS)).hasSize(2 * RECORDS);
        }

        disk.repair();
        Awaitility.await().atMost(PATIENCE).until(() -> partition().log().cleanedTo() > RECORDS);
        // The log says so before the cleaner does.
        Awaitility.await().atMost(PATIENCE).until(() -> cleaner.uncleanablePartitions() == 0);
    }

    @Test
    void a_disk_that_refuses_the_swap_goes_offline_because_nobody_knows_what_it_holds()
            throws Exception {
        disk.fail(
                directory.resolve(tp + "/00000000000000000000.log.cleaned"),
                Set.of(Operation.RENAME),
                "Input/output error");
        send();

        Awaitility.await()
                .atMost(PATIENCE)
                .until(() -> !broker.broker().offlineDirectories().isEmpty());
    }
}
