package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an acknowledgement promises: {@code millrace.ack.durability}, {@code flush.*}. */
class AckDurabilityTest {
    private static final String DURABILITY = "millrace.ack.durability";
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir Path directory;
    private final FaultyDisk disk = new FaultyDisk();
    private LocalBroker broker;

    @BeforeEach
    void start() throws Exception {
        start(Map.of());
    }

    private void start(Map<String, String> properties) throws Exception {
        broker = new LocalBroker(List.of(directory), new InMemoryCluster(1), properties, disk);
    }

    @AfterEach
    void stop() throws Exception {
        broker.close();
    }

    private String topic(Map<String, String> configs) throws Exception {
        return topic(1, configs);
    }

    private String topic(int partitions, Map<String, String> configs) throws Exception {
        String name = Clients.uniqueName("durable");
        try (Admin admin = broker.clients.admin()) {
            admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1).configs(configs)))
                    .all()
                    .get(20, TimeUnit.SECONDS);
        }
        Awaitility.await()
                .atMost(PATIENCE)
                .until(
                        () ->
                                broker.broker().partition(new TopicPartition(name, partitions - 1))
                                        != null);
        return name;
    }

    private Partition partition(String topic, int number) {
        return Objects.requireNonNull(broker.broker().partition(new TopicPartition(topic, number)));
    }

    private KafkaProducer<String, String> producer(String acks) {
        return broker.clients.producer(
                Map.of(
                        "acks",
                        acks,
                        "enable.idempotence",
                        "false",
                        "linger.ms",
                        0,
                        "batch.size",
                        0));
    }

    private List<String> visible(String topic) {
        try (KafkaConsumer<String, String> consumer = broker.clients.consumer(Map.of())) {
            TopicPartition tp = new TopicPartition(topic, 0);
            consumer.assign(List.of(tp));
            long end = consumer.endOffsets(List.of(tp)).getOrDefault(tp, -1L);
            return Clients.poll(consumer, (int) end).stream().map(ConsumerRecord::value).toList();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "all"})
    void on_disk_nobody_is_told_of_a_record_before_it_is_durable(String acks) throws Exception {
        String topic = topic(Map.of(DURABILITY, "disk"));
        try (KafkaProducer<String, String> producer = producer(acks)) {
            producer.send(new ProducerRecord<>(topic, "first")).get();
            disk.stall();
            Future<RecordMetadata> sent;
            try {
                sent = producer.send(new ProducerRecord<>(topic, "second"));
                Awaitility.await()
                        .atMost(PATIENCE)
                        .until(() -> partition(topic, 0).log().logEndOffset() == 2);
                assertThat(partition(topic, 0).log().highWatermark()).isEqualTo(1);
                assertThat(visible(topic)).containsExactly("first");
                assertThat(sent).isNotDone();
            } finally {
                disk.resume();
            }

            assertThat(sent.get(20, TimeUnit.SECONDS).offset()).isEqualTo(1);
            assertThat(partition(topic, 0).log().recoveryPoint()).isEqualTo(2);
            assertThat(visible(topic)).containsExactly("first", "second");
        }
    }

    @Test
    void on_disk_a_record_that_nobody_wants_acknowledged_becomes_durable_and_visible_too()
            throws Exception {
        String topic = topic(Map.of(DURABILITY, "disk"));
        try (KafkaProducer<String, String> producer = producer("0")) {
            producer.send(new ProducerRecord<>(topic, "v")).get();
            Awaitility.await()
                    .atMost(PATIENCE)
                    .until(() -> partition(topic, 0).log().highWatermark() == 1);
        }
    }

    @Test
    void in_memory_an_acknowledgement_does_not_wait_for_the_disk() throws Exception {
        String topic = topic(Map.of(DURABILITY, "memory"));
        try (KafkaProducer<String, String> producer = producer("all")) {
            disk.stall();
            try {
                producer.send(new ProducerRecord<>(topic, "v")).get(20, TimeUnit.SECONDS);
                assertThat(visible(topic)).containsExactly("v");
            } finally {
                disk.resume();
            }
        }
    }

    @Test
    void appends_that_arrive_during_a_flush_share_the_next() throws Exception {
        String topic = topic(Map.of(DURABILITY, "disk"));
        try (KafkaProducer<String, String> producer = producer("all")) {
            producer.send(new ProducerRecord<>(topic, "first")).get();
            long before = disk.forced.get();
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            disk.stall();
            try {
                // As many as one connection may have in flight.
                for (int i = 0; i < 5; i++) {
                    sent.add(producer.send(new ProducerRecord<>(topic, "v" + i)));
                }
                Awaitility.await()
                        .atMost(PATIENCE)
                        .until(() -> partition(topic, 0).log().logEndOffset() == 6);
            } finally {
                disk.resume();
            }
            for (Future<RecordMetadata> each : sent) {
                each.get(20, TimeUnit.SECONDS);
            }
            assertThat(disk.forced.get() - before).isLessThanOrEqualTo(2);
        }
    }

    @Test
    void a_topic_may_change_its_durability_while_it_is_written() throws Exception {
        String topic = topic(Map.of());
        try (KafkaProducer<String, String> producer = producer("all")) {
            producer.send(new ProducerRecord<>(topic, "a")).get();
            change(topic, "disk");
            Awaitility.await()
                    .atMost(PATIENCE)
                    .until(() -> partition(topic, 0).log().recoveryPoint() == 1);
            producer.send(new ProducerRecord<>(topic, "b")).get();
            assertThat(partition(topic, 0).log().recoveryPoint()).isEqualTo(2);
            disk.stall();
            try {
                Future<RecordMetadata> sent = producer.send(new ProducerRecord<>(topic, "c"));
                Awaitility.await()
                        .atMost(PATIENCE)
                        .until(() -> partition(topic, 0).log().logEndOffset() == 3);
                assertThat(sent).isNotDone();
                change(topic, "memory");
                assertThat(sent.get(20, TimeUnit.SECONDS).offset()).isEqualTo(2);
            } finally {
                disk.resume();
            }
        }
    }

    private void change(String topic, String durability) {
        broker.cluster.alterConfigs(
                new ConfigResource(ConfigResource.Type.TOPIC, topic),
                Map.of(DURABILITY, Optional.of(durability)));
    }

    @Test
    void the_broker_gives_topics_their_durability_and_says_what_it_means() throws Exception {
        broker.close();
        start(Map.of(DURABILITY, "disk"));
        String topic = topic(Map.of());
        try (Admin admin = broker.clients.admin();
                KafkaProducer<String, String> producer = producer("1")) {
            producer.send(new ProducerRecord<>(topic, "v")).get();
            assertThat(partition(topic, 0).log().recoveryPoint()).isEqualTo(1);
            ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
            Map<ConfigResource, Config> described =
                    admin.describeConfigs(
                                    List.of(resource),
                                    new DescribeConfigsOptions().includeDocumentation(true))
                            .all()
                            .get(20, TimeUnit.SECONDS);
            assertThat(described)
                    .hasEntrySatisfying(
                            resource,
                            configs -> {
                                assertThat(configs.get(DURABILITY).value()).isEqualTo("disk");
                                assertThat(configs.get(DURABILITY).documentation())
                                        .contains("loss of power");
                            });
        }
    }

    @Test
    void flush_messages_is_waited_for_by_the_record_that_reaches_it() throws Exception {
        String topic = topic(Map.of("flush.messages", "3"));
        try (KafkaProducer<String, String> producer = producer("1")) {
            producer.send(new ProducerRecord<>(topic, "1")).get();
            producer.send(new ProducerRecord<>(topic, "2")).get();
            assertThat(partition(topic, 0).log().recoveryPoint()).isZero();
            producer.send(new ProducerRecord<>(topic, "3")).get();
            assertThat(partition(topic, 0).log().recoveryPoint()).isEqualTo(3);
            for (int i = 4; i <= 1000; i++) {
                Future<?> sent = producer.send(new ProducerRecord<>(topic, String.valueOf(i)));
                if (i % 100 == 0) {
                    sent.get(20, TimeUnit.SECONDS);
                }
            }
        }
        assertThat(partition(topic, 0).log().recoveryPoint()).isGreaterThan(990);
    }

    @Test
    void flush_ms_flushes_in_the_background() throws Exception {
        broker.close();
        start(Map.of("log.flush.scheduler.interval.ms", "10"));
        String topic = topic(Map.of("flush.ms", "20"));
        try (KafkaProducer<String, String> producer = producer("1")) {
            disk.stall();
            try {
                producer.send(new ProducerRecord<>(topic, "v")).get(20, TimeUnit.SECONDS);
            } finally {
                disk.resume();
            }
            Awaitility.await()
                    .atMost(PATIENCE)
                    .until(() -> partition(topic, 0).log().recoveryPoint() == 1);
        }
    }

    @Test
    void what_a_killed_process_left_in_the_page_cache_is_flushed_before_anybody_reads_it()
            throws Exception {
        String topic = topic(4, Map.of(DURABILITY, "disk"));
        try (KafkaProducer<String, String> producer = producer("all")) {
            for (int i = 0; i < 100; i++) {
                producer.send(new ProducerRecord<>(topic, i % 4, null, "v" + i));
            }
            producer.flush();
        }
        // A close that cannot write its checkpoints leaves what a kill leaves.
        disk.fail(directory, Set.of(FaultyDisk.Operation.RENAME), "killed");
        broker.close();
        disk.repair();
        broker = new LocalBroker(List.of(directory), broker.cluster, Map.of(), disk);

        for (int i = 0; i < 4; i++) {
            Partition partition = partition(topic, i);
            assertThat(partition.log().highWatermark()).isEqualTo(25);
            assertThat(partition.log().recoveryPoint()).isEqualTo(25);
        }
    }
}
