package dev.millrace.connect.record;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.connect.errors.ConnectException;
import org.jspecify.annotations.Nullable;

/**
 * Writes records that failed, unchanged, to {@code errors.deadletterqueue.topic.name}, on request
 * with headers that tell why:
 *
 * <pre>
 * __connect.errors.topic, .partition, .offset          where it was
 * __connect.errors.connector.name, .task.id            who read it
 * __connect.errors.stage, .class.name                  what failed
 * __connect.errors.exception.class.name, .message, .stacktrace
 * </pre>
 *
 * Values are text in UTF-8.
 */
public final class DeadLetters implements AutoCloseable {
    private static final String PREFIX = "__connect.errors.";

    private final Producer<byte[], byte[]> producer;
    private final String topic;
    private final boolean withContext;
    private final String connector;
    private final int task;
    private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();

    public DeadLetters(
            Producer<byte[], byte[]> producer,
            String topic,
            boolean withContext,
            String connector,
            int task) {
        this.producer = producer;
        this.topic = topic;
        this.withContext = withContext;
        this.connector = connector;
        this.task = task;
    }

    void send(ConsumerRecord<byte[], byte[]> raw, Stage stage, Class<?> plugin, Throwable error) {
        ProducerRecord<byte[], byte[]> letter =
                new ProducerRecord<>(
                        topic,
                        null,
                        raw.timestamp() < 0 ? null : raw.timestamp(),
                        raw.key(),
                        raw.value(),
                        raw.headers());
        if (withContext) {
            Headers headers = letter.headers();
            add(headers, "topic", raw.topic());
            add(headers, "partition", "" + raw.partition());
            add(headers, "offset", "" + raw.offset());
            add(headers, "connector.name", connector);
            add(headers, "task.id", "" + task);
            add(headers, "stage", stage.name());
            add(headers, "class.name", plugin.getName());
            add(headers, "exception.class.name", error.getClass().getName());
            add(headers, "exception.message", error.getMessage());
            StringWriter trace = new StringWriter();
            error.printStackTrace(new PrintWriter(trace));
            add(headers, "exception.stacktrace", trace.toString());
        }
        producer.send(
                letter,
                (metadata, e) -> {
                    if (e != null) {
                        failure.compareAndSet(null, e);
                    }
                });
    }

    private static void add(Headers headers, String name, @Nullable String value) {
        headers.add(PREFIX + name, value == null ? null : value.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Returns when all letters are written.
     *
     * @throws ConnectException if one was not: its record must not be lost by a commit
     */
    void flush() {
        producer.flush();
        Exception failed = failure.get();
        if (failed != null) {
            throw new ConnectException(
                    "a dead letter was not written to " + topic + ": " + failed, failed);
        }
    }

    @Override
    public void close() {
        producer.close();
    }
}
