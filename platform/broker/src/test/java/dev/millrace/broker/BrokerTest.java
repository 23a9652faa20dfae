package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.net.BindException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeReplicaLogDirsResult.ReplicaLogDirInfo;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.admin.ReplicaInfo;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionReplica;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Starting, stopping, and following what the cluster decides. */
class BrokerTest {
    @TempDir Path directory;

    private static void send(LocalBroker broker, String topic, int partition, String value)
            throws Exception {
        try (KafkaProducer<String, String> producer = broker.clients.producer(Map.of())) {
            producer.send(new ProducerRecord<>(topic, partition, null, value)).get();
        }
    }

    private static long beginning(LocalBroker broker, TopicPartition tp) {
        try (KafkaConsumer<String, String> consumer = broker.clients.consumer(Map.of())) {
            return consumer.beginningOffsets(List.of(tp)).getOrDefault(tp, -1L);
        }
    }

    @Test
    void a_port_in_use_fails_the_start_and_leaves_the_directory_to_others() throws Exception {
        LocalBroker first =
                new LocalBroker(directory.resolve("a"), new InMemoryCluster(1), Map.of());
        Vertx vertx = Vertx.vertx();
        BrokerConfig config =
                new BrokerConfig(
                        1,
                        "127.0.0.1",
                        first.broker().address().getPort(),
                        List.of(directory.resolve("b")),
                        Map.of());
        assertThatThrownBy(
                        () ->
                                Broker.start(vertx, new InMemoryCluster(1), config)
                                        .toCompletionStage()
                                        .toCompletableFuture()
                                        .get(10, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(BindException.class);
        first.close();

        new LocalBroker(directory.resolve("b"), new InMemoryCluster(1), Map.of()).close();
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    @Test
    void a_setting_that_is_no_number_fails_the_start_with_its_name() {
        assertThatThrownBy(() -> BrokerSettings.from(Map.of("num.partitions", "many")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("num.partitions")
                .hasMessageContaining("many");
        assertThatThrownBy(() -> BrokerSettings.from(Map.of("num.network.threads", "0")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("at least 1");
        assertThatThrownBy(
                        () -> BrokerSettings.from(Map.of("auto.create.topics.enable", "perhaps")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("true or false");
        assertThatThrownBy(() -> BrokerSettings.from(Map.of("queued.max.request.bytes", "5")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("at least socket.request.max.bytes, 104857600");
    }

    @Test
    void settings_have_the_names_and_defaults_of_kafka() {
        BrokerSettings defaults = BrokerSettings.from(Map.of());
        assertThat(defaults.autoCreateTopics()).isTrue();
        assertThat(defaults.numPartitions()).isEqualTo(1);
        assertThat(defaults.replicationFactor()).isEqualTo(1);
        assertThat(defaults.fetchMaxBytes()).isEqualTo(57_671_680);
        assertThat(defaults.retentionCheckIntervalMs()).isEqualTo(300_000);
        assertThat(defaults.checkpointIntervalMs()).isEqualTo(5_000);
        assertThat(defaults.flushCheckIntervalMs()).isEqualTo(1_000);
        assertThat(defaults.producerIdExpirationMs()).isEqualTo(86_400_000);
        assertThat(defaults.recoveryThreads()).isEqualTo(2);
        assertThat(defaults.wire().maxRequestBytes()).isEqualTo(104_857_600);
        assertThat(defaults.wire().maxIdleMs()).isEqualTo(600_000);
        assertThat(defaults.wire().maxQueuedBytes()).isEqualTo(-1);
        TopicCreation.Shape offsets = BrokerSettings.offsetsTopic(Map.of());
        assertThat(offsets.partitions()).isEqualTo(50);
        assertThat(offsets.configs())
                .containsEntry("cleanup.policy", "compact")
                .containsEntry("segment.bytes", "104857600");
    }

    @Test
    void a_topic_setting_holds_for_the_next_record() throws Exception {
        LocalBroker broker = new LocalBroker(directory, new InMemoryCluster(1), Map.of());
        String large = "x".repeat(100_000);
        send(broker, "t", 0, large);

        broker.cluster.alterConfigs(
                new ConfigResource(ConfigResource.Type.TOPIC, "t"),
                Map.of("max.message.bytes", Optional.of("50000")));

        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .untilAsserted(
                        () ->
                                assertThatThrownBy(() -> send(broker, "t", 0, large))
                                        .hasCauseInstanceOf(RecordTooLargeException.class));
        broker.close();
    }

    @Test
    void the_offsets_topic_is_there_before_a_group_asks_for_it() throws Exception {
        LocalBroker broker = new LocalBroker(directory, new InMemoryCluster(1), Map.of());
        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .until(
                        () ->
                                broker.broker()
                                                .partition(
                                                        new TopicPartition("__consumer_offsets", 1))
                                        != null);
        broker.close();
    }

    @Test
    void a_log_that_could_not_be_opened_is_tried_again() throws Exception {
        LocalBroker broker = new LocalBroker(directory, new InMemoryCluster(1), Map.of());
        Path inTheWay = Files.writeString(directory.resolve("t-0"), "no folder");
        broker.cluster.createTopic("t", 2, 1, Map.of(), Map.of());
        send(broker, "t", 1, "the other partition is there");
        assertThat(broker.broker().partition(new TopicPartition("t", 0))).isNull();

        Files.delete(inTheWay);
        send(broker, "t", 0, "and so is this one, without any change of metadata");
        broker.close();
    }

    @Test
    void log_directories_are_described_with_the_sizes_of_their_logs() throws Exception {
        LocalBroker broker = new LocalBroker(directory, new InMemoryCluster(1), Map.of());
        broker.cluster.createTopic("t", 2, 1, Map.of(), Map.of());
        send(broker, "t", 1, "x".repeat(1000));
        try (Admin admin = broker.clients.admin()) {
            LogDirDescription described =
                    Objects.requireNonNull(
                            admin.describeLogDirs(List.of(1))
                                    .allDescriptions()
                                    .get(10, TimeUnit.SECONDS)
                                    .getOrDefault(1, Map.of())
                                    .get(directory.toAbsolutePath().toString()));

            assertThat(described.error()).isNull();
            assertThat(described.totalBytes().orElse(0))
                    .isGreaterThan(described.usableBytes().orElse(Long.MAX_VALUE));
            long size = Files.size(directory.resolve("t-1").resolve("0".repeat(20) + ".log"));
            assertThat(size).isGreaterThan(1000);
            assertThat(described.replicaInfos())
                    .extractingByKey(new TopicPartition("t", 1))
                    .extracting(ReplicaInfo::size)
                    .isEqualTo(size);
            assertThat(described.replicaInfos())
                    .extractingByKey(new TopicPartition("t", 0))
                    .extracting(ReplicaInfo::size)
                    .isEqualTo(0L);

            TopicPartitionReplica replica = new TopicPartitionReplica("t", 1, 1);
            assertThat(
                            admin.describeReplicaLogDirs(List.of(replica))
                                    .all()
                                    .get(10, TimeUnit.SECONDS))
                    .extractingByKey(replica)
                    .extracting(ReplicaLogDirInfo::getCurrentReplicaLogDir)
                    .isEqualTo(directory.toAbsolutePath().toString());
        }
        broker.close();
    }

    @Test
    void partitions_added_to_a_topic_take_records() throws Exception {
        LocalBroker broker = new LocalBroker(directory, new InMemoryCluster(1), Map.of());
        send(broker, "t", 0, "a");

        broker.cluster.createPartitions("t", 3, List.of());
        send(broker, "t", 2, "c");

        assertThat(directory.resolve("t-2")).isDirectory();
        broker.close();
    }

    @Test
    void the_log_of_a_topic_deleted_while_the_broker_was_down_is_removed_at_its_start()
            throws Exception {
        InMemoryCluster cluster = new InMemoryCluster(1);
        LocalBroker broker = new LocalBroker(directory, cluster, Map.of());
        send(broker, "gone", 0, "a");
        send(broker, "stays", 0, "a");
        broker.close();
        cluster.deleteTopic(cluster.image().topic("gone").orElseThrow().id());

        broker = new LocalBroker(directory, cluster, Map.of());

        assertThat(Files.exists(directory.resolve("gone-0"))).isFalse();
        assertThat(directory.resolve("stays-0")).isDirectory();
        broker.close();
    }

    @Test
    void retention_gives_up_what_is_too_old() throws Exception {
        LocalBroker broker =
                new LocalBroker(
                        directory,
                        new InMemoryCluster(1),
                        Map.of(
                                "log.retention.check.interval.ms",
                                "50",
                                "log.segment.delete.delay.ms",
                                "0"));
        broker.cluster.createTopic(
                "t", 1, 1, Map.of(), Map.of("retention.ms", "100", "segment.ms", "50"));
        send(broker, "t", 0, "old");

        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .until(() -> beginning(broker, new TopicPartition("t", 0)) == 1);
        broker.close();
    }

    @Test
    void an_append_that_asks_for_a_flush_is_acknowledged_once_it_is_durable() throws Exception {
        LocalBroker broker = new LocalBroker(directory, new InMemoryCluster(1), Map.of());
        broker.cluster.createTopic("t", 1, 1, Map.of(), Map.of("flush.messages", "1"));
        try (KafkaProducer<String, String> producer =
                broker.clients.producer(Map.of("batch.size", 0))) {
            for (int i = 0; i < 200; i++) {
                producer.send(new ProducerRecord<>("t", "value " + i));
            }
            assertThat(producer.send(new ProducerRecord<>("t", "last")).get().offset())
                    .isEqualTo(200);
            Partition partition = broker.broker().partition(new TopicPartition("t", 0));
            assertThat(Objects.requireNonNull(partition).log().recoveryPoint()).isEqualTo(201);
        }
        broker.close();
    }

    @Test
    void requests_are_metered_by_api() throws Exception {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        Vertx vertx = Vertx.vertx();
        Broker broker =
                Broker.start(
                                vertx,
                                new InMemoryCluster(1),
                                new BrokerConfig(1, "127.0.0.1", 0, List.of(directory), Map.of()),
                                new BrokerMetrics(registry))
                        .toCompletionStage()
                        .toCompletableFuture()
                        .get(10, TimeUnit.SECONDS);
        try (KafkaProducer<String, String> producer =
                new Clients("127.0.0.1:" + broker.address().getPort()).producer(Map.of())) {
            producer.send(new ProducerRecord<>("t", "x".repeat(1000))).get();
        }
        assertThat(registry.get("millrace.requests").tag("api", "Produce").timer().count())
                .isEqualTo(1);
        assertThat(registry.get("millrace.groups").gauge().value()).isZero();
        assertThat(registry.get("millrace.request.bytes").tag("api", "Produce").counter().count())
                .isGreaterThan(1000);
        broker.stop().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }
}
