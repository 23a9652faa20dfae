package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills the broker's process at random moments while transactions run. {@code
 * -Dmillrace.test.kills=N} kills more often than usual.
 */
class KilledInTransactionsTest {
    private static final int PARTITIONS = 3;
    private static final String TOPIC = "ledger";

    @TempDir Path directory;
    private final ExecutorService background = Executors.newCachedThreadPool();
    private final Random random = new Random(11);
    private final AtomicBoolean enough = new AtomicBoolean();
    private NodeProcess node;
    private Clients clients;

    @BeforeEach
    void start() throws Exception {
        node =
                new NodeProcess(
                        directory.resolve("node"),
                        "replica.high.watermark.checkpoint.interval.ms=100",
                        "offsets.topic.num.partitions=2",
                        "transaction.state.log.num.partitions=2");
        clients = new Clients(node.bootstrapServers());
        try (Admin admin = clients.admin()) {
            admin.createTopics(
                            List.of(
                                    new NewTopic(TOPIC, PARTITIONS, (short) 1)
                                            .configs(Map.of("segment.bytes", "1048576"))))
                    .all()
                    .get(30, TimeUnit.SECONDS);
        }
    }

    @AfterEach
    void stop() {
        enough.set(true);
        node.close();
        background.shutdownNow();
    }

    /** How a transaction ended, as far as its producer was told. */
    private enum Outcome {
        COMMITTED,
        ABORTED,
        /** The producer lost its right to know: all of it is there, or nothing. */
        UNKNOWN
    }

    /** One transactional id, and the transactions that it ran, by number. */
    private final class Load implements Runnable {
        final String id;
        final Random choices;
        final Map<Integer, Outcome> outcomes = new ConcurrentSkipListMap<>();
        final String padding = "x".repeat(300);
        final ConsumerGroupMetadata group;
        private int next;

        Load(String id, long seed) {
            this.id = id;
            try (KafkaConsumer<String, String> member =
                    clients.consumer(Map.of("group.id", "group-" + id))) {
                group = member.groupMetadata();
            }
            this.choices = new Random(seed);
        }

        @Override
        public void run() {
            while (!enough.get()) {
                try (KafkaProducer<String, String> producer =
                        clients.producer(
                                Map.of(
                                        "transactional.id",
                                        id,
                                        "max.block.ms",
                                        60_000,
                                        "reconnect.backoff.max.ms",
                                        200))) {
                    producer.initTransactions();
                    while (!enough.get()) {
                        transaction(producer, next++);
                    }
                } catch (KafkaException e) {
                    // It must begin anew: what it was at is not known to have ended.
                    outcomes.putIfAbsent(next - 1, Outcome.UNKNOWN);
                }
            }
        }

        private void transaction(KafkaProducer<String, String> producer, int number) {
            producer.beginTransaction();
            for (int i = 0; i < records(number); i++) {
                producer.send(
                        new ProducerRecord<>(
                                TOPIC, i % PARTITIONS, id, number + " " + i + " " + padding));
            }
            producer.sendOffsetsToTransaction(
                    Map.of(new TopicPartition(TOPIC, 0), new OffsetAndMetadata(number)), group);
            if (choices.nextInt(4) == 0) {
                producer.abortTransaction();
                outcomes.put(number, Outcome.ABORTED);
            } else {
                producer.commitTransaction();
                outcomes.put(number, Outcome.COMMITTED);
            }
        }
    }

    private static int records(int number) {
        return 1 + number % 7;
    }

    @Test
    void read_committed_shows_exactly_the_committed_transactions() throws Exception {
        List<Load> loads = List.of(new Load("a", 1), new Load("b", 2));
        List<Future<?>> running = new ArrayList<>();
        for (Load load : loads) {
            running.add(background.submit(load));
        }
        int kills = Integer.getInteger("millrace.test.kills", 3);
        for (int kill = 0; kill < kills; kill++) {
            int before = loads.get(0).outcomes.size();
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> loads.get(0).outcomes.size() > before + 20);
            LockSupport.parkNanos(Duration.ofMillis(random.nextInt(200)).toNanos());
            node.kill();
            node.startAgain();
        }
        enough.set(true);
        for (Future<?> each : running) {
            each.get(120, TimeUnit.SECONDS);
        }

        List<ConsumerRecord<String, String>> visible = readCommitted();
        for (Load load : loads) {
            // By transaction, the numbers of its records.
            Map<Integer, List<Integer>> found = new TreeMap<>();
            for (ConsumerRecord<String, String> record : visible) {
                if (record.key().equals(load.id)) {
                    String[] words = record.value().split(" ", -1);
                    found.computeIfAbsent(Integer.valueOf(words[0]), n -> new ArrayList<>())
                            .add(Integer.valueOf(words[1]));
                }
            }
            int lastSeen = -1;
            for (Map.Entry<Integer, Outcome> transaction : load.outcomes.entrySet()) {
                int number = transaction.getKey();
                List<Integer> records = found.getOrDefault(number, List.of());
                String name = "%s %d, %s".formatted(load.id, number, transaction.getValue());
                boolean there =
                        transaction.getValue() == Outcome.COMMITTED
                                || (transaction.getValue() == Outcome.UNKNOWN
                                        && !records.isEmpty());
                assertThat(records.stream().sorted().toList())
                        .as(name)
                        .isEqualTo(there ? numbersTo(records(number)) : List.of());
                lastSeen = there ? number : lastSeen;
            }
            assertThat(load.outcomes).containsKeys(found.keySet().toArray(Integer[]::new));
            assertThat(load.outcomes.values())
                    .as("enough to tell")
                    .contains(Outcome.COMMITTED, Outcome.ABORTED);
            assertThat(committedOffset(load.id)).as("offsets of %s", load.id).isEqualTo(lastSeen);
        }
    }

    private static List<Integer> numbersTo(int count) {
        List<Integer> numbers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            numbers.add(i);
        }
        return numbers;
    }

    /** Also proves that no transaction hangs: the end that read_committed sees is the log's. */
    private List<ConsumerRecord<String, String>> readCommitted() {
        List<ConsumerRecord<String, String>> all = new ArrayList<>();
        List<TopicPartition> partitions = new ArrayList<>();
        for (int i = 0; i < PARTITIONS; i++) {
            partitions.add(new TopicPartition(TOPIC, i));
        }
        try (KafkaConsumer<String, String> everything = clients.consumer(Map.of());
                KafkaConsumer<String, String> committed =
                        clients.consumer(Map.of("isolation.level", "read_committed"))) {
            Map<TopicPartition, Long> ends = everything.endOffsets(partitions);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .untilAsserted(
                            () -> assertThat(committed.endOffsets(partitions)).isEqualTo(ends));
            committed.assign(partitions);
            committed.seekToBeginning(partitions);
            long deadlineNs = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            while (partitions.stream()
                            .anyMatch(tp -> committed.position(tp) < ends.getOrDefault(tp, 0L))
                    && System.nanoTime() - deadlineNs < 0) {
                Map<Integer, Long> last = new TreeMap<>();
                for (ConsumerRecord<String, String> record :
                        committed.poll(Duration.ofMillis(200))) {
                    all.add(record);
                    Long previous = last.put(record.partition(), record.offset());
                    assertThat(previous == null || previous < record.offset()).isTrue();
                }
            }
        }
        return all;
    }

    private long committedOffset(String id) throws Exception {
        try (Admin admin = clients.admin()) {
            return Objects.requireNonNull(
                            admin.listConsumerGroupOffsets("group-" + id)
                                    .partitionsToOffsetAndMetadata()
                                    .get(30, TimeUnit.SECONDS)
                                    .get(new TopicPartition(TOPIC, 0)))
                    .offset();
        }
    }
}
