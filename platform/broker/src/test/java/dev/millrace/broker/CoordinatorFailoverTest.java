package dev.millrace.broker;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.broker.group.GroupCoordinator;
import dev.millrace.broker.group.RawClient;
import dev.millrace.broker.txn.TxnCoordinator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What groups and transactions notice when their coordinator is killed: nothing, if they wait. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class CoordinatorFailoverTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int PARTITIONS = 4;
    private static final int COORDINATOR_PARTITIONS = 3;
    private static final Map<String, Object> CLASSIC_EAGER =
            Map.of(
                    ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
                    RangeAssignor.class.getName(),
                    ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG,
                    500);
    private static final Map<String, Object> CLASSIC_COOPERATIVE =
            Map.of(
                    ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
                    CooperativeStickyAssignor.class.getName(),
                    ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG,
                    500);
    private static final Map<String, Object> SERVER_SIDE =
            Map.of(ConsumerConfig.GROUP_PROTOCOL_CONFIG, "consumer");

    @TempDir Path directory;
    private ThreeBrokers cluster;
    private Clients clients;
    private String topic;

    @BeforeEach
    void start() throws Exception {
        cluster =
                new ThreeBrokers(
                        directory,
                        Map.of(
                                "transaction.abort.timed.out.transaction.cleanup.interval.ms",
                                "300",
                                "group.consumer.heartbeat.interval.ms",
                                "1000",
                                "group.consumer.min.heartbeat.interval.ms",
                                "1000"));
        clients = cluster.clients();
        topic = Clients.uniqueName("failover");
        create(new NewTopic(topic, Optional.of(PARTITIONS), Optional.of((short) 3)));
    }

    private void create(NewTopic created) throws Exception {
        try (Admin admin = clients.admin()) {
            admin.createTopics(List.of(created)).all().get(15, TimeUnit.SECONDS);
        }
    }

    @AfterEach
    void stop() throws Exception {
        cluster.close();
    }

    /** A name whose coordinator leads {@code partition}, as Kafka places it. */
    private static String nameFor(String prefix, int partition) {
        String name = Clients.uniqueName(prefix);
        while ((name.hashCode() & Integer.MAX_VALUE) % COORDINATOR_PARTITIONS != partition
                || name.hashCode() < 0) {
            name = Clients.uniqueName(prefix);
        }
        return name;
    }

    // ---- groups

    /** Polls and commits on a thread of its own; writes down what its listener is told. */
    private final class Member implements Runnable, ConsumerRebalanceListener, AutoCloseable {
        private final KafkaConsumer<String, String> consumer;
        private final Thread thread = new Thread(this, "member");
        private final List<String> events = new CopyOnWriteArrayList<>();
        private final List<String> values = new CopyOnWriteArrayList<>();
        private final AtomicInteger commits = new AtomicInteger();
        private volatile int generation = -1;
        private volatile Set<TopicPartition> assignment = Set.of();

        Member(String group, Map<String, Object> protocol) {
            Map<String, Object> config = new HashMap<>(protocol);
            config.put(ConsumerConfig.GROUP_ID_CONFIG, group);
            config.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 60_000);
            consumer = clients.consumer(config);
            consumer.subscribe(Set.of(topic), this);
            thread.start();
        }

        @Override
        public void run() {
            try (consumer) {
                while (true) {
                    for (ConsumerRecord<String, String> record :
                            consumer.poll(Duration.ofMillis(100))) {
                        values.add(record.value());
                    }
                    generation = consumer.groupMetadata().generationId();
                    assignment = consumer.assignment();
                    commit();
                }
            } catch (WakeupException e) {
                events.add("closed");
            } catch (RuntimeException e) {
                events.add("died of " + e);
            }
        }

        private void commit() {
            try {
                consumer.commitSync();
                commits.incrementAndGet();
            } catch (RebalanceInProgressException | CommitFailedException e) {
                // The others are still joining.
                commits.set(0);
            }
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            events.add("assigned " + partitions);
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            events.add("revoked " + partitions);
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> partitions) {
            events.add("lost " + partitions);
        }

        @Override
        public void close() {
            consumer.wakeup();
            await().atMost(PATIENCE).until(() -> !thread.isAlive());
        }
    }

    private static boolean isSettled(List<Member> members) {
        Set<TopicPartition> all = new HashSet<>();
        members.forEach(member -> all.addAll(member.assignment));
        return all.size() == PARTITIONS
                && members.stream().allMatch(member -> member.assignment.size() == 2)
                && members.stream().mapToInt(m -> m.generation).distinct().count() == 1
                && members.stream().allMatch(member -> member.generation > 0);
    }

    @Test
    void a_good_bye_that_a_replaced_coordinator_gets_is_passed_on() throws Exception {
        String group = nameFor("leaving", 0);
        TopicPartition offsets = new TopicPartition(GroupCoordinator.OFFSETS_TOPIC, 0);
        try (KafkaConsumer<String, String> creates =
                clients.consumer(Map.of(ConsumerConfig.GROUP_ID_CONFIG, group + "-other"))) {
            creates.assign(Set.of(new TopicPartition(topic, 0)));
            creates.committed(Set.of(new TopicPartition(topic, 0)), PATIENCE);
        }
        cluster.awaitIsr(offsets, 1, 2, 3);
        int replaced = cluster.leaderOf(offsets);
        String memberId = Uuid.randomUuid().toString();
        try (RawClient member = new RawClient(cluster.address(replaced))) {
            await().atMost(PATIENCE)
                    .until(() -> heartbeat(member, group, memberId, 0).errorCode() == 0);
            cluster.cluster(replaced).cutOff();
            cluster.fence(replaced);
            await().atMost(PATIENCE).until(() -> cluster.leaderOf(offsets) != replaced);

            CompletableFuture<ConsumerGroupHeartbeatResponseData> left =
                    CompletableFuture.supplyAsync(() -> heartbeat(member, group, memberId, -1));
            cluster.cluster(replaced).reconnect();

            assertThat(left.get(30, TimeUnit.SECONDS).errorCode()).isZero();
        }
        try (Admin admin = clients.admin()) {
            assertThat(
                            requireNonNull(
                                            admin.describeConsumerGroups(List.of(group))
                                                    .all()
                                                    .get(20, TimeUnit.SECONDS)
                                                    .get(group))
                                    .members())
                    .isEmpty();
        }
    }

    private ConsumerGroupHeartbeatResponseData heartbeat(
            RawClient client, String group, String memberId, int epoch) {
        ConsumerGroupHeartbeatRequestData request =
                new ConsumerGroupHeartbeatRequestData()
                        .setGroupId(group)
                        .setMemberId(memberId)
                        .setMemberEpoch(epoch)
                        .setRebalanceTimeoutMs(60_000)
                        .setSubscribedTopicNames(List.of(topic))
                        .setTopicPartitions(List.of());
        try {
            return client.call(
                    ApiKeys.CONSUMER_GROUP_HEARTBEAT,
                    1,
                    request,
                    ConsumerGroupHeartbeatResponseData::new);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void groups_of_every_protocol_keep_their_generation_and_their_partitions() throws Exception {
        Map<String, List<Member>> groups = new HashMap<>();
        List<Member> all = new ArrayList<>();
        try (KafkaProducer<String, String> producer = clients.producer(Map.of())) {
            int number = 0;
            for (Map<String, Object> protocol :
                    List.of(CLASSIC_EAGER, CLASSIC_COOPERATIVE, SERVER_SIDE)) {
                String group = nameFor("group" + number++, 0);
                List<Member> members =
                        List.of(new Member(group, protocol), new Member(group, protocol));
                groups.put(group, members);
                all.addAll(members);
            }
            groups.values().forEach(each -> await().atMost(PATIENCE).until(() -> isSettled(each)));
            Map<Member, Integer> generations = new ConcurrentHashMap<>();
            Map<Member, List<String>> events = new ConcurrentHashMap<>();
            all.forEach(member -> generations.put(member, member.generation));
            all.forEach(member -> events.put(member, List.copyOf(member.events)));
            Map<Member, Set<TopicPartition>> assignments = new ConcurrentHashMap<>();
            all.forEach(member -> assignments.put(member, member.assignment));

            int coordinator =
                    cluster.leaderOf(new TopicPartition(GroupCoordinator.OFFSETS_TOPIC, 0));
            cluster.kill(coordinator);
            Map<Member, Integer> commits = new ConcurrentHashMap<>();
            all.forEach(member -> commits.put(member, member.commits.get()));
            List<String> sent = new ArrayList<>();
            for (int partition = 0; partition < PARTITIONS; partition++) {
                sent.add("after the kill " + partition);
                producer.send(
                        new ProducerRecord<>(
                                topic, partition, null, "after the kill " + partition));
            }

            for (List<Member> members : groups.values()) {
                await().atMost(PATIENCE)
                        .untilAsserted(
                                () ->
                                        assertThat(members)
                                                .flatMap(member -> member.values)
                                                .containsExactlyInAnyOrderElementsOf(sent));
            }
            for (Member member : all) {
                await().atMost(PATIENCE)
                        .untilAsserted(
                                () ->
                                        assertThat(member.commits.get())
                                                .as("commits, events %s", member.events)
                                                .isGreaterThan(
                                                        requireNonNull(commits.get(member)) + 1));
                assertThat(member.generation).isEqualTo(generations.get(member));
                assertThat(member.assignment).isEqualTo(assignments.get(member));
                assertThat(member.events).isEqualTo(events.get(member));
            }
        } finally {
            for (Member member : all) {
                member.close();
            }
        }
    }

    // ---- transactions

    private KafkaProducer<String, String> transactional(String id, int timeoutMs) {
        return clients.producer(
                Map.of(
                        ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                        id,
                        ProducerConfig.TRANSACTION_TIMEOUT_CONFIG,
                        timeoutMs,
                        ProducerConfig.MAX_BLOCK_MS_CONFIG,
                        60_000,
                        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                        60_000));
    }

    private List<String> committed(TopicPartition tp, int count) {
        try (KafkaConsumer<String, String> consumer =
                clients.consumer(Map.of(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed"))) {
            consumer.assign(List.of(tp));
            consumer.seekToBeginning(List.of(tp));
            return Clients.poll(consumer, count).stream().map(ConsumerRecord::value).toList();
        }
    }

    /** The broker that leads the transactional ids of {@code partition}. */
    private int coordinator(int partition) {
        return cluster.leaderOf(new TopicPartition(TxnCoordinator.TRANSACTIONS_TOPIC, partition));
    }

    @Test
    void transactions_in_every_state_end_as_they_would_have() throws Exception {
        TopicPartition open = new TopicPartition(topic, 0);
        try (KafkaProducer<String, String> empty = transactional(nameFor("empty", 0), 60_000);
                KafkaProducer<String, String> ongoing = transactional(nameFor("open", 0), 60_000);
                KafkaProducer<String, String> left = transactional(nameFor("left", 0), 2_000);
                KafkaProducer<String, String> ended = transactional(nameFor("ended", 0), 60_000)) {
            empty.initTransactions();
            ended.initTransactions();
            ended.beginTransaction();
            ended.send(new ProducerRecord<>(topic, 1, null, "ended"));
            ended.commitTransaction();
            ongoing.initTransactions();
            ongoing.beginTransaction();
            ongoing.send(new ProducerRecord<>(topic, 0, null, "ongoing 1")).get();
            left.initTransactions();
            left.beginTransaction();
            left.send(new ProducerRecord<>(topic, 2, null, "nobody ends it")).get();

            int killed = coordinator(0);
            cluster.kill(killed);

            ongoing.send(new ProducerRecord<>(topic, 0, null, "ongoing 2"));
            ongoing.commitTransaction();
            empty.beginTransaction();
            empty.send(new ProducerRecord<>(topic, 3, null, "begun after the kill"));
            empty.commitTransaction();
            ended.beginTransaction();
            ended.send(new ProducerRecord<>(topic, 1, null, "aborted"));
            ended.flush();
            ended.abortTransaction();
            ended.beginTransaction();
            ended.send(new ProducerRecord<>(topic, 1, null, "the next"));
            ended.commitTransaction();
            empty.beginTransaction();
            empty.send(new ProducerRecord<>(topic, 2, null, "behind what nobody ended"));
            empty.commitTransaction();
        }

        assertThat(committed(open, 2)).containsExactly("ongoing 1", "ongoing 2");
        assertThat(committed(new TopicPartition(topic, 1), 2)).containsExactly("ended", "the next");
        assertThat(committed(new TopicPartition(topic, 2), 1))
                .as("once the coordinator has aborted what was open for too long")
                .containsExactly("behind what nobody ended");
        assertThat(committed(new TopicPartition(topic, 3), 1))
                .containsExactly("begun after the kill");
    }

    @Test
    void a_decision_whose_markers_could_not_be_written_is_carried_out_by_the_next_coordinator()
            throws Exception {
        try (KafkaProducer<String, String> commits = transactional(nameFor("commits", 0), 60_000);
                KafkaProducer<String, String> aborts =
                        transactional(nameFor("aborts", 0), 60_000)) {
            commits.initTransactions();
            aborts.initTransactions();
            int coordinator = coordinator(0);
            int participant = coordinator % 3 + 1;
            String alone = Clients.uniqueName("alone");
            create(new NewTopic(alone, Map.of(0, List.of(participant))));
            TopicPartition tp = new TopicPartition(alone, 0);
            commits.beginTransaction();
            commits.send(new ProducerRecord<>(alone, 0, null, "committed")).get();
            aborts.beginTransaction();
            aborts.send(new ProducerRecord<>(alone, 0, null, "aborted")).get();
            cluster.kill(participant);
            // Answered as soon as the decision is in the log.
            commits.commitTransaction();
            aborts.abortTransaction();

            cluster.kill(coordinator);
            cluster.start(participant);
            assertThat(coordinator(0)).isNotEqualTo(coordinator);

            assertThat(committed(tp, 1)).containsExactly("committed");
            cluster.start(coordinator);
            commits.beginTransaction();
            commits.send(new ProducerRecord<>(alone, 0, null, "and the next"));
            commits.commitTransaction();
            assertThat(committed(tp, 2)).containsExactly("committed", "and the next");
        }
    }
}
