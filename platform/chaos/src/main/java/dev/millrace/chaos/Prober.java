package dev.millrace.chaos;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.StringSerializer;

/** Sends a small record every few milliseconds and knows when they were acknowledged. */
final class Prober implements AutoCloseable {
    private static final long EVERY_MS = 5;
    private static final int REMEMBERED = 60_000; // five minutes

    private final KafkaProducer<String, String> producer;
    private final String topic;
    private final Thread thread;
    private final Deque<Acknowledged> acknowledged = new ArrayDeque<>();

    private record Acknowledged(long sentNs, long atNs) {}

    private Prober(KafkaProducer<String, String> producer, String topic) {
        this.producer = producer;
        this.topic = topic;
        this.thread = new Thread(this::send, "prober");
        thread.setDaemon(true);
    }

    static Prober start(String bootstrap, String topic, Map<String, Object> settings) {
        Map<String, Object> config = new HashMap<>();
        config.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        config.put(ProducerConfig.ACKS_CONFIG, "all");
        config.putAll(settings);
        Prober prober =
                new Prober(
                        new KafkaProducer<>(config, new StringSerializer(), new StringSerializer()),
                        topic);
        prober.thread.start();
        return prober;
    }

    private void send() {
        try {
            while (true) {
                long sentNs = System.nanoTime();
                producer.send(
                        new ProducerRecord<>(topic, 0, null, "probe"),
                        (metadata, error) -> {
                            if (error == null) {
                                acknowledged(sentNs);
                            }
                        });
                Thread.sleep(EVERY_MS);
            }
        } catch (InterruptedException | InterruptException e) {
            return; // closed
        }
    }

    private synchronized void acknowledged(long sentNs) {
        acknowledged.addLast(new Acknowledged(sentNs, System.nanoTime()));
        if (acknowledged.size() > REMEMBERED) {
            acknowledged.removeFirst();
        }
        notifyAll();
    }

    /**
     * @param ns within the last {@link #REMEMBERED} records
     * @return milliseconds from then to the first acknowledgement of a record sent after it
     */
    synchronized long awaitAcknowledgedSince(long ns, Duration within) throws InterruptedException {
        long deadlineNs = System.nanoTime() + within.toNanos();
        while (true) {
            for (Acknowledged one : acknowledged) {
                if (one.sentNs() - ns > 0) {
                    return TimeUnit.NANOSECONDS.toMillis(one.atNs() - ns);
                }
            }
            long leftMs = TimeUnit.NANOSECONDS.toMillis(deadlineNs - System.nanoTime());
            if (leftMs <= 0) {
                throw new IllegalStateException(
                        "nothing acknowledged within " + within.toSeconds() + " s");
            }
            wait(leftMs);
        }
    }

    @Override
    public void close() {
        thread.interrupt();
        producer.close(Duration.ofSeconds(2));
    }
}
