package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.broker.FaultyDisk.Operation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ReplicaInfo;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionReplica;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.LogDirNotFoundException;
import org.apache.kafka.common.errors.ReplicaNotAvailableException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** AlterReplicaLogDirs: logs that change their directory while they are used. */
class MovedReplicaTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir Path base;
    private final FaultyDisk disk = new FaultyDisk();
    private final InMemoryCluster cluster = new InMemoryCluster(1);
    private final ExecutorService background = Executors.newSingleThreadExecutor();
    private List<Path> directories;
    private LocalBroker broker;
    private String topic;
    private TopicPartition tp;

    @BeforeEach
    void start() throws Exception {
        directories = List.of(base.resolve("a"), base.resolve("b"));
        open(Map.of());
        topic = Clients.uniqueName("moved");
        tp = new TopicPartition(topic, 0);
        create(topic, Map.of("segment.bytes", "1048576"));
    }

    private void open(Map<String, String> properties) throws Exception {
        broker = new LocalBroker(directories, cluster, properties, disk);
    }

    @AfterEach
    void stop() throws Exception {
        background.shutdownNow();
        broker.close();
    }

    private void create(String name, Map<String, String> configs) throws Exception {
        try (Admin admin = broker.clients.admin()) {
            admin.createTopics(List.of(new NewTopic(name, 1, (short) 1).configs(configs)))
                    .all()
                    .get(20, TimeUnit.SECONDS);
        }
        Awaitility.await()
                .atMost(PATIENCE)
                .until(() -> broker.broker().partition(new TopicPartition(name, 0)) != null);
    }

    private Path home() {
        return directories.stream()
                .filter(dir -> Files.isDirectory(dir.resolve(tp.toString())))
                .findFirst()
                .orElseThrow();
    }

    private Path otherThan(Path directory) {
        return directories.get(directories.indexOf(directory) == 0 ? 1 : 0);
    }

    private void move(String topicName, String directory) throws Exception {
        try (Admin admin = broker.clients.admin()) {
            admin.alterReplicaLogDirs(Map.of(new TopicPartitionReplica(topicName, 0, 1), directory))
                    .all()
                    .get(20, TimeUnit.SECONDS);
        }
    }

    private void move(Path directory) throws Exception {
        move(topic, directory.toString());
    }

    private Optional<ReplicaInfo> replicaIn(Path directory) throws Exception {
        try (Admin admin = broker.clients.admin()) {
            return Optional.ofNullable(
                            admin.describeLogDirs(List.of(1))
                                    .allDescriptions()
                                    .get(20, TimeUnit.SECONDS)
                                    .get(1))
                    .map(described -> described.get(directory.toString()))
                    .map(described -> described.replicaInfos().get(tp));
        }
    }

    private void awaitMoved(Path directory) {
        Awaitility.await()
                .atMost(PATIENCE)
                .until(() -> replicaIn(directory).filter(info -> !info.isFuture()).isPresent());
    }

    private int produce(int from, AtomicBoolean enough) throws Exception {
        try (KafkaProducer<String, String> producer =
                broker.clients.producer(Map.of("linger.ms", 1, "acks", "all"))) {
            List<Future<?>> sent = new ArrayList<>();
            int i = from;
            for (; !enough.get(); i++) {
                sent.add(producer.send(new ProducerRecord<>(topic, value(i))));
                if (i % 200 == 0) {
                    sent.get(sent.size() - 1).get(20, TimeUnit.SECONDS);
                }
            }
            for (Future<?> each : sent) {
                each.get(20, TimeUnit.SECONDS);
            }
            return i;
        }
    }

    private int produce(int from, int to) throws Exception {
        try (KafkaProducer<String, String> producer =
                broker.clients.producer(Map.of("linger.ms", 5))) {
            for (int i = from; i < to; i++) {
                producer.send(new ProducerRecord<>(topic, value(i)));
            }
            producer.flush();
        }
        return to;
    }

    private static String value(int i) {
        return "value " + i + " " + "x".repeat(500);
    }

    private List<String> readAll(int count) {
        try (KafkaConsumer<String, String> consumer = broker.clients.consumer(Map.of())) {
            consumer.assign(List.of(tp));
            return Clients.poll(consumer, count).stream().map(ConsumerRecord::value).toList();
        }
    }

    private static List<String> values(int count) {
        return IntStream.range(0, count).mapToObj(MovedReplicaTest::value).toList();
    }

    @Test
    void a_log_moves_while_an_idempotent_producer_writes_and_a_consumer_reads() throws Exception {
        int before = produce(0, 5_000);
        AtomicBoolean enough = new AtomicBoolean();
        Future<Integer> producing = background.submit(() -> produce(before, enough));
        for (int round = 0; round < 4; round++) {
            Path from = home();
            move(otherThan(from));
            awaitMoved(otherThan(from));
            assertThat(from.resolve(tp.toString())).doesNotExist();
        }
        enough.set(true);
        int count = producing.get(30, TimeUnit.SECONDS);

        assertThat(readAll(count)).isEqualTo(values(count));
        Partition partition = Objects.requireNonNull(broker.broker().partition(tp));
        assertThat(partition.log().highWatermark()).isEqualTo(count);
        broker.close();
        open(Map.of());
        assertThat(readAll(count)).isEqualTo(values(count));
        produce(count, count + 10);
        assertThat(readAll(count + 10)).hasSize(count + 10);
    }

    @Test
    void a_durable_topic_moves_with_all_that_was_acknowledged() throws Exception {
        cluster.alterConfigs(
                new ConfigResource(ConfigResource.Type.TOPIC, topic),
                Map.of("millrace.ack.durability", Optional.of("disk")));
        AtomicBoolean enough = new AtomicBoolean();
        Future<Integer> producing = background.submit(() -> produce(0, enough));
        Path to = otherThan(home());
        move(to);
        awaitMoved(to);
        enough.set(true);
        int count = producing.get(30, TimeUnit.SECONDS);
        assertThat(readAll(count)).isEqualTo(values(count));
    }

    @Test
    void the_copy_is_shown_as_future_until_it_is_the_log_and_starts_again_after_a_restart()
            throws Exception {
        int count = produce(0, 3_000);
        broker.close();
        open(Map.of("replica.alter.log.dirs.io.max.bytes.per.second", "200000"));
        Path from = home();
        Path to = otherThan(from);
        move(to);

        assertThat(replicaIn(to)).hasValueSatisfying(info -> assertThat(info.isFuture()).isTrue());
        assertThat(replicaIn(from))
                .hasValueSatisfying(info -> assertThat(info.isFuture()).isFalse());
        broker.close();
        open(Map.of());
        awaitMoved(to);
        assertThat(readAll(count)).isEqualTo(values(count));
    }

    @Test
    void a_move_that_is_held_back_goes_on_when_the_bound_is_raised() throws Exception {
        int count = produce(0, 3_000);
        broker.close();
        open(Map.of("replica.alter.log.dirs.io.max.bytes.per.second", "100"));
        Path to = otherThan(home());
        move(to);
        assertThat(replicaIn(to)).hasValueSatisfying(info -> assertThat(info.isFuture()).isTrue());

        // With the old bound it would take hours.
        cluster.alterConfigs(
                new ConfigResource(ConfigResource.Type.BROKER, ""),
                Map.of(
                        "replica.alter.log.dirs.io.max.bytes.per.second",
                        Optional.of("1000000000")));

        awaitMoved(to);
        assertThat(readAll(count)).isEqualTo(values(count));
    }

    @Test
    void a_move_back_to_where_it_is_gives_the_move_up() throws Exception {
        produce(0, 3_000);
        broker.close();
        open(Map.of("replica.alter.log.dirs.io.max.bytes.per.second", "200000"));
        Path from = home();
        move(otherThan(from));
        move(from);

        assertThat(replicaIn(otherThan(from))).isEmpty();
        assertThat(home()).isEqualTo(from);
        produce(3_000, 3_010);
        assertThat(readAll(3_010)).isEqualTo(values(3_010));
    }

    @Test
    void a_deleted_topic_takes_its_move_along() throws Exception {
        produce(0, 3_000);
        broker.close();
        open(Map.of("replica.alter.log.dirs.io.max.bytes.per.second", "200000"));
        move(otherThan(home()));
        try (Admin admin = broker.clients.admin()) {
            admin.deleteTopics(List.of(topic)).all().get(20, TimeUnit.SECONDS);
        }
        Awaitility.await()
                .atMost(PATIENCE)
                .until(
                        () ->
                                replicaIn(directories.get(0)).isEmpty()
                                        && replicaIn(directories.get(1)).isEmpty());
    }

    @Test
    void a_target_that_fails_leaves_the_log_where_it_was() throws Exception {
        int count = produce(0, 3_000);
        broker.close();
        open(Map.of("replica.alter.log.dirs.io.max.bytes.per.second", "500000"));
        Path from = home();
        move(otherThan(from));
        disk.fail(otherThan(from), Set.of(Operation.WRITE), "No space left on device");
        Awaitility.await()
                .atMost(PATIENCE)
                .until(() -> !broker.broker().offlineDirectories().isEmpty());

        produce(count, count + 10);
        assertThat(readAll(count + 10)).isEqualTo(values(count + 10));
        assertThatThrownBy(() -> move(otherThan(from)))
                .hasCauseInstanceOf(KafkaStorageException.class);
    }

    @Test
    void refusals_are_kafkas() throws Exception {
        assertThatThrownBy(() -> move(topic, "/nowhere"))
                .hasCauseInstanceOf(LogDirNotFoundException.class);
        assertThatThrownBy(() -> move("no-such-topic", directories.get(0).toString()))
                .hasCauseInstanceOf(ReplicaNotAvailableException.class);
    }

    @Test
    void a_log_that_does_not_exist_yet_is_created_where_it_was_wanted() throws Exception {
        String wanted = Clients.uniqueName("wanted");
        Path target = home(); // the fuller one
        assertThatThrownBy(() -> move(wanted, target.toString()))
                .hasCauseInstanceOf(ReplicaNotAvailableException.class);
        create(wanted, Map.of());
        assertThat(target.resolve(wanted + "-0")).isDirectory();
    }

    @Test
    void nothing_new_goes_to_a_cordoned_directory() throws Exception {
        Path cordoned = directories.get(1);
        cordon(cordoned.toString());
        for (int i = 0; i < 3; i++) {
            String name = Clients.uniqueName("cordoned");
            create(name, Map.of());
            assertThat(directories.get(0).resolve(name + "-0")).isDirectory();
        }
        if (home().equals(directories.get(0))) {
            assertThatThrownBy(() -> move(cordoned))
                    .hasCauseInstanceOf(InvalidReplicaAssignmentException.class);
        }
        cordon("*");
        assertThatThrownBy(() -> create(Clients.uniqueName("nowhere"), Map.of()))
                .hasCauseInstanceOf(InvalidReplicationFactorException.class);
        cordon("");
        create(Clients.uniqueName("again"), Map.of());
    }

    private void cordon(String value) {
        cluster.alterConfigs(
                new ConfigResource(ConfigResource.Type.BROKER, "1"),
                Map.of("cordoned.log.dirs", Optional.of(value)));
    }
}
