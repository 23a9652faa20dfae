package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What clients see of topics with {@code cleanup.policy=compact}. */
class CompactedTopicTest {
    private static TestBroker broker;
    private static Clients clients;

    private final String topic = Clients.uniqueName("compacted");

    @BeforeAll
    static void startBroker() {
        broker =
                TestBroker.start(
                        Map.of(
                                "log.cleaner.backoff.ms",
                                "50",
                                "log.cleaner.threads",
                                "2",
                                "log.cleaner.dedupe.buffer.size",
                                "4000000",
                                "offsets.topic.num.partitions",
                                "1",
                                "offsets.topic.segment.bytes",
                                "40000"));
        clients = new Clients(broker.bootstrapServers());
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
    }

    /** An own Apache Kafka looks every 15 s. */
    private static Duration aWhile() {
        return Duration.ofSeconds(broker.embedded() ? 20 : 60);
    }

    private void create(String policy) throws Exception {
        try (Admin admin = clients.admin()) {
            admin.createTopics(
                            List.of(
                                    new NewTopic(topic, 1, (short) 1)
                                            .configs(
                                                    Map.of(
                                                            "cleanup.policy",
                                                            policy,
                                                            "segment.ms",
                                                            "100",
                                                            "min.cleanable.dirty.ratio",
                                                            "0.01",
                                                            "delete.retention.ms",
                                                            "0"))))
                    .all()
                    .get(20, TimeUnit.SECONDS);
        }
    }

    private KafkaProducer<String, String> producer(Map<String, Object> overrides) {
        return clients.producer(overrides);
    }

    private void send(KafkaProducer<String, String> producer, String key, @Nullable String value)
            throws Exception {
        producer.send(new ProducerRecord<>(topic, key, value)).get(20, TimeUnit.SECONDS);
    }

    /** Everything that a consumer from the start gets before the end. */
    private static List<ConsumerRecord<String, String>> readAll(String topic) {
        List<ConsumerRecord<String, String>> all = new ArrayList<>();
        TopicPartition partition = new TopicPartition(topic, 0);
        try (KafkaConsumer<String, String> consumer = clients.consumer(Map.of())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            while (consumer.position(partition) < end) {
                consumer.poll(Duration.ofMillis(100)).forEach(all::add);
                assertThat(System.nanoTime()).as("still before %s", end).isLessThan(deadlineNs);
            }
        }
        return all;
    }

    private List<String> values() {
        return readAll(topic).stream().map(r -> r.key() + "=" + r.value()).toList();
    }

    @Test
    void a_consumer_from_the_start_gets_the_last_value_of_each_key_at_its_offset()
            throws Exception {
        create("compact");
        try (KafkaProducer<String, String> producer = producer(Map.of("linger.ms", 0))) {
            for (int round = 0; round < 3; round++) {
                for (int key = 0; key < 10; key++) {
                    send(producer, "key" + key, "round " + round);
                }
                TimeUnit.MILLISECONDS.sleep(120);
            }
            send(producer, "key0", null);
            TimeUnit.MILLISECONDS.sleep(120);
            send(producer, "end", "");
        }

        Awaitility.await()
                .atMost(aWhile())
                .untilAsserted(() -> assertThat(values()).hasSizeLessThanOrEqualTo(11));
        Map<String, Long> offsets = new HashMap<>();
        readAll(topic).forEach(r -> offsets.put(r.key(), r.offset()));
        assertThat(offsets).containsEntry("key9", 29L).containsEntry("end", 31L).hasSize(11);
    }

    @Test
    void tombstones_of_a_compacted_topic_go_in_the_end() throws Exception {
        create("compact");
        try (KafkaProducer<String, String> producer = producer(Map.of("linger.ms", 0))) {
            send(producer, "a", "1");
            send(producer, "b", "1");
            send(producer, "a", null);
            // Each cleaning needs something dirty.
            Awaitility.await()
                    .atMost(aWhile())
                    .pollInterval(Duration.ofMillis(150))
                    .untilAsserted(
                            () -> {
                                send(producer, "tick", "tock");
                                assertThat(values())
                                        .contains("b=1")
                                        .doesNotContain("a=null", "a=1");
                            });
        }
    }

    @Test
    void a_record_without_a_key_is_refused_and_named() throws Exception {
        create("compact");
        try (KafkaProducer<String, String> producer =
                producer(Map.of("linger.ms", 200, "enable.idempotence", true))) {
            Future<RecordMetadata> good = producer.send(new ProducerRecord<>(topic, "a", "1"));
            Future<RecordMetadata> bad = producer.send(new ProducerRecord<>(topic, null, "2"));
            producer.flush();

            assertThat(catchThrowable(() -> bad.get(20, TimeUnit.SECONDS)))
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(InvalidRecordException.class);
            assertThat(catchThrowable(() -> good.get(20, TimeUnit.SECONDS)))
                    .cause()
                    .isInstanceOf(KafkaException.class)
                    .hasMessageContaining("part of a batch");
        }
        assertThat(values()).isEmpty();
    }

    @Test
    void committed_offsets_are_right_after_their_topic_was_compacted() throws Exception {
        assumeTrue(broker.embedded());
        create("delete");
        TopicPartition partition = new TopicPartition(topic, 0);
        try (KafkaConsumer<String, String> consumer = clients.consumer(Map.of("group.id", topic))) {
            consumer.assign(List.of(partition));
            for (int i = 1; i <= 1500; i++) {
                consumer.commitSync(Map.of(partition, new OffsetAndMetadata(i, "m" + i)));
            }
        }
        Awaitility.await()
                .atMost(aWhile())
                .untilAsserted(
                        () -> assertThat(readAll("__consumer_offsets")).hasSizeLessThan(1000));

        broker.restart();

        try (KafkaConsumer<String, String> consumer = clients.consumer(Map.of("group.id", topic))) {
            assertThat(consumer.committed(Set.of(partition)).get(partition))
                    .isEqualTo(new OffsetAndMetadata(1500, "m1500"));
            consumer.assign(List.of(partition));
            IntStream.rangeClosed(1501, 1510)
                    .forEach(
                            i ->
                                    consumer.commitSync(
                                            Map.of(partition, new OffsetAndMetadata(i, ""))));
            assertThat(consumer.committed(Set.of(partition)))
                    .containsEntry(partition, new OffsetAndMetadata(1510, ""));
        }
    }
}
