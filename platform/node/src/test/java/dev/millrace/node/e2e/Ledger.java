package dev.millrace.node.e2e;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.LongSerializer;

/**
 * Numbers written to one partition by an idempotent producer with acks=all, one after the other and
 * many under way, until it is closed.
 */
final class Ledger implements AutoCloseable {
    private static final long PAUSE_NS = 200_000;

    private final String topic;
    private final KafkaProducer<Long, Long> producer;
    private final AtomicLong acknowledged = new AtomicLong();
    private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final Thread writer;
    private volatile boolean stopping;
    private long sent; // the writer's

    Ledger(String bootstrap, String topic) {
        this.topic = topic;
        this.producer = new KafkaProducer<>(config(bootstrap));
        this.writer = new Thread(this::write, "ledger-writer");
        this.writer.start();
    }

    private static Map<String, Object> config(String bootstrap) {
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", bootstrap);
        config.put("key.serializer", LongSerializer.class);
        config.put("value.serializer", LongSerializer.class);
        config.put("acks", "all");
        config.put("delivery.timeout.ms", 90_000);
        config.put("linger.ms", 1);
        return config;
    }

    private void write() {
        while (!stopping) {
            long n = sent++;
            producer.send(
                    new ProducerRecord<>(topic, 0, n, n),
                    (metadata, error) -> {
                        if (error == null) {
                            acknowledged.incrementAndGet();
                        } else {
                            failures.add(error);
                        }
                    });
            LockSupport.parkNanos(PAUSE_NS);
        }
    }

    long acknowledged() {
        return acknowledged.get();
    }

    /** Nothing is under way any more; how many were sent. */
    long finish() throws InterruptedException {
        stopping = true;
        writer.join();
        producer.flush();
        return sent;
    }

    List<Throwable> failures() {
        return List.copyOf(failures);
    }

    /** All the partition holds, from its beginning. */
    static List<Long> read(String bootstrap, String topic) {
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", bootstrap);
        config.put("key.deserializer", LongDeserializer.class);
        config.put("value.deserializer", LongDeserializer.class);
        TopicPartition partition = new TopicPartition(topic, 0);
        List<Long> values = new ArrayList<>();
        try (KafkaConsumer<Long, Long> consumer = new KafkaConsumer<>(config)) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end =
                    Objects.requireNonNull(consumer.endOffsets(List.of(partition)).get(partition));
            long untilNs = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            while (consumer.position(partition) < end) {
                for (ConsumerRecord<Long, Long> record : consumer.poll(Duration.ofSeconds(1))) {
                    values.add(record.value());
                }
                if (System.nanoTime() - untilNs > 0) {
                    throw new AssertionError(
                            "read up to " + consumer.position(partition) + " of " + end);
                }
            }
        }
        return values;
    }

    @Override
    public void close() {
        stopping = true;
        producer.close(Duration.ZERO);
    }
}
