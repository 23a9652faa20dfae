package dev.millrace.streams.internal.task;

import dev.millrace.streams.errors.DeserializationExceptionHandler;
import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.processor.FailOnInvalidTimestamp;
import dev.millrace.streams.processor.TimestampExtractor;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/** Deserialises the head of a queue, and later sends it on. */
final class SourceNode extends Node {
    /** The head of a queue, read but not processed. */
    static final class Head {
        @Nullable Object key;
        @Nullable Object value;
        @Nullable Object old;
        long timestamp;
    }

    private final String name;
    private final Deserializer<Object> keyDeserializer;
    private final Deserializer<Object> valueDeserializer;
    private final TimestampExtractor extractor;
    private final boolean plainTimestamps;
    private final DeserializationExceptionHandler handler;
    private final boolean changes;

    SourceNode(
            String name,
            Deserializer<?> keyDeserializer,
            Deserializer<?> valueDeserializer,
            TimestampExtractor extractor,
            DeserializationExceptionHandler handler,
            boolean changes) {
        this.name = name;
        this.keyDeserializer = Erased.cast(keyDeserializer);
        this.valueDeserializer = Erased.cast(valueDeserializer);
        this.extractor = extractor;
        this.plainTimestamps = extractor.getClass() == FailOnInvalidTimestamp.class;
        this.handler = handler;
        this.changes = changes;
    }

    Deserializer<Object> keyDeserializer() {
        return keyDeserializer;
    }

    Deserializer<Object> valueDeserializer() {
        return valueDeserializer;
    }

    /** Whether a record's timestamp is its own, and not taken from its value. */
    boolean plainTimestamps() {
        return plainTimestamps;
    }

    /** Fills the head; false when the record is to be dropped. */
    boolean read(ConsumerRecord<byte[], byte[]> record, long partitionTime, Head head) {
        try {
            byte[] key = record.key();
            byte[] value = record.value();
            head.key =
                    key == null
                            ? null
                            : keyDeserializer.deserialize(record.topic(), record.headers(), key);
            if (changes) {
                head.value = deserializeValue(record, ChangeFormat.value(value));
                head.old = deserializeValue(record, ChangeFormat.old(value));
            } else {
                head.value = deserializeValue(record, value);
            }
        } catch (RuntimeException e) {
            return handle(record, e);
        }
        if (plainTimestamps && record.timestamp() >= 0) {
            head.timestamp = record.timestamp();
        } else {
            head.timestamp = extractor.extract(typed(record, head), partitionTime);
        }
        return head.timestamp >= 0;
    }

    private @Nullable Object deserializeValue(
            ConsumerRecord<byte[], byte[]> record, byte @Nullable [] value) {
        return value == null
                ? null
                : valueDeserializer.deserialize(record.topic(), record.headers(), value);
    }

    private boolean handle(ConsumerRecord<byte[], byte[]> record, RuntimeException cause) {
        DeserializationExceptionHandler.Response response =
                handler.handleError(
                        ErrorContext.of(context.taskId(), name, record, record.timestamp()),
                        record,
                        cause);
        context.bury(response.deadLetterQueueRecords());
        if (response.result() == DeserializationExceptionHandler.Result.RESUME) {
            context.dropped("unreadable key or value");
            return false;
        }
        throw new StreamsException(
                "Source "
                        + name
                        + " cannot deserialise the record of "
                        + record.topic()
                        + "-"
                        + record.partition()
                        + " at offset "
                        + record.offset()
                        + " with "
                        + keyDeserializer.getClass().getSimpleName()
                        + " and "
                        + valueDeserializer.getClass().getSimpleName()
                        + ". Give the source fitting serdes (Consumed), or set deserialization.exception.handler to"
                        + " LogAndContinueExceptionHandler to drop such records.",
                cause);
    }

    @SuppressWarnings("NullAway") // a ConsumerRecord may hold nulls
    private static ConsumerRecord<Object, Object> typed(
            ConsumerRecord<byte[], byte[]> record, Head head) {
        return new ConsumerRecord<>(
                record.topic(),
                record.partition(),
                record.offset(),
                record.timestamp(),
                record.timestampType(),
                record.serializedKeySize(),
                record.serializedValueSize(),
                head.key,
                head.value,
                record.headers(),
                record.leaderEpoch());
    }

    @Override
    void process(
            @Nullable Object key, @Nullable Object value, @Nullable Object old, long timestamp) {
        forward(key, value, old, timestamp);
    }
}
