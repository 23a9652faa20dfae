package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.wire.RecordingLeakDetector;
import io.netty.util.ResourceLeakDetector;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.record.TimestampType;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Stock Java clients against the data plane. */
class ProduceAndFetchTest {
    @TempDir Path directory;
    private LocalBroker broker;

    /** Settings of the broker; subclasses run the same with others. */
    Map<String, String> properties() {
        return Map.of();
    }

    private LocalBroker brokerOn(InMemoryCluster cluster) throws Exception {
        return new LocalBroker(directory, cluster, properties());
    }

    @BeforeEach
    void start() throws Exception {
        broker = brokerOn(new InMemoryCluster(1));
    }

    @BeforeAll
    static void watch_every_buffer() throws Exception {
        RecordingLeakDetector.watchEverything();
        RecordingLeakDetector.leaks();
    }

    @AfterAll
    static void nothing_is_leaked() throws Exception {
        assertThat(RecordingLeakDetector.leaks()).isEmpty();
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.SIMPLE);
    }

    @AfterEach
    void stop() throws Exception {
        broker.close();
    }

    private static final Map<String, Object> NOT_IDEMPOTENT = Map.of("enable.idempotence", false);

    private List<String> values(String topic, int partition, int count) {
        try (KafkaConsumer<String, String> consumer = broker.clients.consumer(Map.of())) {
            consumer.assign(List.of(new TopicPartition(topic, partition)));
            return Clients.poll(consumer, count).stream().map(ConsumerRecord::value).toList();
        }
    }

    @Test
    void a_record_comes_back_with_everything_it_was_sent_with() throws Exception {
        try (KafkaProducer<String, String> producer = broker.clients.producer(NOT_IDEMPOTENT);
                KafkaConsumer<String, String> consumer = broker.clients.consumer(Map.of())) {
            ProducerRecord<String, String> sent =
                    new ProducerRecord<>("orders", null, 1234L, "key", "value");
            sent.headers().add("h", new byte[] {1, 2});
            RecordMetadata metadata = producer.send(sent).get();
            assertThat(metadata.offset()).isZero();

            consumer.assign(List.of(new TopicPartition("orders", 0)));
            ConsumerRecord<String, String> got = Clients.poll(consumer, 1).get(0);
            assertThat(got.key()).isEqualTo("key");
            assertThat(got.value()).isEqualTo("value");
            assertThat(got.timestamp()).isEqualTo(1234L);
            assertThat(got.headers().lastHeader("h").value()).containsExactly(1, 2);
            assertThat(got.leaderEpoch()).contains(0);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
    void every_codec_passes_through(String codec) throws Exception {
        int count = 500;
        try (KafkaProducer<String, String> producer =
                broker.clients.producer(
                        Map.of(
                                "enable.idempotence",
                                false,
                                "compression.type",
                                codec,
                                "linger.ms",
                                5))) {
            for (int i = 0; i < count; i++) {
                producer.send(new ProducerRecord<>("t", "key", "value " + i));
            }
        }
        assertThat(values("t", 0, count))
                .hasSize(count)
                .startsWith("value 0", "value 1")
                .endsWith("value " + (count - 1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "1", "all"})
    void every_kind_of_acks_stores_in_order(String acks) throws Exception {
        int count = 3000;
        try (KafkaProducer<String, String> producer =
                broker.clients.producer(Map.of("enable.idempotence", false, "acks", acks))) {
            producer.partitionsFor("t"); // with acks=0 a record sent to nobody would be lost
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                sent.add(producer.send(new ProducerRecord<>("t", "value " + i)));
            }
            producer.flush();
            for (int i = 0; i < count; i++) {
                assertThat(sent.get(i).get().offset()).isEqualTo(acks.equals("0") ? -1 : i);
            }
        }
        List<String> values = values("t", 0, count);
        assertThat(values).hasSize(count);
        for (int i = 0; i < count; i++) {
            assertThat(values.get(i)).isEqualTo("value " + i);
        }
    }

    @Test
    void a_waiting_fetch_is_answered_as_soon_as_a_record_is_there() throws Exception {
        try (KafkaProducer<String, String> producer = broker.clients.producer(NOT_IDEMPOTENT);
                KafkaConsumer<String, String> consumer =
                        broker.clients.consumer(Map.of("fetch.max.wait.ms", 10_000))) {
            producer.send(new ProducerRecord<>("t", "first")).get();
            consumer.assign(List.of(new TopicPartition("t", 0)));
            assertThat(Clients.poll(consumer, 1)).hasSize(1);
            consumer.poll(Duration.ZERO); // the next fetch waits at the broker from here on

            for (int i = 0; i < 20; i++) {
                long sentNs = System.nanoTime();
                producer.send(new ProducerRecord<>("t", "value")).get();
                List<ConsumerRecord<String, String>> got = Clients.poll(consumer, 1);

                assertThat(got).hasSize(1);
                assertThat(Duration.ofNanos(System.nanoTime() - sentNs))
                        .isLessThan(Duration.ofSeconds(5));
            }
        }
    }

    @Test
    void a_fetch_that_finds_too_little_is_answered_when_its_time_is_over() throws Exception {
        try (KafkaProducer<String, String> producer = broker.clients.producer(NOT_IDEMPOTENT);
                KafkaConsumer<String, String> consumer =
                        broker.clients.consumer(
                                Map.of("fetch.max.wait.ms", 300, "fetch.min.bytes", 1 << 20))) {
            producer.send(new ProducerRecord<>("t", "small")).get();
            consumer.assign(List.of(new TopicPartition("t", 0)));
            long startedNs = System.nanoTime();

            assertThat(Clients.poll(consumer, 1)).hasSize(1);
            assertThat(Duration.ofNanos(System.nanoTime() - startedNs))
                    .isBetween(Duration.ofMillis(250), Duration.ofSeconds(5));
        }
    }

    @Test
    void a_batch_larger_than_the_consumer_wants_is_delivered_nevertheless() throws Exception {
        String large = "x".repeat(200_000);
        try (KafkaProducer<String, String> producer = broker.clients.producer(NOT_IDEMPOTENT);
                KafkaConsumer<String, String> consumer =
                        broker.clients.consumer(
                                Map.of(
                                        "fetch.max.bytes",
                                        1000,
                                        "max.partition.fetch.bytes",
                                        1000))) {
            producer.send(new ProducerRecord<>("t", large)).get();
            producer.send(new ProducerRecord<>("t", large)).get();
            consumer.assign(List.of(new TopicPartition("t", 0)));

            assertThat(Clients.poll(consumer, 2))
                    .extracting(ConsumerRecord::value)
                    .containsExactly(large, large);
        }
    }

    @Test
    void a_record_above_max_message_bytes_is_refused_and_the_next_one_is_not() throws Exception {
        try (KafkaProducer<String, String> producer =
                broker.clients.producer(
                        Map.of("enable.idempotence", false, "max.request.size", 3 << 20))) {
            assertThatThrownBy(
                            () ->
                                    producer.send(new ProducerRecord<>("t", "x".repeat(2 << 20)))
                                            .get())
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(RecordTooLargeException.class);
            assertThat(producer.send(new ProducerRecord<>("t", "x")).get().offset()).isZero();
        }
    }

    @Test
    void offsets_can_be_asked_for_by_end_and_by_time() throws Exception {
        TopicPartition tp = new TopicPartition("t", 0);
        try (KafkaProducer<String, String> producer = broker.clients.producer(NOT_IDEMPOTENT);
                KafkaConsumer<String, String> consumer = broker.clients.consumer(Map.of())) {
            long nowMs = System.currentTimeMillis();
            for (int i = 0; i < 10; i++) {
                producer.send(new ProducerRecord<>("t", 0, nowMs + i * 10L, "k", "v")).get();
            }
            assertThat(consumer.beginningOffsets(List.of(tp))).containsEntry(tp, 0L);
            assertThat(consumer.endOffsets(List.of(tp))).containsEntry(tp, 10L);
            assertThat(consumer.offsetsForTimes(Map.of(tp, nowMs + 35)).get(tp))
                    .extracting(OffsetAndTimestamp::offset)
                    .isEqualTo(4L);
            assertThat(consumer.offsetsForTimes(Map.of(tp, nowMs + 3500)).get(tp)).isNull();
        }
    }

    @Test
    void in_a_compacted_topic_a_record_without_a_key_is_refused_by_itself() throws Exception {
        broker.cluster.createTopic("c", 1, 1, Map.of(), Map.of("cleanup.policy", "compact"));
        try (KafkaProducer<String, String> producer =
                broker.clients.producer(Map.of("linger.ms", 500, "enable.idempotence", false))) {
            producer.partitionsFor("c");
            Future<RecordMetadata> keyed = producer.send(new ProducerRecord<>("c", "k", "v"));
            Future<RecordMetadata> keyless = producer.send(new ProducerRecord<>("c", "v"));
            producer.flush();

            assertThatThrownBy(keyless::get)
                    .hasCauseInstanceOf(InvalidRecordException.class)
                    .hasMessageContaining("no key");
            assertThatThrownBy(keyed::get)
                    .as("part of the same batch, and not to blame")
                    .hasMessageContaining("it was part of a batch");
        }
    }

    @Test
    void the_earliest_offset_comes_with_the_epoch_in_which_it_was_written() throws Exception {
        TopicPartition tp = new TopicPartition("t", 0);
        try (KafkaProducer<String, String> producer = broker.clients.producer(NOT_IDEMPOTENT);
                Admin admin = broker.clients.admin()) {
            producer.send(new ProducerRecord<>("t", "a")).get();
            broker.cluster.startLeaderEpoch("t", 4);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(10))
                    .until(() -> epoch(admin, tp, OffsetSpec.latest()).equals(Optional.of(4)));
            assertThat(epoch(admin, tp, OffsetSpec.earliest())).contains(0);

            producer.send(new ProducerRecord<>("t", "b")).get();
            admin.deleteRecords(Map.of(tp, RecordsToDelete.beforeOffset(1))).all().get();
            assertThat(epoch(admin, tp, OffsetSpec.earliest())).contains(4);
        }
    }

    private static Optional<Integer> epoch(Admin admin, TopicPartition tp, OffsetSpec spec)
            throws Exception {
        return admin.listOffsets(Map.of(tp, spec)).partitionResult(tp).get().leaderEpoch();
    }

    @Test
    void the_record_with_the_greatest_timestamp_can_be_asked_for() throws Exception {
        TopicPartition tp = new TopicPartition("t", 0);
        try (KafkaProducer<String, String> producer = broker.clients.producer(NOT_IDEMPOTENT);
                Admin admin = broker.clients.admin()) {
            long nowMs = System.currentTimeMillis();
            for (long agoMs : new long[] {500, 10, 300}) {
                producer.send(new ProducerRecord<>("t", 0, nowMs - agoMs, "k", "v")).get();
            }
            assertThat(
                            admin.listOffsets(Map.of(tp, OffsetSpec.maxTimestamp()))
                                    .partitionResult(tp)
                                    .get()
                                    .offset())
                    .isEqualTo(1);
        }
    }

    @Test
    void records_deleted_up_to_an_offset_are_gone() throws Exception {
        TopicPartition tp = new TopicPartition("t", 0);
        try (KafkaProducer<String, String> producer = broker.clients.producer(NOT_IDEMPOTENT);
                KafkaConsumer<String, String> consumer = broker.clients.consumer(Map.of());
                Admin admin = broker.clients.admin()) {
            for (int i = 0; i < 10; i++) {
                producer.send(new ProducerRecord<>("t", "value " + i)).get();
            }
            admin.deleteRecords(Map.of(tp, RecordsToDelete.beforeOffset(7))).all().get();
            assertThat(consumer.beginningOffsets(List.of(tp))).containsEntry(tp, 7L);
            assertThatThrownBy(
                            () ->
                                    admin.deleteRecords(
                                                    Map.of(tp, RecordsToDelete.beforeOffset(99)))
                                            .all()
                                            .get())
                    .hasCauseInstanceOf(OffsetOutOfRangeException.class);
        }
        assertThat(values("t", 0, 3)).containsExactly("value 7", "value 8", "value 9");
    }

    @Test
    void where_the_topic_asks_for_it_the_timestamp_is_the_time_of_the_append() throws Exception {
        broker.cluster.createTopic(
                "t", 1, 1, Map.of(), Map.of("message.timestamp.type", "LogAppendTime"));
        try (KafkaProducer<String, String> producer = broker.clients.producer(Map.of());
                KafkaConsumer<String, String> consumer = broker.clients.consumer(Map.of())) {
            long beforeMs = System.currentTimeMillis();
            RecordMetadata sent =
                    producer.send(new ProducerRecord<>("t", 0, 1234L, "k", "v")).get();
            consumer.assign(List.of(new TopicPartition("t", 0)));
            ConsumerRecord<String, String> got = Clients.poll(consumer, 1).get(0);

            assertThat(got.timestampType()).isEqualTo(TimestampType.LOG_APPEND_TIME);
            assertThat(got.timestamp())
                    .isEqualTo(sent.timestamp())
                    .isBetween(beforeMs, System.currentTimeMillis());
        }
    }

    @Test
    void topics_come_into_being_at_their_first_use_with_the_partitions_configured()
            throws Exception {
        stop();
        Map<String, String> properties = new HashMap<>(properties());
        properties.put("num.partitions", "3");
        broker = new LocalBroker(directory, new InMemoryCluster(1), properties);
        try (KafkaProducer<String, String> producer = broker.clients.producer(NOT_IDEMPOTENT)) {
            assertThat(producer.partitionsFor("fresh"))
                    .extracting(PartitionInfo::partition)
                    .containsExactlyInAnyOrder(0, 1, 2);
            for (int partition = 0; partition < 3; partition++) {
                producer.send(new ProducerRecord<>("fresh", partition, "k", "p" + partition)).get();
            }
        }
        assertThat(values("fresh", 2, 1)).containsExactly("p2");
    }

    @Test
    void what_was_acknowledged_is_there_after_a_restart() throws Exception {
        InMemoryCluster cluster = broker.cluster;
        try (KafkaProducer<String, String> producer = broker.clients.producer(NOT_IDEMPOTENT)) {
            for (int i = 0; i < 100; i++) {
                producer.send(new ProducerRecord<>("t", "value " + i));
            }
        }
        stop();
        broker = brokerOn(cluster);

        assertThat(values("t", 0, 100)).hasSize(100).endsWith("value 99");
    }

    @Test
    void a_topic_deleted_and_created_again_has_none_of_the_old_records() throws Exception {
        try (KafkaProducer<String, String> producer = broker.clients.producer(NOT_IDEMPOTENT)) {
            producer.send(new ProducerRecord<>("t", "old")).get();
        }
        broker.cluster.deleteTopic(broker.cluster.image().topic("t").orElseThrow().id());
        try (KafkaProducer<String, String> producer = broker.clients.producer(NOT_IDEMPOTENT)) {
            producer.send(new ProducerRecord<>("t", "new")).get();
        }

        assertThat(values("t", 0, 1)).containsExactly("new");
    }

    @Test
    void an_idempotent_producer_with_five_requests_in_flight_stores_everything_once()
            throws Exception {
        int count = 20_000;
        try (KafkaProducer<String, String> producer =
                broker.clients.producer(Map.of("batch.size", 500, "linger.ms", 0))) {
            for (int i = 0; i < count; i++) {
                producer.send(new ProducerRecord<>("t", Integer.toString(i)));
            }
        }
        List<String> values = values("t", 0, count);
        assertThat(values).hasSize(count);
        for (int i = 0; i < count; i++) {
            assertThat(values.get(i)).isEqualTo(Integer.toString(i));
        }
    }

    @Test
    void a_consumer_that_closes_does_not_wait_for_the_end_of_its_last_fetch() throws Exception {
        long startedNs;
        try (KafkaProducer<String, String> producer = broker.clients.producer(Map.of());
                KafkaConsumer<String, String> consumer =
                        broker.clients.consumer(Map.of("fetch.max.wait.ms", 10_000))) {
            producer.send(new ProducerRecord<>("t", "x")).get();
            consumer.assign(List.of(new TopicPartition("t", 0)));
            assertThat(Clients.poll(consumer, 1)).hasSize(1);
            consumer.poll(Duration.ofMillis(50));
            startedNs = System.nanoTime();
        }
        assertThat(Duration.ofNanos(System.nanoTime() - startedNs))
                .isLessThan(Duration.ofSeconds(5));
    }

    @Test
    void a_consumer_group_reads_everything_and_goes_on_where_it_committed() throws Exception {
        try (KafkaProducer<String, String> producer = broker.clients.producer(Map.of())) {
            for (int i = 0; i < 10; i++) {
                producer.send(new ProducerRecord<>("t", "value " + i));
            }
        }
        Map<String, Object> group = Map.of("group.id", "g");
        try (KafkaConsumer<String, String> consumer = broker.clients.consumer(group)) {
            consumer.subscribe(List.of("t"));
            assertThat(Clients.poll(consumer, 10)).hasSize(10);
            consumer.commitSync(Map.of(new TopicPartition("t", 0), new OffsetAndMetadata(7)));
        }
        InMemoryCluster cluster = broker.cluster;
        stop();
        broker = brokerOn(cluster);
        try (KafkaConsumer<String, String> consumer = broker.clients.consumer(group)) {
            consumer.subscribe(List.of("t"));
            assertThat(Clients.poll(consumer, 3))
                    .extracting(ConsumerRecord::value)
                    .containsExactly("value 7", "value 8", "value 9");
        }
    }

    @Test
    void stopping_answers_waiting_fetches_and_takes_no_longer_than_the_grace() throws Exception {
        try (KafkaProducer<String, String> producer = broker.clients.producer(NOT_IDEMPOTENT);
                KafkaConsumer<String, String> consumer =
                        broker.clients.consumer(Map.of("fetch.max.wait.ms", 60_000))) {
            producer.send(new ProducerRecord<>("t", "x")).get();
            consumer.assign(List.of(new TopicPartition("t", 0)));
            Clients.poll(consumer, 1);
            consumer.poll(Duration.ofMillis(100));

            long startedNs = System.nanoTime();
            broker.close();
            assertThat(Duration.ofNanos(System.nanoTime() - startedNs))
                    .isLessThan(Duration.ofSeconds(4));
        }
    }
}
