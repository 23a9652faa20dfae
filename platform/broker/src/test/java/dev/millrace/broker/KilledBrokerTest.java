package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What clients notice when the broker's process is killed and started again. */
class KilledBrokerTest {
    private static final TopicPartition T0 = new TopicPartition("t", 0);
    private static final TopicPartition T1 = new TopicPartition("t", 1);

    @TempDir Path directory;
    private final ExecutorService background = Executors.newSingleThreadExecutor();
    private NodeProcess node;
    private Clients clients;

    @BeforeEach
    void start() throws Exception {
        node = new NodeProcess(directory.resolve("node"), "offsets.topic.num.partitions=4");
        clients = new Clients(node.bootstrapServers());
        try (Admin admin = clients.admin()) {
            admin.createTopics(List.of(new NewTopic("t", 2, (short) 1)))
                    .all()
                    .get(20, TimeUnit.SECONDS);
        }
    }

    @AfterEach
    void stop() throws Exception {
        node.close();
        background.shutdownNow();
    }

    /** A consumer that polls on a thread of its own, and commits what it has seen. */
    private final class Member implements Runnable, ConsumerRebalanceListener, AutoCloseable {
        final ConcurrentLinkedQueue<String> values = new ConcurrentLinkedQueue<>();
        final AtomicInteger rebalances = new AtomicInteger();
        volatile int generation = -1;
        private final KafkaConsumer<String, String> consumer;
        private final Thread thread = new Thread(this, "member");

        Member() {
            consumer =
                    clients.consumer(
                            Map.of(
                                    "group.id",
                                    "g",
                                    "session.timeout.ms",
                                    30_000,
                                    "heartbeat.interval.ms",
                                    200,
                                    "reconnect.backoff.max.ms",
                                    200,
                                    // The default has a client whose only broker is gone forget
                                    // its metadata, see no partitions, and so rebalance by itself.
                                    "metadata.recovery.strategy",
                                    "none",
                                    "default.api.timeout.ms",
                                    30_000));
            consumer.subscribe(Set.of("t"), this);
            thread.start();
        }

        @Override
        public void run() {
            try {
                while (true) {
                    for (ConsumerRecord<String, String> record :
                            consumer.poll(Duration.ofMillis(100))) {
                        values.add(record.value());
                    }
                    consumer.commitAsync();
                    generation = consumer.groupMetadata().generationId();
                }
            } catch (WakeupException e) {
                consumer.commitSync();
                consumer.close();
            }
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            rebalances.incrementAndGet();
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            rebalances.incrementAndGet();
        }

        @Override
        public void close() {
            consumer.wakeup();
            Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> !thread.isAlive());
        }
    }

    private static List<String> values(int from, int to) {
        return IntStream.range(from, to).mapToObj(i -> "value " + i).toList();
    }

    private static List<String> seen(Member... members) {
        List<String> all = new ArrayList<>();
        for (Member member : members) {
            all.addAll(member.values);
        }
        return all;
    }

    @Test
    void members_go_on_in_their_generation_and_a_producer_in_its_sequence() throws Exception {
        try (Member first = new Member();
                Member second = new Member();
                KafkaProducer<String, String> producer =
                        clients.producer(
                                Map.of(
                                        "delivery.timeout.ms", 60_000,
                                        "max.block.ms", 60_000,
                                        "linger.ms", 0,
                                        "batch.size", 0,
                                        "reconnect.backoff.max.ms", 200))) {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> first.generation > 0 && first.generation == second.generation);
            send(producer, 0, 1000);
            awaitSeen(1000, first, second);
            int generation = first.generation;
            List<Integer> rebalances = List.of(first.rebalances.get(), second.rebalances.get());

            // Goes on sending while the broker is killed, is gone, and comes back.
            Future<?> sending =
                    background.submit(
                            () -> {
                                send(producer, 1000, 2000);
                                return null;
                            });
            awaitSeen(1100, first, second);
            node.kill();
            assertThat(sending.isDone()).isFalse();
            node.startAgain();
            sending.get(60, TimeUnit.SECONDS);
            awaitSeen(2000, first, second);

            assertThat(seen(first, second)).containsExactlyInAnyOrderElementsOf(values(0, 2000));
            assertThat(List.of(first.generation, second.generation)).containsOnly(generation);
            assertThat(List.of(first.rebalances.get(), second.rebalances.get()))
                    .as("assigned once, and never revoked")
                    .isEqualTo(rebalances);
        }
        try (KafkaConsumer<String, String> reader = clients.consumer(Map.of("group.id", "g"))) {
            assertThat(reader.committed(Set.of(T0, T1)).values())
                    .extracting(OffsetAndMetadata::offset)
                    .containsOnly(1000L);
            reader.assign(List.of(T0));
            reader.seekToBeginning(List.of(T0));
            assertThat(Clients.poll(reader, 1000))
                    .as("in order, each once")
                    .extracting(ConsumerRecord::value)
                    .containsExactlyElementsOf(
                            IntStream.range(0, 1000).mapToObj(i -> "value " + 2 * i).toList());
        }
    }

    @Test
    void a_commit_that_was_answered_is_there_after_the_kill() throws Exception {
        Map<String, Object> group = Map.of("group.id", "committed");
        try (KafkaConsumer<String, String> consumer = clients.consumer(group)) {
            consumer.assign(List.of(T0));
            consumer.commitSync(Map.of(T0, new OffsetAndMetadata(7, "note")));
            node.kill();
            node.startAgain();
        }
        try (KafkaConsumer<String, String> consumer = clients.consumer(group)) {
            assertThat(consumer.committed(Set.of(T0)))
                    .containsEntry(T0, new OffsetAndMetadata(7, "note"));
        }
    }

    @Test
    void members_to_which_the_server_assigns_stay_in_their_epoch() throws Exception {
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", node.bootstrapServers());
        config.put("group.id", "assigned");
        config.put("group.protocol", "consumer");
        config.put("enable.auto.commit", false);
        config.put("reconnect.backoff.max.ms", 200);
        AtomicInteger assignments = new AtomicInteger();
        try (KafkaConsumer<String, String> consumer =
                        new KafkaConsumer<>(
                                config, new StringDeserializer(), new StringDeserializer());
                Admin admin = clients.admin()) {
            consumer.subscribe(
                    Set.of("t"),
                    new ConsumerRebalanceListener() {
                        @Override
                        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
                            assignments.incrementAndGet();
                        }

                        @Override
                        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
                            assignments.incrementAndGet();
                        }
                    });
            pollUntil(consumer, () -> consumer.assignment().size() == 2);
            int epoch = consumer.groupMetadata().generationId();
            // Not always one: a client that hears of its partitions before it has their topic's
            // name takes over nothing at first, and says so.
            int assignmentsBefore = assignments.get();

            node.kill();
            node.startAgain();
            pollUntil(
                    consumer,
                    () -> {
                        try {
                            consumer.commitSync(
                                    Map.of(T0, new OffsetAndMetadata(5)), Duration.ofSeconds(5));
                            return true;
                        } catch (RetriableException e) {
                            return false;
                        }
                    });

            assertThat(consumer.groupMetadata().generationId()).isEqualTo(epoch);
            assertThat(consumer.assignment()).containsExactlyInAnyOrder(T0, T1);
            assertThat(assignments).hasValue(assignmentsBefore);
            assertThat(
                            admin.describeConsumerGroups(List.of("assigned"))
                                    .all()
                                    .get(20, TimeUnit.SECONDS)
                                    .values())
                    .allSatisfy(
                            group -> {
                                assertThat(group.groupEpoch()).hasValue(epoch);
                                assertThat(group.groupState()).isEqualTo(GroupState.STABLE);
                            });
        }
    }

    private static void pollUntil(KafkaConsumer<?, ?> consumer, BooleanSupplier condition) {
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(40);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("in time").isLessThan(deadlineNs);
            consumer.poll(Duration.ofMillis(50));
        }
    }

    private static void send(KafkaProducer<String, String> producer, int from, int to)
            throws Exception {
        List<Future<?>> sent = new ArrayList<>();
        for (int i = from; i < to; i++) {
            sent.add(producer.send(new ProducerRecord<>("t", i % 2, "k", "value " + i)));
            if (i % 5 == 0) {
                LockSupport.parkNanos(1_000_000); // a pace at which a kill comes in between
            }
        }
        for (Future<?> each : sent) {
            each.get(60, TimeUnit.SECONDS);
        }
    }

    private static void awaitSeen(int count, Member... members) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(40))
                .until(() -> seen(members).size() >= count);
    }
}
