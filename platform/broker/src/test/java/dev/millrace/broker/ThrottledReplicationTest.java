package dev.millrace.broker;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a reassignment may take of the network (KIP-73), with the configs that the tool sets. */
@Timeout(value = 90, unit = TimeUnit.SECONDS)
class ThrottledReplicationTest {
    private static final int RECORDS = 300;
    private static final String TEN_KB = "x".repeat(10_000);
    private static final long RATE = 1_000_000;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir Path directory;
    private ThreeBrokers cluster;
    private Clients clients;
    private Admin admin;
    private TopicPartition tp;

    @BeforeEach
    void start() throws Exception {
        cluster = new ThreeBrokers(directory, Map.of());
        clients = cluster.clients();
        admin = clients.admin();
        tp = new TopicPartition(Clients.uniqueName("throttled"), 0);
        admin.createTopics(List.of(new NewTopic(tp.topic(), Map.of(0, List.of(1, 2)))))
                .all()
                .get(15, TimeUnit.SECONDS);
        try (KafkaProducer<String, String> producer = clients.producer(Map.of())) {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (int i = 0; i < RECORDS; i++) {
                sent.add(producer.send(new ProducerRecord<>(tp.topic(), 0, null, TEN_KB)));
            }
            for (Future<RecordMetadata> each : sent) {
                each.get(20, TimeUnit.SECONDS);
            }
        }
    }

    @AfterEach
    void stop() throws Exception {
        admin.close();
        cluster.close();
    }

    private void set(ConfigResource.Type type, String name, Map<String, String> values)
            throws Exception {
        Map<ConfigResource, Collection<AlterConfigOp>> changes = new HashMap<>();
        changes.put(
                new ConfigResource(type, name),
                values.entrySet().stream()
                        .map(
                                value ->
                                        new AlterConfigOp(
                                                new ConfigEntry(value.getKey(), value.getValue()),
                                                value.getValue().isEmpty()
                                                        ? AlterConfigOp.OpType.DELETE
                                                        : AlterConfigOp.OpType.SET))
                        .toList());
        admin.incrementalAlterConfigs(changes).all().get(15, TimeUnit.SECONDS);
    }

    private void rate(String side, String rate) throws Exception {
        for (int id = 1; id <= 3; id++) {
            set(
                    ConfigResource.Type.BROKER,
                    String.valueOf(id),
                    Map.of(side + ".replication.throttled.rate", rate));
        }
    }

    private void throttle(String side, String replicas) throws Exception {
        set(
                ConfigResource.Type.TOPIC,
                tp.topic(),
                Map.of(side + ".replication.throttled.replicas", replicas));
    }

    private void awaitThrottled(boolean leader, boolean follower) {
        await().atMost(PATIENCE)
                .until(
                        () -> {
                            Partition leads = requireNonNull(cluster.broker(1).partition(tp));
                            Partition follows = requireNonNull(cluster.broker(2).partition(tp));
                            return (leads.quotaAsLeader() != null) == leader
                                    && (follows.quotaAsFollower() != null) == follower;
                        });
    }

    private void move(List<Integer> replicas) throws Exception {
        admin.alterPartitionReassignments(
                        Map.of(tp, Optional.of(new NewPartitionReassignment(replicas))))
                .all()
                .get(15, TimeUnit.SECONDS);
    }

    private void awaitMoved(List<Integer> replicas) {
        await().atMost(PATIENCE).until(() -> cluster.state(tp).replicas().equals(replicas));
    }

    @ParameterizedTest
    @ValueSource(strings = {"leader", "follower"})
    void a_replica_that_is_added_comes_no_faster_than_the_rate_and_others_are_not_held_back(
            String side) throws Exception {
        rate(side, String.valueOf(RATE));
        throttle(side, "leader".equals(side) ? "0:1,0:2" : "0:2,0:3");
        awaitThrottled("leader".equals(side), "follower".equals(side));
        long startNs = System.nanoTime();

        move(List.of(1, 2, 3));

        try (KafkaProducer<String, String> producer = clients.producer(Map.of())) {
            // Broker 2 is in sync: all it has to wait for is the records.
            producer.send(new ProducerRecord<>(tp.topic(), 0, null, "meanwhile"))
                    .get(20, TimeUnit.SECONDS);
        }
        assertThat(cluster.state(tp).isr()).as("long before it has moved").hasSize(2);
        cluster.awaitIsr(tp, 1, 2, 3);
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs))
                .as("%d bytes at %d a second", RECORDS * TEN_KB.length(), RATE)
                .isBetween(1_800L, 10_000L);
    }

    @Test
    void a_move_that_hardly_advances_goes_on_when_the_throttle_is_taken_away() throws Exception {
        rate("leader", "1");
        throttle("leader", "*");
        awaitThrottled(true, false);
        move(List.of(3, 2));
        await().atMost(PATIENCE).until(() -> cluster.broker(3).partition(tp) != null);
        Partition arriving = requireNonNull(cluster.broker(3).partition(tp));
        await().atMost(PATIENCE).until(() -> arriving.log().logEndOffset() > 0);
        assertThat(arriving.log().logEndOffset()).isLessThan(RECORDS);

        throttle("leader", "");
        rate("leader", "");

        awaitMoved(List.of(3, 2));
        assertThat(arriving.log().logEndOffset()).isGreaterThanOrEqualTo(RECORDS);
    }
}
