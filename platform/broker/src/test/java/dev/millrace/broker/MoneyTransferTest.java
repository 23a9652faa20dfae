package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Exactly once, while the broker is killed again and again: transfers between accounts never create
 * or lose money in what read_committed consumers see, and every input is processed once.
 *
 * <p>{@code -Dmillrace.test.kills=N} for a longer one.
 */
@Timeout(600)
class MoneyTransferTest {
    private static final int KILLS = Integer.getInteger("millrace.test.kills", 2);
    private static final int ACCOUNTS = 8;
    private static final int PARTITIONS = 4;
    private static final String TOPIC = "accounts";

    @TempDir Path directory;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private NodeProcess node;
    private Clients clients;
    private volatile boolean stopping;

    @BeforeEach
    void start() throws Exception {
        node =
                new NodeProcess(
                        directory.resolve("node"),
                        "offsets.topic.num.partitions=2",
                        "transaction.state.log.num.partitions=2",
                        "transaction.abort.timed.out.transaction.cleanup.interval.ms=500");
        clients = new Clients(node.bootstrapServers());
        try (Admin admin = clients.admin()) {
            admin.createTopics(
                            List.of(
                                    new NewTopic(TOPIC, PARTITIONS, (short) 1),
                                    new NewTopic("in", 2, (short) 1),
                                    new NewTopic("out", 2, (short) 1)))
                    .all()
                    .get(20, TimeUnit.SECONDS);
        }
    }

    @AfterEach
    void stop() {
        stopping = true;
        threads.shutdownNow();
        node.close();
    }

    private static Map<String, Object> patient(String transactionalId) {
        return Map.of(
                "transactional.id",
                transactionalId,
                "transaction.timeout.ms",
                10_000,
                "delivery.timeout.ms",
                60_000,
                "max.block.ms",
                60_000,
                "linger.ms",
                0,
                "reconnect.backoff.max.ms",
                200,
                "metadata.recovery.strategy",
                "none");
    }

    private Map<String, Object> reader() {
        return Map.of("isolation.level", "read_committed", "reconnect.backoff.max.ms", 200);
    }

    private void killNow() throws Exception {
        node.kill();
        node.startAgain();
    }

    @Test
    void transfers_leave_the_sum_as_it_is() throws Exception {
        AtomicInteger committed = new AtomicInteger();
        List<Future<?>> working = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            int number = i;
            working.add(
                    threads.submit(
                            () -> {
                                transferUntilStopped("teller-" + number, number, committed);
                                return null;
                            }));
        }
        for (int kill = 0; kill < KILLS; kill++) {
            int before = committed.get();
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> committed.get() >= before + 40 || anyFailed(working));
            killNow();
        }
        int before = committed.get();
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> committed.get() >= before + 40 || anyFailed(working));
        stopping = true;
        for (Future<?> teller : working) {
            teller.get(90, TimeUnit.SECONDS);
        }

        Map<String, List<String>> sides = new HashMap<>();
        long sum = 0;
        for (String value : committedValues(TOPIC, PARTITIONS)) {
            String[] parts = value.split(" ", -1);
            sides.computeIfAbsent(parts[0], id -> new ArrayList<>()).add(parts[1]);
            sum += Long.parseLong(parts[1]);
        }
        assertThat(sum).as("money in all accounts together").isZero();
        assertThat(sides.values())
                .as("both sides of a transfer, each once")
                .allSatisfy(amounts -> assertThat(amounts).hasSize(2));
        assertThat(sides.size()).isGreaterThanOrEqualTo(committed.get());
    }

    private static boolean anyFailed(List<Future<?>> working) {
        return working.stream().anyMatch(Future::isDone);
    }

    /** A teller dies now and then, and another takes its place under the same name. */
    private void transferUntilStopped(String id, int seed, AtomicInteger committed) {
        Random random = new Random(seed);
        int number = 0;
        while (!stopping) {
            try (KafkaProducer<String, String> producer = clients.producer(patient(id))) {
                producer.initTransactions();
                int lifetime = 20 + random.nextInt(60);
                while (!stopping && lifetime-- > 0) {
                    producer.beginTransaction();
                    String transfer = id + "-" + number++;
                    int amount = 1 + random.nextInt(100);
                    send(producer, random, transfer + " " + amount);
                    send(producer, random, transfer + " " + -amount);
                    if (random.nextInt(5) == 0) {
                        producer.abortTransaction();
                    } else {
                        producer.commitTransaction();
                        committed.incrementAndGet();
                    }
                }
                if (!stopping && random.nextBoolean()) {
                    // Dies in the middle.
                    producer.beginTransaction();
                    send(producer, random, id + "-lost-" + number + " 1000000");
                    producer.flush();
                    producer.close(Duration.ZERO);
                }
            } catch (TimeoutException e) {
                throw e;
            } catch (KafkaException e) {
                // Fenced or aborted by the broker's restart: the next producer takes over.
                assertThat(e).hasMessageNotContaining("IllegalState");
            }
        }
    }

    private static void send(KafkaProducer<String, String> producer, Random random, String value) {
        int account = random.nextInt(ACCOUNTS);
        producer.send(
                new ProducerRecord<>(TOPIC, account % PARTITIONS, "account-" + account, value));
    }

    @Test
    void every_input_is_processed_once() throws Exception {
        int inputs = 400 * Math.max(1, KILLS);
        try (KafkaProducer<String, String> producer =
                clients.producer(Map.of("delivery.timeout.ms", 60_000))) {
            for (int i = 0; i < inputs; i++) {
                producer.send(new ProducerRecord<>("in", i % 2, null, Integer.toString(i)));
            }
        }
        AtomicInteger processed = new AtomicInteger();
        List<Future<?>> working = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            String id = "worker-" + i;
            working.add(
                    threads.submit(
                            () -> {
                                workUntilStopped(id, processed);
                                return null;
                            }));
        }
        for (int kill = 0; kill < KILLS; kill++) {
            int threshold = inputs * (kill + 1) / (KILLS + 2);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(90))
                    .until(() -> processed.get() >= threshold || anyFailed(working));
            killNow();
        }
        List<String> seen = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer = clients.consumer(reader())) {
            assign(consumer, "out", 2);
            long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
            while (new HashSet<>(seen).size() < inputs
                    && System.nanoTime() - deadlineNs < 0
                    && !anyFailed(working)) {
                consumer.poll(Duration.ofMillis(200)).forEach(r -> seen.add(r.value()));
            }
        }
        stopping = true;
        for (Future<?> worker : working) {
            worker.get(90, TimeUnit.SECONDS);
        }
        Set<String> expected = new HashSet<>();
        for (int i = 0; i < inputs; i++) {
            expected.add(Integer.toString(i));
        }
        assertThat(committedValues("out", 2)).hasSize(inputs).containsAll(expected);
    }

    /** Reads, writes, and commits what it has read with what it has written. */
    private void workUntilStopped(String id, AtomicInteger processed) {
        while (!stopping) {
            Map<String, Object> member = new HashMap<>(reader());
            member.put("group.id", "workers");
            member.put("session.timeout.ms", 10_000);
            member.put("max.poll.records", 20);
            try (KafkaProducer<String, String> producer = clients.producer(patient(id));
                    KafkaConsumer<String, String> consumer = clients.consumer(member)) {
                producer.initTransactions();
                consumer.subscribe(Set.of("in"));
                while (!stopping) {
                    int count = 0;
                    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
                    for (ConsumerRecord<String, String> record :
                            consumer.poll(Duration.ofMillis(200))) {
                        if (count++ == 0) {
                            producer.beginTransaction();
                        }
                        producer.send(
                                new ProducerRecord<>(
                                        "out", record.partition(), null, record.value()));
                        offsets.put(
                                new TopicPartition("in", record.partition()),
                                new OffsetAndMetadata(record.offset() + 1));
                    }
                    if (count > 0) {
                        producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
                        producer.commitTransaction();
                        processed.addAndGet(count);
                    }
                }
            } catch (TimeoutException e) {
                throw e;
            } catch (KafkaException e) {
                // Another generation, or a transaction that the restart has aborted: begin again.
                assertThat(e).hasMessageNotContaining("IllegalState");
            }
        }
    }

    private static void assign(
            KafkaConsumer<String, String> consumer, String topic, int partitions) {
        List<TopicPartition> assigned = new ArrayList<>();
        for (int i = 0; i < partitions; i++) {
            assigned.add(new TopicPartition(topic, i));
        }
        consumer.assign(assigned);
        consumer.seekToBeginning(assigned);
    }

    /** All there is; fails if the last stable offset hangs below the high watermark. */
    private List<String> committedValues(String topic, int partitions) {
        Map<TopicPartition, Long> ends = new HashMap<>();
        try (KafkaConsumer<String, String> consumer = clients.consumer(Map.of())) {
            assign(consumer, topic, partitions);
            ends.putAll(consumer.endOffsets(consumer.assignment()));
        }
        List<String> values = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer = clients.consumer(reader())) {
            assign(consumer, topic, partitions);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(40))
                    .until(
                            () -> {
                                consumer.poll(Duration.ofMillis(100))
                                        .forEach(record -> values.add(record.value()));
                                return ends.entrySet().stream()
                                        .allMatch(
                                                end ->
                                                        consumer.position(end.getKey())
                                                                >= end.getValue());
                            });
        }
        return values;
    }
}
