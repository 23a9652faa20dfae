package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionReplica;
import org.apache.kafka.common.errors.ReplicaNotAvailableException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills the broker's process at random moments while it is written to, rolls, and moves logs
 * between its directories. {@code -Dmillrace.test.kills=N} kills more often than usual.
 */
class KilledUnderLoadTest {
    private static final List<String> DIRECTORIES = List.of("a", "b");
    private static final int PARTITIONS = 4;

    @TempDir Path directory;
    private final ExecutorService background = Executors.newCachedThreadPool();
    private final Random random = new Random(7);
    private final AtomicBoolean enough = new AtomicBoolean();
    private NodeProcess node;
    private Clients clients;

    @BeforeEach
    void start() throws Exception {
        node =
                new NodeProcess(
                        directory.resolve("node"),
                        "log.dirs=" + String.join(",", DIRECTORIES),
                        "replica.high.watermark.checkpoint.interval.ms=100",
                        "log.preallocate=true",
                        "offsets.topic.num.partitions=1");
        clients = new Clients(node.bootstrapServers());
        try (Admin admin = clients.admin()) {
            List<NewTopic> topics = new ArrayList<>();
            for (String durability : List.of("memory", "disk")) {
                topics.add(
                        new NewTopic(durability, PARTITIONS, (short) 1)
                                .configs(
                                        Map.of(
                                                "millrace.ack.durability",
                                                durability,
                                                "segment.bytes",
                                                "1048576")));
            }
            admin.createTopics(topics).all().get(30, TimeUnit.SECONDS);
        }
    }

    @AfterEach
    void stop() {
        enough.set(true);
        node.close();
        background.shutdownNow();
    }

    /** One topic and producer: what was acknowledged, by partition. */
    private final class Load implements Runnable {
        final String topic;
        final boolean idempotent;
        final Map<Integer, List<Integer>> acknowledged = new ConcurrentHashMap<>();

        Load(String topic, boolean idempotent) {
            this.topic = topic;
            this.idempotent = idempotent;
            for (int i = 0; i < PARTITIONS; i++) {
                acknowledged.put(i, new ArrayList<>());
            }
        }

        @Override
        public void run() {
            Semaphore inFlight = new Semaphore(500);
            String padding = "x".repeat(800);
            try (KafkaProducer<String, String> producer =
                    clients.producer(
                            Map.of(
                                    "enable.idempotence",
                                    idempotent,
                                    "acks",
                                    "all",
                                    "linger.ms",
                                    2,
                                    "delivery.timeout.ms",
                                    120_000,
                                    "max.block.ms",
                                    120_000,
                                    "reconnect.backoff.max.ms",
                                    200))) {
                for (int i = 0; !enough.get(); i++) {
                    int number = i;
                    inFlight.acquire();
                    producer.send(
                            new ProducerRecord<>(topic, i % PARTITIONS, null, i + " " + padding),
                            (metadata, failure) -> {
                                inFlight.release();
                                if (failure == null) {
                                    acknowledged
                                            .getOrDefault(number % PARTITIONS, new ArrayList<>())
                                            .add(number);
                                }
                            });
                    LockSupport.parkNanos(100_000);
                }
                producer.flush();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Test
    void every_acknowledged_record_is_there_in_order_and_of_idempotent_producers_once()
            throws Exception {
        List<Load> loads = List.of(new Load("memory", true), new Load("disk", true));
        List<Future<?>> running = new ArrayList<>();
        for (Load load : loads) {
            running.add(background.submit(load));
        }
        int kills = Integer.getInteger("millrace.test.kills", 3);
        for (int kill = 0; kill < kills; kill++) {
            LockSupport.parkNanos(Duration.ofMillis(300 + random.nextInt(900)).toNanos());
            Future<?> moving = background.submit(this::moveSomething);
            LockSupport.parkNanos(Duration.ofMillis(random.nextInt(300)).toNanos());
            node.kill();
            node.startAgain();
            try {
                moving.get(60, TimeUnit.SECONDS);
            } catch (ExecutionException e) {
                assertThat(e).hasRootCauseInstanceOf(org.apache.kafka.common.KafkaException.class);
            }
        }
        enough.set(true);
        for (Future<?> each : running) {
            each.get(120, TimeUnit.SECONDS);
        }
        for (Load load : loads) {
            for (int i = 0; i < PARTITIONS; i++) {
                List<Integer> expected = load.acknowledged.getOrDefault(i, List.of());
                assertThat(expected).hasSizeGreaterThan(20);
                assertThat(read(new TopicPartition(load.topic, i)))
                        .as("%s-%d", load.topic, i)
                        .isEqualTo(expected);
            }
        }
    }

    private Boolean moveSomething() throws Exception {
        try (Admin admin = clients.admin()) {
            for (String topic : List.of("memory", "disk")) {
                String target = DIRECTORIES.get(random.nextInt(DIRECTORIES.size()));
                admin.alterReplicaLogDirs(
                                Map.of(
                                        new TopicPartitionReplica(
                                                topic, random.nextInt(PARTITIONS), 1),
                                        directory.resolve("node").resolve(target).toString()))
                        .all()
                        .get(40, TimeUnit.SECONDS);
            }
            return true;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof ReplicaNotAvailableException) {
                return false; // not open yet
            }
            throw e;
        }
    }

    private List<Integer> read(TopicPartition tp) {
        List<Integer> values = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer = clients.consumer(Map.of())) {
            consumer.assign(List.of(tp));
            consumer.seekToBeginning(List.of(tp));
            long end = consumer.endOffsets(List.of(tp)).getOrDefault(tp, 0L);
            long deadlineNs = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            while (consumer.position(tp) < end && System.nanoTime() - deadlineNs < 0) {
                for (ConsumerRecord<String, String> record :
                        consumer.poll(Duration.ofMillis(200))) {
                    values.add(
                            Integer.parseInt(
                                    record.value().substring(0, record.value().indexOf(' '))));
                }
            }
        }
        return values;
    }
}
