package dev.millrace.broker.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.LongSerializer;

/**
 * Somebody who works on the same broker all the time: writes numbers, reads them in a group, and
 * minds how long it takes.
 */
final class Canary implements AutoCloseable {
    static final String TOPIC = "canary-5a7f3c1e9b";
    private static final String GROUP = "canary-group-5a7f3c1e9b";
    private static final long TIMEOUT_S = 20;

    private final String bootstrapServers;
    private final Thread writer = new Thread(this::write, "canary-writer");
    private final Thread reader = new Thread(this::read, "canary-reader");
    private final AtomicLong written = new AtomicLong();
    private final AtomicLong slowestNs = new AtomicLong();
    private final List<Long> seen = new ArrayList<>();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private volatile boolean ending;

    private Canary(String bootstrapServers) {
        this.bootstrapServers = bootstrapServers;
    }

    static Canary start(String bootstrapServers) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers))) {
            admin.createTopics(List.of(new NewTopic(TOPIC, 1, (short) 1)))
                    .all()
                    .get(TIMEOUT_S, TimeUnit.SECONDS);
        }
        Canary canary = new Canary(bootstrapServers);
        canary.writer.start();
        canary.reader.start();
        return canary;
    }

    private void write() {
        try (KafkaProducer<Long, Long> producer =
                new KafkaProducer<>(
                        Map.of("bootstrap.servers", bootstrapServers, "acks", "all"),
                        new LongSerializer(),
                        new LongSerializer())) {
            while (!ending) {
                long sentNs = System.nanoTime();
                long number = written.get();
                producer.send(new ProducerRecord<>(TOPIC, number, number))
                        .get(TIMEOUT_S, TimeUnit.SECONDS);
                long took = System.nanoTime() - sentNs;
                slowestNs.accumulateAndGet(took, Math::max);
                written.incrementAndGet();
                TimeUnit.MILLISECONDS.sleep(5);
            }
        } catch (Exception e) {
            failure.compareAndSet(null, e);
        }
    }

    private void read() {
        try (KafkaConsumer<Long, Long> consumer = consumer()) {
            consumer.subscribe(List.of(TOPIC));
            // Until the writer has ended: its last record is stored before it is counted.
            while (writer.isAlive() || seen.size() < written.get()) {
                consumer.poll(Duration.ofMillis(100)).forEach(record -> seen.add(record.value()));
                consumer.commitSync();
            }
        } catch (RuntimeException e) {
            failure.compareAndSet(null, e);
        }
    }

    private KafkaConsumer<Long, Long> consumer() {
        return new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers",
                        bootstrapServers,
                        "group.id",
                        GROUP,
                        "auto.offset.reset",
                        "earliest",
                        "enable.auto.commit",
                        false),
                new LongDeserializer(),
                new LongDeserializer());
    }

    /** Fails if anything failed so far. */
    void assertUnhurt() {
        assertThat(failure.get()).as("what happened to another client").isNull();
        assertThat(writer.isAlive() && reader.isAlive()).as("another client goes on").isTrue();
    }

    /** Ends; fails unless everything written was read once, in order. */
    long stop() throws InterruptedException {
        ending = true;
        writer.join(TimeUnit.SECONDS.toMillis(TIMEOUT_S));
        reader.join(TimeUnit.SECONDS.toMillis(TIMEOUT_S));
        assertThat(failure.get()).as("what happened to another client").isNull();
        assertThat(reader.isAlive()).as("still reading").isFalse();
        assertThat(seen).hasSize((int) written.get());
        assertInOrder(seen);
        return written.get();
    }

    /** The topic from its beginning holds what was written. */
    void assertStored() {
        List<Long> stored = new ArrayList<>();
        TopicPartition partition = new TopicPartition(TOPIC, 0);
        String offsets;
        try (KafkaConsumer<Long, Long> consumer = consumer()) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(TIMEOUT_S);
            while (stored.size() < written.get() && System.nanoTime() - deadlineNs < 0) {
                for (ConsumerRecord<Long, Long> record : consumer.poll(Duration.ofMillis(200))) {
                    stored.add(record.value());
                }
            }
            offsets =
                    "read up to %d of %s..%s"
                            .formatted(
                                    consumer.position(partition),
                                    consumer.beginningOffsets(List.of(partition)),
                                    consumer.endOffsets(List.of(partition)));
        }
        assertThat(stored).as(offsets).hasSize((int) written.get());
        assertInOrder(stored);
    }

    private static void assertInOrder(List<Long> numbers) {
        for (int i = 0; i < numbers.size(); i++) {
            assertThat(numbers.get(i)).isEqualTo(i);
        }
    }

    /** The longest that one record took to be acknowledged. */
    long slowestMs() {
        return TimeUnit.NANOSECONDS.toMillis(slowestNs.get());
    }

    @Override
    public void close() {
        ending = true;
        writer.interrupt();
        reader.interrupt();
    }
}
