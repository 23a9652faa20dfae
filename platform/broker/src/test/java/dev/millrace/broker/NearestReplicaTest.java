package dev.millrace.broker;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.wire.RawClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Consumers read from the replica of their rack (KIP-392). Broker 1 is in rack-1, and so on. */
@Timeout(value = 90, unit = TimeUnit.SECONDS)
class NearestReplicaTest {
    private static final int LEADER = -1;
    private static final short WITHOUT_RACKS = 10;
    private static final short WITH_RACKS = 12;

    @TempDir Path directory;
    private ThreeBrokers cluster;
    private Clients clients;
    private TopicPartition tp;

    @BeforeEach
    void start() throws Exception {
        cluster = new ThreeBrokers(directory, Map.of(ReadReplicas.NAME, ReadReplicas.BY_RACK));
        clients = cluster.clients();
        tp = new TopicPartition(Clients.uniqueName("near"), 0);
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

    private int anyFollower() {
        return cluster.leaderOf(tp) % 3 + 1;
    }

    private KafkaConsumer<String, String> reader(int broker, Map<String, Object> more) {
        Map<String, Object> config = new java.util.HashMap<>(more);
        config.put(ConsumerConfig.CLIENT_RACK_CONFIG, ThreeBrokers.rack(broker));
        KafkaConsumer<String, String> consumer = clients.consumer(config);
        consumer.assign(List.of(tp));
        consumer.seekToBeginning(List.of(tp));
        return consumer;
    }

    /** From which the consumer reads, as it says itself. */
    private static int readsFrom(KafkaConsumer<?, ?> consumer) {
        return consumer.metrics().entrySet().stream()
                .filter(entry -> entry.getKey().name().equals("preferred-read-replica"))
                .map(entry -> ((Number) entry.getValue().metricValue()).intValue())
                .findFirst()
                .orElse(LEADER);
    }

    private static List<String> values(List<ConsumerRecord<String, String>> records) {
        return records.stream().map(ConsumerRecord::value).toList();
    }

    private void send(KafkaProducer<String, String> producer, String value) throws Exception {
        producer.send(new ProducerRecord<>(tp.topic(), 0, null, value)).get(20, TimeUnit.SECONDS);
    }

    @Test
    void a_consumer_reads_from_the_follower_of_its_rack_as_soon_as_records_are_committed()
            throws Exception {
        int follower = anyFollower();
        List<String> expected = new ArrayList<>();
        List<String> read = new ArrayList<>();
        try (KafkaProducer<String, String> producer = clients.producer(Map.of());
                KafkaConsumer<String, String> consumer = reader(follower, Map.of())) {
            send(producer, "first");
            expected.add("first");
            read.addAll(values(Clients.poll(consumer, 1)));
            await().atMost(Duration.ofSeconds(10))
                    .until(
                            () -> {
                                consumer.poll(Duration.ofMillis(50));
                                return readsFrom(consumer) == follower;
                            });

            long startNs = System.nanoTime();
            for (int i = 0; i < 20; i++) {
                send(producer, "v" + i);
                expected.add("v" + i);
                read.addAll(values(Clients.poll(consumer, 1)));
            }

            assertThat(read).isEqualTo(expected);
            assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs))
                    .as("half a second each, if followers heard of it with the next records")
                    .isLessThan(5_000);
            assertThat(readsFrom(consumer)).isEqualTo(follower);
        }
    }

    @Test
    void it_goes_on_when_the_follower_goes_and_when_the_leader_goes() throws Exception {
        int leader = cluster.leaderOf(tp);
        int follower = anyFollower();
        try (KafkaProducer<String, String> producer = clients.producer(Map.of());
                KafkaConsumer<String, String> consumer = reader(follower, Map.of())) {
            send(producer, "a");
            assertThat(values(Clients.poll(consumer, 1))).containsExactly("a");
            cluster.kill(follower);
            send(producer, "b");
            assertThat(values(Clients.poll(consumer, 1))).containsExactly("b");

            cluster.start(follower);
            cluster.awaitIsr(tp, 1, 2, 3);
            cluster.kill(leader);
            send(producer, "c");
            assertThat(values(Clients.poll(consumer, 1))).containsExactly("c");
        }
    }

    @Test
    void a_follower_shows_no_aborted_records_to_read_committed() throws Exception {
        int follower = anyFollower();
        try (KafkaProducer<String, String> producer =
                        clients.producer(
                                Map.of(
                                        ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                                        Clients.uniqueName("near"),
                                        ProducerConfig.MAX_BLOCK_MS_CONFIG,
                                        30_000));
                KafkaConsumer<String, String> consumer =
                        reader(
                                follower,
                                Map.of(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed"))) {
            producer.initTransactions();
            List<String> read = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                producer.beginTransaction();
                send(producer, "aborted" + i);
                producer.abortTransaction();
                producer.beginTransaction();
                send(producer, "committed" + i);
                producer.commitTransaction();
                read.addAll(values(Clients.poll(consumer, 1)));
            }

            assertThat(read)
                    .containsExactlyElementsOf(
                            IntStream.range(0, 5).mapToObj(i -> "committed" + i).toList());
            assertThat(readsFrom(consumer)).isEqualTo(follower);
        }
    }

    @Test
    void followers_answer_what_they_know_and_refuse_what_they_cannot() throws Exception {
        try (KafkaProducer<String, String> producer = clients.producer(Map.of())) {
            send(producer, "only");
        }
        int follower = anyFollower();
        Partition partition = requireNonNull(cluster.broker(follower).partition(tp));
        await().atMost(Duration.ofSeconds(10)).until(() -> partition.log().highWatermark() == 1);
        int epoch = cluster.state(tp).leaderEpoch();

        assertThat(fetch(follower, WITH_RACKS, 0, epoch, "").highWatermark()).isEqualTo(1);
        assertThat(error(fetch(follower, WITH_RACKS, 1, epoch, ""))).isEqualTo(Errors.NONE);
        assertThat(error(fetch(follower, WITH_RACKS, 5, epoch, "")))
                .isEqualTo(Errors.OFFSET_OUT_OF_RANGE);
        assertThat(error(fetch(follower, WITH_RACKS, 0, epoch + 1, "")))
                .isEqualTo(Errors.UNKNOWN_LEADER_EPOCH);
        assertThat(error(fetch(follower, WITHOUT_RACKS, 0, epoch, "")))
                .isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER);
    }

    @Test
    void the_leader_sends_away_whom_somebody_else_is_nearer_to() throws Exception {
        try (KafkaProducer<String, String> producer = clients.producer(Map.of())) {
            send(producer, "only");
        }
        int leader = cluster.leaderOf(tp);
        int follower = anyFollower();
        int epoch = cluster.state(tp).leaderEpoch();

        PartitionData sent = fetch(leader, WITH_RACKS, 0, epoch, ThreeBrokers.rack(follower));
        assertThat(sent.preferredReadReplica()).isEqualTo(follower);
        assertThat(requireNonNull(sent.records()).sizeInBytes()).isZero();
        for (String rack : List.of("", "elsewhere", ThreeBrokers.rack(leader))) {
            PartitionData kept = fetch(leader, WITH_RACKS, 0, epoch, rack);
            assertThat(kept.preferredReadReplica()).isEqualTo(LEADER);
            assertThat(requireNonNull(kept.records()).sizeInBytes()).isPositive();
        }
    }

    @Test
    void other_selectors_are_refused() {
        assertThatThrownBy(
                        () ->
                                ReadReplicas.from(
                                        Map.of(ReadReplicas.NAME, "com.example.Selector"),
                                        1,
                                        () -> cluster.cluster(1).image()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(ReadReplicas.BY_RACK);
        assertThat(ReadReplicas.from(Map.of(), 1, () -> cluster.cluster(1).image())).isNull();
    }

    private static Errors error(PartitionData answer) {
        return Errors.forCode(answer.errorCode());
    }

    private PartitionData fetch(int broker, short version, long offset, int epoch, String rack)
            throws IOException {
        FetchPartition wanted =
                new FetchPartition()
                        .setPartition(tp.partition())
                        .setCurrentLeaderEpoch(epoch)
                        .setFetchOffset(offset)
                        .setPartitionMaxBytes(1 << 20);
        FetchRequestData request =
                new FetchRequestData()
                        .setMinBytes(1)
                        .setMaxWaitMs(100)
                        .setMaxBytes(1 << 20)
                        .setRackId(rack)
                        .setTopics(
                                List.of(
                                        new FetchTopic()
                                                .setTopic(tp.topic())
                                                .setPartitions(List.of(wanted))));
        try (RawClient client = new RawClient(cluster.broker(broker).address())) {
            client.send(ApiKeys.FETCH, version, 1, request);
            FetchResponseData answer =
                    (FetchResponseData) client.receive(ApiKeys.FETCH, version).body();
            return answer.responses().get(0).partitions().get(0);
        }
    }
}
