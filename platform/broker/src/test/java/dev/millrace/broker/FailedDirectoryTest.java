package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.broker.FaultyDisk.Operation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A log directory whose disk is full or broken, beside one that works. */
class FailedDirectoryTest {
    private static final String FULL = "No space left on device";
    private static final int PARTITIONS = 4;

    @TempDir Path base;
    private final FaultyDisk disk = new FaultyDisk();
    private final InMemoryCluster cluster = new InMemoryCluster(1);
    private final List<String> acknowledged = new ArrayList<>();
    private List<Path> directories;
    private Path failing;
    private Map<String, String> properties =
            Map.of("replica.high.watermark.checkpoint.interval.ms", "50");
    private LocalBroker broker;
    private String topic;

    @BeforeEach
    void start() throws Exception {
        directories = List.of(base.resolve("a"), base.resolve("b"));
        failing = directories.get(1);
        open();
        topic = create(PARTITIONS, Map.of());
        produceToAll();
    }

    private void open() throws Exception {
        broker = new LocalBroker(directories, cluster, properties, disk);
    }

    @AfterEach
    void stop() throws Exception {
        broker.close();
    }

    private String create(int partitions, Map<String, String> configs) throws Exception {
        String name = Clients.uniqueName("dirs");
        try (Admin admin = broker.clients.admin()) {
            admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1).configs(configs)))
                    .all()
                    .get(20, TimeUnit.SECONDS);
        }
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(
                        () ->
                                IntStream.range(0, partitions)
                                        .mapToObj(i -> new TopicPartition(name, i))
                                        .allMatch(tp -> broker.broker().partition(tp) != null));
        return name;
    }

    /** One value to each partition; all are taken. */
    private void produceToAll() throws Exception {
        produceToAll(Set.of());
    }

    /**
     * One value to each partition.
     *
     * @param impatiently partitions that are given half a second only
     * @return those that did not take it
     */
    private Set<Integer> produceToAll(Set<Integer> impatiently) throws Exception {
        Set<Integer> refused = new HashSet<>();
        try (KafkaProducer<String, String> patient = broker.clients.producer(Map.of());
                KafkaProducer<String, String> impatient =
                        broker.clients.producer(
                                Map.of(
                                        "delivery.timeout.ms",
                                        500,
                                        "request.timeout.ms",
                                        400,
                                        "linger.ms",
                                        0))) {
            Map<Integer, Future<?>> sent = new HashMap<>();
            Map<Integer, String> values = new HashMap<>();
            for (int i = 0; i < PARTITIONS; i++) {
                String value = "value " + (acknowledged.size() + i);
                values.put(i, i + " " + value);
                sent.put(
                        i,
                        (impatiently.contains(i) ? impatient : patient)
                                .send(new ProducerRecord<>(topic, i, null, value)));
            }
            for (Map.Entry<Integer, Future<?>> each : sent.entrySet()) {
                try {
                    each.getValue().get(30, TimeUnit.SECONDS);
                    acknowledged.add(values.getOrDefault(each.getKey(), ""));
                } catch (ExecutionException e) {
                    refused.add(each.getKey());
                }
            }
        }
        return refused;
    }

    /** Partitions whose log is below the directory. */
    private Set<Integer> partitionsIn(Path directory) {
        Set<Integer> found = new HashSet<>();
        for (int i = 0; i < PARTITIONS; i++) {
            if (Files.isDirectory(directory.resolve(topic + "-" + i))) {
                found.add(i);
            }
        }
        return found;
    }

    private List<String> readAll() {
        List<String> values = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer = broker.clients.consumer(Map.of())) {
            List<TopicPartition> all = new ArrayList<>();
            for (int i = 0; i < PARTITIONS; i++) {
                all.add(new TopicPartition(topic, i));
            }
            consumer.assign(all);
            for (ConsumerRecord<String, String> record :
                    Clients.poll(consumer, acknowledged.size())) {
                values.add(record.partition() + " " + record.value());
            }
        }
        return values;
    }

    private Map<String, LogDirDescription> logDirs() throws Exception {
        try (Admin admin = broker.clients.admin()) {
            return Objects.requireNonNull(
                    admin.describeLogDirs(List.of(1))
                            .allDescriptions()
                            .get(20, TimeUnit.SECONDS)
                            .get(1));
        }
    }

    private TopicDescription describe(String name) throws Exception {
        try (Admin admin = broker.clients.admin()) {
            return Objects.requireNonNull(
                    admin.describeTopics(List.of(name))
                            .allTopicNames()
                            .get(20, TimeUnit.SECONDS)
                            .get(name));
        }
    }

    @Test
    void new_logs_go_to_the_directory_with_the_fewest() {
        assertThat(partitionsIn(directories.get(0))).hasSize(2);
        assertThat(partitionsIn(directories.get(1))).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource({"WRITE, No space left on device", "WRITE, Input/output error"})
    void its_partitions_are_refused_the_others_go_on_and_nothing_acknowledged_is_lost(
            Operation operation, String error) throws Exception {
        Set<Integer> inFailing = partitionsIn(failing);
        disk.fail(failing, Set.of(operation), error);

        assertThat(produceToAll(inFailing)).isEqualTo(inFailing);
        assertThat(produceToAll(inFailing)).isEqualTo(inFailing);
        describesItself(inFailing);

        String other = create(2, Map.of());
        assertThat(failing.resolve(other + "-0")).doesNotExist();
        assertThat(failing.resolve(other + "-1")).doesNotExist();

        disk.repair();
        assertThat(produceToAll(inFailing)).as("until the restart").isEqualTo(inFailing);
        broker.close();
        open();
        produceToAll();
        assertThat(readAll()).containsExactlyInAnyOrderElementsOf(acknowledged);
    }

    private void describesItself(Set<Integer> offline) throws Exception {
        assertThat(logDirs())
                .hasEntrySatisfying(
                        failing.toString(),
                        failed -> {
                            assertThat(failed.error()).isInstanceOf(KafkaStorageException.class);
                            assertThat(failed.replicaInfos()).isEmpty();
                        })
                .hasEntrySatisfying(
                        directories.get(0).toString(), works -> assertThat(works.error()).isNull());
        for (TopicPartitionInfo partition : describe(topic).partitions()) {
            if (offline.contains(partition.partition())) {
                assertThat(partition.leader()).isNull();
                assertThat(partition.isr()).isEmpty();
                assertThat(partition.elr()).extracting(Node::id).containsExactly(1);
            } else {
                assertThat(Objects.requireNonNull(partition.leader()).id()).isEqualTo(1);
                assertThat(partition.isr()).hasSize(1);
            }
        }
    }

    @Test
    void a_failed_flush_is_not_tried_again() throws Exception {
        broker.close();
        properties = Map.of("millrace.ack.durability", "disk");
        open();
        Set<Integer> inFailing = partitionsIn(failing);
        disk.fail(failing, Set.of(Operation.FORCE), "Input/output error");
        assertThat(produceToAll(inFailing)).isEqualTo(inFailing);

        disk.repair();
        assertThat(produceToAll(inFailing)).isEqualTo(inFailing);
        broker.close();
        open();
        produceToAll();
        // What was refused may be there: a producer that is refused does not know.
        assertThat(readAll()).containsAll(acknowledged);
    }

    @Test
    void a_failed_read_takes_it_offline() throws Exception {
        broker.close();
        open(); // nothing in memory
        disk.fail(failing, Set.of(Operation.READ), "Input/output error");
        int partition = partitionsIn(failing).iterator().next();
        try (KafkaConsumer<String, String> consumer = broker.clients.consumer(Map.of())) {
            TopicPartition tp = new TopicPartition(topic, partition);
            consumer.assign(List.of(tp));
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(
                            () -> {
                                consumer.poll(Duration.ofMillis(100));
                                return logDirs().values().stream()
                                        .anyMatch(described -> described.error() != null);
                            });
        }
        assertThat(produceToAll(partitionsIn(failing))).isEqualTo(partitionsIn(failing));
    }

    @Test
    void a_failed_checkpoint_takes_it_offline() throws Exception {
        disk.fail(failing, Set.of(Operation.RENAME), FULL);
        produceToAll(partitionsIn(failing)); // or there is nothing new to write

        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> !broker.broker().offlineDirectories().isEmpty());
        assertThat(broker.broker().offlineDirectories()).containsExactly(failing);
        assertThat(produceToAll(partitionsIn(failing))).isEqualTo(partitionsIn(failing));
    }

    @Test
    void a_log_that_cannot_be_created_is_created_elsewhere() throws Exception {
        disk.fail(failing, Set.of(Operation.OPEN), FULL);
        String other = create(4, Map.of());

        for (int i = 0; i < 4; i++) {
            assertThat(directories.get(0).resolve(other + "-" + i)).isDirectory();
        }
        disk.repair();
        broker.close();
        open(); // what was begun where it failed is no second log
        produceToAll();
        assertThat(describe(other).partitions()).allMatch(p -> p.leader() != null);
    }

    @Test
    void at_start_it_is_offline_and_none_of_its_logs_is_made_anew() throws Exception {
        Set<Integer> inFailing = partitionsIn(failing);
        broker.close();
        disk.fail(failing, Set.of(Operation.OPEN, Operation.READ), "Input/output error");
        open();

        assertThat(produceToAll(inFailing)).isEqualTo(inFailing);
        describesItself(inFailing);
        assertThat(partitionsIn(directories.get(0))).doesNotContainAnyElementsOf(inFailing);

        broker.close();
        disk.repair();
        open();
        produceToAll();
        assertThat(readAll()).containsExactlyInAnyOrderElementsOf(acknowledged);
    }

    @Test
    void a_topic_may_be_deleted_and_its_logs_go_when_the_directory_is_back() throws Exception {
        disk.fail(failing, Set.of(Operation.WRITE), FULL);
        produceToAll(partitionsIn(failing));
        try (Admin admin = broker.clients.admin()) {
            admin.deleteTopics(List.of(topic)).all().get(20, TimeUnit.SECONDS);
        }
        disk.repair();
        broker.close();
        open();
        assertThat(partitionsIn(failing)).isEmpty();
        assertThat(partitionsIn(directories.get(0))).isEmpty();
    }

    @Test
    void without_any_directory_the_broker_says_that_it_has_failed() throws Exception {
        assertThat(broker.broker().failed().isComplete()).isFalse();
        disk.fail(base, Set.of(Operation.WRITE), FULL);
        assertThat(produceToAll(Set.of(0, 1, 2, 3))).hasSize(PARTITIONS);

        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> broker.broker().failed().isComplete());
        assertThat(broker.broker().failed().cause())
                .hasMessageContaining("all log directories are offline")
                .hasMessageContaining(FULL)
                .hasMessageContaining("start the node again");
        disk.repair();
        broker.close();
        open();
        produceToAll();
        assertThat(readAll()).containsExactlyInAnyOrderElementsOf(acknowledged);
    }

    @Test
    void without_any_directory_it_does_not_start() throws Exception {
        broker.close();
        disk.fail(base, Set.of(Operation.OPEN), "Read-only file system");
        assertThatThrownBy(this::open).rootCause().hasMessageContaining("Read-only file system");
        disk.repair();
        open();
    }

    @Test
    void a_log_with_records_in_two_directories_is_for_a_human_to_settle() throws Exception {
        broker.close();
        int one = partitionsIn(failing).iterator().next();
        Path log = failing.resolve(topic + "-" + one);
        Path twin = directories.get(0).resolve(topic + "-" + one);
        Files.createDirectory(twin);
        try (var files = Files.list(log)) {
            for (Path file : files.toList()) {
                Files.copy(file, twin.resolve(file.getFileName()));
            }
        }
        assertThatThrownBy(this::open)
                .rootCause()
                .hasMessageContaining(topic + "-" + one + " has a log in")
                .hasMessageContaining("to offset 1");
        try (var files = Files.list(twin)) {
            for (Path each : files.toList()) {
                Files.delete(each);
            }
        }
        Files.delete(twin);
        open();
        assertThat(readAll()).containsExactlyInAnyOrderElementsOf(acknowledged);
    }

    @Test
    void a_copied_directory_is_refused() throws Exception {
        broker.close();
        Files.copy(
                directories.get(0).resolve("meta.properties"),
                directories.get(1).resolve("meta.properties"),
                StandardCopyOption.REPLACE_EXISTING);
        assertThatThrownBy(this::open).rootCause().hasMessageContaining("same directory.id");
        directories = List.of(directories.get(0));
        open();
    }
}
