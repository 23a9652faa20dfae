package dev.millrace.streams.errors;

import dev.millrace.streams.StreamsConfig;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * Makes the record for the dead letter topic (KIP-1034): the source record's key, value and
 * headers, and what went wrong in {@code __streams.errors.*} headers.
 */
final class DeadLetters {
    private @Nullable String topic;

    void configure(Map<String, ?> configs) {
        Object given = configs.get(StreamsConfig.ERRORS_DEAD_LETTER_QUEUE_TOPIC_NAME_CONFIG);
        topic = given == null ? null : given.toString();
    }

    /** One record, or none without a topic. */
    @SuppressWarnings("NullAway") // a ProducerRecord may hold nulls
    List<ProducerRecord<byte[], byte[]>> of(ErrorHandlerContext context, Exception exception) {
        if (topic == null) {
            return List.of();
        }
        ProducerRecord<byte[], byte[]> letter =
                new ProducerRecord<>(
                        topic,
                        null,
                        context.timestamp() < 0 ? null : context.timestamp(),
                        context.sourceRawKey(),
                        context.sourceRawValue());
        Headers headers = letter.headers();
        context.headers().forEach(headers::add);
        StringWriter trace = new StringWriter();
        exception.printStackTrace(new PrintWriter(trace));
        add(headers, "exception", exception.getClass().getName());
        add(headers, "message", exception.getMessage());
        add(headers, "stacktrace", trace.toString());
        add(headers, "topic", context.topic());
        add(headers, "partition", Integer.toString(context.partition()));
        add(headers, "offset", Long.toString(context.offset()));
        return List.of(letter);
    }

    @SuppressWarnings("NullAway") // a header may have no value
    private static void add(Headers headers, String name, @Nullable String value) {
        headers.add(
                "__streams.errors." + name,
                value == null ? null : value.getBytes(StandardCharsets.UTF_8));
    }
}
