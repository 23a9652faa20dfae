package dev.millrace.broker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.broker.group.GroupCoordinator;
import dev.millrace.broker.group.RawClient;
import dev.millrace.wire.record.RecordBatchBuilder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.NotCoordinatorException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A broker that clients still reach, while others lead what it led and it cannot know. */
@Timeout(value = 90, unit = TimeUnit.SECONDS)
class CutOffBrokerTest {
    private static final Duration SOON = Duration.ofSeconds(6);

    @TempDir Path directory;
    private ThreeBrokers cluster;
    private Clients clients;
    private TopicPartition tp;

    @BeforeEach
    void start() throws Exception {
        cluster = new ThreeBrokers(directory, Map.of());
        clients = cluster.clients();
        tp = new TopicPartition(Clients.uniqueName("cut"), 0);
        try (Admin admin = clients.admin()) {
            admin.createTopics(
                            List.of(
                                    new NewTopic(tp.topic(), Optional.of(1), Optional.of((short) 3))
                                            .configs(Map.of("min.insync.replicas", "2"))))
                    .all()
                    .get(15, TimeUnit.SECONDS);
        }
    }

    @AfterEach
    void stop() throws Exception {
        cluster.close();
    }

    private static long msSince(long startNs) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs);
    }

    private void cutOff(int broker) {
        cluster.cluster(broker).cutOff();
        cluster.fence(broker);
    }

    @Test
    void producers_that_wait_for_it_go_to_the_next_leader() throws Exception {
        try (KafkaProducer<String, String> producer =
                clients.producer(
                        Map.of(
                                ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 30_000,
                                ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 60_000))) {
            producer.send(new ProducerRecord<>(tp.topic(), 0, null, "before")).get();
            int leader = cluster.leaderOf(tp);
            cutOff(leader);

            producer.send(new ProducerRecord<>(tp.topic(), 0, null, "after"))
                    .get(60, TimeUnit.SECONDS);

            assertThat(cluster.leaderOf(tp)).isNotEqualTo(leader);
        }
    }

    @Test
    void it_hangs_up_on_who_would_write_what_others_may_lead() throws Exception {
        try (KafkaProducer<String, String> producer = clients.producer(Map.of())) {
            producer.send(new ProducerRecord<>(tp.topic(), 0, null, "before")).get();
        }
        int leader = cluster.leaderOf(tp);
        Partition partition = requireNonNull(cluster.broker(leader).partition(tp));
        try (RawClient connected = new RawClient(cluster.address(leader))) {
            cutOff(leader);
            await().atMost(SOON).until(() -> !partition.isLed());

            assertThatThrownBy(() -> produce(connected)).isInstanceOf(IOException.class);
        }
        // Who fetches, too, would be told to look for the leader, and asks those that know.
        try (RawClient again = new RawClient(cluster.address(leader))) {
            assertThatThrownBy(() -> metadata(again, tp.topic())).isInstanceOf(IOException.class);
        }
    }

    @Test
    void what_nobody_else_has_is_written_and_read_there_as_before() throws Exception {
        int leader = cluster.leaderOf(tp);
        String own = Clients.uniqueName("own");
        try (Admin admin = clients.admin()) {
            admin.createTopics(List.of(new NewTopic(own, Map.of(0, List.of(leader)))))
                    .all()
                    .get(15, TimeUnit.SECONDS);
        }
        await().atMost(SOON)
                .until(
                        () -> {
                            Partition opened =
                                    cluster.broker(leader).partition(new TopicPartition(own, 0));
                            return opened != null && opened.isLed();
                        });
        Partition shared = requireNonNull(cluster.broker(leader).partition(tp));
        cutOff(leader);
        await().atMost(SOON).until(() -> !shared.isLed());

        Clients near = new Clients(cluster.address(leader));
        try (KafkaProducer<String, String> producer =
                        near.producer(Map.of(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, false));
                KafkaConsumer<String, String> consumer = near.consumer(Map.of())) {
            producer.send(new ProducerRecord<>(own, 0, null, "written")).get();

            consumer.assign(List.of(new TopicPartition(own, 0)));
            assertThat(Clients.poll(consumer, 1)).extracting(r -> r.value()).contains("written");
        }
    }

    private ProduceResponseData produce(RawClient client) throws IOException {
        ProduceRequestData request =
                new ProduceRequestData().setAcks((short) -1).setTimeoutMs(10_000);
        request.topicData()
                .add(
                        new TopicProduceData()
                                .setName(tp.topic())
                                .setPartitionData(
                                        List.of(
                                                new PartitionProduceData()
                                                        .setIndex(0)
                                                        .setRecords(
                                                                MemoryRecords.readableRecords(
                                                                        batch("late"))))));
        return client.call(ApiKeys.PRODUCE, 9, request, ProduceResponseData::new);
    }

    private static MetadataResponseData metadata(RawClient client, String topic)
            throws IOException {
        MetadataRequestData request =
                new MetadataRequestData()
                        .setTopics(List.of(new MetadataRequestTopic().setName(topic)));
        return client.call(ApiKeys.METADATA, 9, request, MetadataResponseData::new);
    }

    @Test
    void members_of_its_groups_find_the_next_coordinator_and_stay_in_their_generation()
            throws Exception {
        String group = Clients.uniqueName("cut-group");
        try (KafkaConsumer<String, String> consumer =
                        clients.consumer(
                                Map.of(
                                        ConsumerConfig.GROUP_ID_CONFIG, group,
                                        ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 60_000,
                                        ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, 500));
                Admin admin = clients.admin()) {
            consumer.subscribe(List.of(tp.topic()));
            while (consumer.assignment().isEmpty()) {
                consumer.poll(Duration.ofMillis(100));
            }
            consumer.commitSync(Map.of(tp, new OffsetAndMetadata(0)));
            int generation = consumer.groupMetadata().generationId();
            int coordinator =
                    requireNonNull(
                                    admin.describeConsumerGroups(List.of(group))
                                            .all()
                                            .get(20, TimeUnit.SECONDS)
                                            .get(group))
                            .coordinator()
                            .id();
            cutOff(coordinator);

            long startNs = System.nanoTime();
            consumer.commitSync(Map.of(tp, new OffsetAndMetadata(0, "after the cut")));

            assertThat(msSince(startNs)).isLessThan(2 * SOON.toMillis());
            assertThat(consumer.groupMetadata().generationId()).isEqualTo(generation);
        }
    }

    @Test
    void it_leads_again_when_it_is_heard_of_and_nobody_else_does() throws Exception {
        try (KafkaProducer<String, String> producer = clients.producer(Map.of())) {
            producer.send(new ProducerRecord<>(tp.topic(), 0, null, "before")).get();
        }
        int leader = cluster.leaderOf(tp);
        for (int id = 1; id <= 3; id++) {
            if (id != leader) {
                cluster.kill(id);
            }
        }
        Partition partition = requireNonNull(cluster.broker(leader).partition(tp));
        cluster.cluster(leader).cutOff();
        await().atMost(SOON).until(() -> !partition.isLed());

        cluster.cluster(leader).reconnect();

        await().atMost(SOON).until(partition::isLed);
    }

    @Test
    void what_a_coordinator_decided_in_an_earlier_epoch_is_not_written() throws Exception {
        try (KafkaConsumer<String, String> consumer =
                clients.consumer(Map.of(ConsumerConfig.GROUP_ID_CONFIG, "any"))) {
            consumer.assign(List.of(tp));
            commit(consumer);
        }
        TopicPartition offsets = new TopicPartition(GroupCoordinator.OFFSETS_TOPIC, 0);
        int first = cluster.leaderOf(offsets);
        cluster.fence(first);
        await().atMost(SOON).until(() -> cluster.leaderOf(offsets) != first);
        int leader = cluster.leaderOf(offsets);
        CoordinatorLog log = requireNonNull(cluster.broker(leader).offsetsLog());
        Partition partition = requireNonNull(cluster.broker(leader).partition(offsets));
        await().atMost(SOON).until(partition::isLed);
        int epoch = log.leaderEpoch(0).toCompletionStage().toCompletableFuture().get();
        long end = partition.log().logEndOffset();

        assertThatThrownBy(
                        () ->
                                log.append(0, epoch - 1, batch("late"))
                                        .toCompletionStage()
                                        .toCompletableFuture()
                                        .get(10, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(NotCoordinatorException.class);
        assertThat(partition.log().logEndOffset()).isEqualTo(end);
        assertThat(
                        log.append(0, epoch, batch("in time"))
                                .toCompletionStage()
                                .toCompletableFuture()
                                .get(10, TimeUnit.SECONDS))
                .isEqualTo(end);
    }

    private static ByteBuffer batch(String key) {
        return new RecordBatchBuilder().append(0, key.getBytes(UTF_8), null).build();
    }

    private void commit(KafkaConsumer<String, String> consumer) {
        while (true) {
            try {
                consumer.commitSync(Map.of(tp, new OffsetAndMetadata(0)), SOON);
                return;
            } catch (RetriableException e) {
                assertThat(e).as("until the offsets topic is there").isNotNull();
            }
        }
    }
}
