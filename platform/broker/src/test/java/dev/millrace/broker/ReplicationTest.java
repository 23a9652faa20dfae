package dev.millrace.broker;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.log.PartitionLog;
import dev.millrace.log.PartitionLog.AppendOrigin;
import dev.millrace.wire.RawClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three brokers, stock clients, and brokers that go away. */
@Timeout(value = 90, unit = TimeUnit.SECONDS)
class ReplicationTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir Path directory;
    private ThreeBrokers cluster;
    private Clients clients;

    @BeforeEach
    void start() throws Exception {
        cluster = new ThreeBrokers(directory, properties());
        clients = cluster.clients();
    }

    Map<String, String> properties() {
        return Map.of();
    }

    @AfterEach
    void stop() throws Exception {
        cluster.close();
    }

    private TopicPartition create(String prefix, Map<String, String> configs) throws Exception {
        String topic = Clients.uniqueName(prefix);
        try (Admin admin = clients.admin()) {
            admin.createTopics(
                            List.of(
                                    new NewTopic(topic, Optional.of(1), Optional.of((short) 3))
                                            .configs(configs)))
                    .all()
                    .get(15, TimeUnit.SECONDS);
        }
        return new TopicPartition(topic, 0);
    }

    private PartitionLog log(int broker, TopicPartition tp) {
        return partition(broker, tp).log();
    }

    private Partition partition(int broker, TopicPartition tp) {
        return requireNonNull(cluster.broker(broker).partition(tp));
    }

    private void awaitSameLogs(TopicPartition tp, int... brokers) {
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> {
                            PartitionLog first = log(brokers[0], tp);
                            for (int id : brokers) {
                                assertThat(log(id, tp).logEndOffset())
                                        .as("log end of broker %d", id)
                                        .isEqualTo(first.logEndOffset());
                                assertThat(log(id, tp).highWatermark())
                                        .as("high watermark of broker %d", id)
                                        .isEqualTo(first.logEndOffset());
                            }
                        });
        List<byte[]> bytes = IntStream.of(brokers).mapToObj(id -> bytes(id, tp)).toList();
        for (byte[] each : bytes) {
            assertThat(each).isEqualTo(bytes.get(0));
        }
    }

    private byte[] bytes(int broker, TopicPartition tp) {
        try {
            return java.nio.file.Files.readAllBytes(
                    directory
                            .resolve("logs-" + broker)
                            .resolve(tp.toString())
                            .resolve("00000000000000000000.log"));
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private List<String> consume(TopicPartition tp, int count) {
        try (KafkaConsumer<String, String> consumer = clients.consumer(Map.of())) {
            consumer.assign(List.of(tp));
            consumer.seekToBeginning(List.of(tp));
            return Clients.poll(consumer, count).stream().map(ConsumerRecord::value).toList();
        }
    }

    @Test
    void followers_have_the_leaders_bytes() throws Exception {
        TopicPartition tp = create("bytes", Map.of("min.insync.replicas", "2"));
        try (KafkaProducer<String, String> producer =
                clients.producer(Map.of(ProducerConfig.ACKS_CONFIG, "all"))) {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (int i = 0; i < 2_000; i++) {
                sent.add(producer.send(new ProducerRecord<>(tp.topic(), 0, "k" + i, "v" + i)));
            }
            for (Future<RecordMetadata> each : sent) {
                each.get(20, TimeUnit.SECONDS);
            }
        }

        awaitSameLogs(tp, 1, 2, 3);
        assertThat(consume(tp, 2_000))
                .containsExactlyElementsOf(
                        IntStream.range(0, 2_000).mapToObj(i -> "v" + i).toList());
    }

    @Test
    void what_was_acknowledged_outlives_its_leader() throws Exception {
        TopicPartition tp = create("failover", Map.of("min.insync.replicas", "2"));
        AtomicBoolean ended = new AtomicBoolean();
        AtomicInteger acknowledged = new AtomicInteger();
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        Thread load =
                new Thread(
                        () -> {
                            try (KafkaProducer<String, String> producer =
                                    clients.producer(
                                            Map.of(
                                                    ProducerConfig.ACKS_CONFIG,
                                                    "all",
                                                    ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                                                    60_000,
                                                    ProducerConfig.LINGER_MS_CONFIG,
                                                    2))) {
                                for (int i = 0; !ended.get(); i++) {
                                    sent.add(
                                            producer.send(
                                                    new ProducerRecord<>(
                                                            tp.topic(), 0, null, "v" + i),
                                                    (metadata, failure) -> {
                                                        if (failure == null) {
                                                            acknowledged.incrementAndGet();
                                                        }
                                                    }));
                                    if (i % 20 == 19) {
                                        Thread.sleep(1);
                                    }
                                }
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        });
        load.start();
        for (int round = 0; round < 3; round++) {
            int before = acknowledged.get();
            await().atMost(PATIENCE).until(() -> acknowledged.get() > before + 500);
            int leader = cluster.leaderOf(tp);
            cluster.kill(leader);
            int killedAt = acknowledged.get();
            await().atMost(PATIENCE).until(() -> acknowledged.get() > killedAt + 500);
            cluster.start(leader);
            cluster.awaitIsr(tp, 1, 2, 3);
        }
        ended.set(true);
        load.join(60_000);

        for (Future<RecordMetadata> each : sent) {
            each.get(1, TimeUnit.SECONDS);
        }
        // Nothing lost, nothing twice, and in order.
        List<String> read = consume(tp, sent.size());
        assertThat(read)
                .containsExactlyElementsOf(
                        IntStream.range(0, sent.size()).mapToObj(i -> "v" + i).toList());
        awaitSameLogs(tp, 1, 2, 3);
    }

    @Test
    void a_leader_that_was_deposed_cuts_what_nobody_else_has() throws Exception {
        TopicPartition tp = create("zombie", Map.of("min.insync.replicas", "2"));
        int zombie = cluster.leaderOf(tp);
        send(clients, tp, "all", "committed");
        cluster.cluster(zombie).cutOff();
        cluster.fence(zombie);
        // Until then the others would give it what it needs to commit, and have it too.
        await().atMost(PATIENCE)
                .until(
                        () ->
                                cluster.leaderOf(tp) != zombie
                                        && IntStream.rangeClosed(1, 3)
                                                .filter(id -> id != zombie)
                                                .allMatch(
                                                        id ->
                                                                partition(id, tp).leaderEpoch()
                                                                        == cluster.state(tp)
                                                                                .leaderEpoch()));
        // A stock client could hear of the new leader, and go there.
        for (int i = 0; i < 10; i++) {
            append(zombie, tp, "lost");
        }
        assertThat(log(zombie, tp).logEndOffset()).isEqualTo(11);
        // Those who led and followed it have gone to another, whose word counts.
        assertThat(log(zombie, tp).highWatermark()).isEqualTo(1);

        // It cannot know whether there is such an offset: the reader asks whoever leads.
        assertThat(fetchError(zombie, tp, 20)).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER);

        int leader = cluster.leaderOf(tp);
        append(leader, tp, "kept");
        await().atMost(PATIENCE).until(() -> log(leader, tp).highWatermark() == 2);
        cluster.cluster(zombie).reconnect();
        await().atMost(PATIENCE).until(() -> !cluster.cluster(zombie).isActive());
        cluster.cluster(zombie).beat();

        cluster.awaitIsr(tp, 1, 2, 3);
        awaitSameLogs(tp, 1, 2, 3);
        assertThat(consume(tp, 2)).containsExactly("committed", "kept");
    }

    private Errors fetchError(int broker, TopicPartition tp, long offset) throws IOException {
        FetchPartition wanted =
                new FetchPartition()
                        .setPartition(tp.partition())
                        .setFetchOffset(offset)
                        .setPartitionMaxBytes(1 << 20);
        FetchRequestData request =
                new FetchRequestData()
                        .setMinBytes(1)
                        .setMaxBytes(1 << 20)
                        .setTopics(
                                List.of(
                                        new FetchTopic()
                                                .setTopic(tp.topic())
                                                .setPartitions(List.of(wanted))));
        try (RawClient client = new RawClient(cluster.broker(broker).address())) {
            client.send(ApiKeys.FETCH, 12, 1, request);
            FetchResponseData answer = (FetchResponseData) client.receive(ApiKeys.FETCH, 12).body();
            return Errors.forCode(answer.responses().get(0).partitions().get(0).errorCode());
        }
    }

    private void append(int broker, TopicPartition tp, String value) throws Exception {
        Partition partition = partition(broker, tp);
        partition
                .owner()
                .nettyEventLoop()
                .submit(() -> partition.append(Batches.of(value), AppendOrigin.CLIENT))
                .get(10, TimeUnit.SECONDS);
    }

    private static void send(Clients to, TopicPartition tp, String acks, String value)
            throws Exception {
        try (KafkaProducer<String, String> producer =
                to.producer(Map.of(ProducerConfig.ACKS_CONFIG, acks))) {
            producer.send(new ProducerRecord<>(tp.topic(), 0, null, value))
                    .get(15, TimeUnit.SECONDS);
        }
    }

    @Test
    void acks_all_is_refused_below_the_minimum_of_insync_replicas() throws Exception {
        TopicPartition tp = create("minimum", Map.of("min.insync.replicas", "2"));
        send(clients, tp, "all", "first");
        for (int id = 1; id <= 3; id++) {
            if (id != cluster.leaderOf(tp)) {
                cluster.kill(id);
            }
        }
        int survivor = cluster.leaderOf(tp);
        Clients ofSurvivor = new Clients(cluster.address(survivor));

        try (KafkaProducer<String, String> producer =
                ofSurvivor.producer(
                        Map.of(
                                ProducerConfig.ACKS_CONFIG,
                                "all",
                                ProducerConfig.RETRIES_CONFIG,
                                0))) {
            assertThatThrownBy(
                            () ->
                                    producer.send(
                                                    new ProducerRecord<>(
                                                            tp.topic(), 0, null, "refused"))
                                            .get())
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(NotEnoughReplicasException.class);
        }
        assertThat(log(survivor, tp).logEndOffset()).isEqualTo(1);
        // Nothing is committed any more: who was in sync last may lead one day (KIP-966).
        try (Admin admin = ofSurvivor.admin()) {
            TopicPartitionInfo partition =
                    admin.describeTopics(List.of(tp.topic()))
                            .topicNameValues()
                            .values()
                            .iterator()
                            .next()
                            .get()
                            .partitions()
                            .get(0);
            assertThat(partition.isr()).extracting(Node::id).containsExactly(survivor);
            assertThat(partition.elr()).extracting(Node::id).isNotEmpty().doesNotContain(survivor);
        }
    }

    @Test
    void consumers_see_nothing_that_is_not_committed() throws Exception {
        TopicPartition tp = create("uncommitted", Map.of("min.insync.replicas", "2"));
        send(clients, tp, "all", "first");
        int leader = cluster.leaderOf(tp);
        for (int id = 1; id <= 3; id++) {
            if (id != leader) {
                cluster.kill(id);
            }
        }
        Clients ofLeader = new Clients(cluster.address(leader));
        try (KafkaProducer<String, String> producer =
                ofLeader.producer(
                        Map.of(
                                ProducerConfig.ACKS_CONFIG,
                                "1",
                                ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
                                false))) {
            producer.send(new ProducerRecord<>(tp.topic(), 0, null, "uncommitted")).get();
        }

        assertThat(log(leader, tp).logEndOffset()).isEqualTo(2);
        assertThat(log(leader, tp).highWatermark()).isEqualTo(1);
        try (Admin admin = ofLeader.admin()) {
            assertThat(
                            admin.listOffsets(Map.of(tp, OffsetSpec.latest()))
                                    .partitionResult(tp)
                                    .get(10, TimeUnit.SECONDS)
                                    .offset())
                    .isEqualTo(1);
        }
        for (int id = 1; id <= 3; id++) {
            if (id != leader) {
                cluster.start(id);
            }
        }
        cluster.awaitIsr(tp, 1, 2, 3);
        awaitSameLogs(tp, 1, 2, 3);
        assertThat(consume(tp, 2)).containsExactly("first", "uncommitted");
    }

    @Test
    void a_follower_below_the_leaders_log_start_begins_there() throws Exception {
        TopicPartition tp = create("behind", Map.of("min.insync.replicas", "1"));
        send(clients, tp, "all", "old");
        int leader = cluster.leaderOf(tp);
        int away = leader == 3 ? 1 : 3;
        cluster.kill(away);
        for (int i = 0; i < 5; i++) {
            send(clients, tp, "all", "v" + i);
        }
        try (Admin admin = clients.admin()) {
            admin.deleteRecords(
                            Map.of(
                                    tp,
                                    org.apache.kafka.clients.admin.RecordsToDelete.beforeOffset(3)))
                    .all()
                    .get(10, TimeUnit.SECONDS);
        }
        cluster.start(away);

        cluster.awaitIsr(tp, 1, 2, 3);
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> {
                            assertThat(log(away, tp).logStartOffset()).isEqualTo(3);
                            assertThat(log(away, tp).logEndOffset()).isEqualTo(6);
                        });
        assertThat(consume(tp, 3)).containsExactly("v2", "v3", "v4");
    }

    @Test
    void acknowledges_what_is_on_the_disks_of_all_in_sync_replicas() throws Exception {
        TopicPartition tp =
                create(
                        "disk",
                        Map.of("min.insync.replicas", "2", "millrace.ack.durability", "disk"));
        for (int i = 0; i < 20; i++) {
            send(clients, tp, i % 2 == 0 ? "all" : "1", "v" + i);
            if (i % 2 == 0) {
                for (int member : cluster.state(tp).isr()) {
                    assertThat(log(member, tp).recoveryPoint()).isEqualTo(i + 1);
                }
            }
        }

        awaitSameLogs(tp, 1, 2, 3);
        int leader = cluster.leaderOf(tp);
        cluster.kill(leader);
        send(clients, tp, "all", "v20");
        cluster.start(leader);
        cluster.awaitIsr(tp, 1, 2, 3);
        awaitSameLogs(tp, 1, 2, 3);
    }

    @Test
    void a_topic_goes_from_all_brokers_when_it_is_deleted() throws Exception {
        TopicPartition tp = create("deleted", Map.of());
        send(clients, tp, "all", "v");
        awaitSameLogs(tp, 1, 2, 3);

        try (Admin admin = clients.admin()) {
            admin.deleteTopics(List.of(tp.topic())).all().get(10, TimeUnit.SECONDS);
        }

        await().atMost(PATIENCE)
                .until(
                        () ->
                                IntStream.rangeClosed(1, 3)
                                        .allMatch(id -> cluster.broker(id).partition(tp) == null));
    }

    @Test
    void a_replica_moves_to_another_broker() throws Exception {
        String topic = Clients.uniqueName("moved");
        cluster.cluster(1)
                .createTopic(topic, 1, 1, Map.of(0, List.of(1, 2)), Map.of())
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
        TopicPartition tp = new TopicPartition(topic, 0);
        for (int i = 0; i < 50; i++) {
            send(clients, tp, "all", "v" + i);
        }

        cluster.cluster(1)
                .reassign(topic, 0, Optional.of(List.of(3, 2)), false)
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);

        await().atMost(PATIENCE).until(() -> cluster.state(tp).replicas().equals(List.of(3, 2)));
        await().atMost(PATIENCE).until(() -> cluster.broker(1).partition(tp) == null);
        send(clients, tp, "all", "v50");
        awaitSameLogs(tp, 2, 3);
        assertThat(consume(tp, 51)).hasSize(51);
    }

    @Test
    void a_broker_that_stops_hands_over_first() throws Exception {
        TopicPartition tp = create("handover", Map.of("min.insync.replicas", "2"));
        send(clients, tp, "all", "before");
        int leader = cluster.leaderOf(tp);

        cluster.stop(leader);

        assertThat(cluster.leaderOf(tp)).isNotEqualTo(leader).isNotEqualTo(-1);
        send(clients, tp, "all", "after");
        assertThat(consume(tp, 2)).containsExactly("before", "after");
    }

    @Test
    void a_group_goes_on_where_it_was_when_its_coordinator_has_gone() throws Exception {
        TopicPartition tp = create("group", Map.of("min.insync.replicas", "2"));
        String group = Clients.uniqueName("group");
        for (int i = 0; i < 10; i++) {
            send(clients, tp, "all", "v" + i);
        }
        try (KafkaConsumer<String, String> consumer =
                clients.consumer(
                        Map.of(
                                ConsumerConfig.GROUP_ID_CONFIG,
                                group,
                                ConsumerConfig.MAX_POLL_RECORDS_CONFIG,
                                5))) {
            consumer.subscribe(List.of(tp.topic()));
            assertThat(Clients.poll(consumer, 5)).hasSize(5);
            consumer.commitSync();
            int generation = consumer.groupMetadata().generationId();
            int coordinator;
            try (Admin admin = clients.admin()) {
                coordinator =
                        admin.describeConsumerGroups(List.of(group))
                                .describedGroups()
                                .values()
                                .iterator()
                                .next()
                                .get(10, TimeUnit.SECONDS)
                                .coordinator()
                                .id();
            }

            cluster.kill(coordinator);

            assertThat(Clients.poll(consumer, 5)).hasSize(5);
            consumer.commitSync(Duration.ofSeconds(20));
            assertThat(consumer.groupMetadata().generationId()).isEqualTo(generation);
        }
        try (KafkaConsumer<String, String> next =
                clients.consumer(Map.of(ConsumerConfig.GROUP_ID_CONFIG, group))) {
            assertThat(requireNonNull(next.committed(Set.of(tp)).get(tp)).offset()).isEqualTo(10);
        }
    }
}
