package dev.millrace.streams.internal.task;

import java.util.ArrayDeque;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.DoubleDeserializer;
import org.apache.kafka.common.serialization.DoubleSerializer;
import org.apache.kafka.common.serialization.FloatDeserializer;
import org.apache.kafka.common.serialization.FloatSerializer;
import org.apache.kafka.common.serialization.IntegerDeserializer;
import org.apache.kafka.common.serialization.IntegerSerializer;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.LongSerializer;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.serialization.ShortDeserializer;
import org.apache.kafka.common.serialization.ShortSerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.serialization.UUIDDeserializer;
import org.apache.kafka.common.serialization.UUIDSerializer;
import org.jspecify.annotations.Nullable;

/**
 * The source of a task, for records that another task of the same thread hands over.
 *
 * <p>What arrives is what the topic would have brought: objects of immutable types as they are, all
 * others read from their bytes, and a copy of the headers. A record that arrives while the task is
 * in the middle of another one waits until that is done: a full cache may write out a task's
 * changes at any update, and they may lead back here.
 */
final class Inlet {
    /**
     * How objects of an immutable type travel.
     *
     * @param reader makes objects that equal those that were written
     */
    record Twin(Class<?> type, Class<?> reader) {}

    /** By serialiser. */
    private static final Map<Class<?>, Twin> TWINS =
            Map.of(
                    StringSerializer.class, new Twin(String.class, StringDeserializer.class),
                    LongSerializer.class, new Twin(Long.class, LongDeserializer.class),
                    IntegerSerializer.class, new Twin(Integer.class, IntegerDeserializer.class),
                    ShortSerializer.class, new Twin(Short.class, ShortDeserializer.class),
                    DoubleSerializer.class, new Twin(Double.class, DoubleDeserializer.class),
                    FloatSerializer.class, new Twin(Float.class, FloatDeserializer.class),
                    UUIDSerializer.class, new Twin(UUID.class, UUIDDeserializer.class));

    /** Null when objects have to be written and read. */
    static @Nullable Twin twin(Serializer<?> serializer) {
        return TWINS.get(serializer.getClass());
    }

    /**
     * A record that was handed over.
     *
     * @param keyBytes null unless the key travelled as it is
     * @param keySerializer that made the bytes
     */
    @SuppressWarnings("ArrayRecordComponent") // handed through, never compared
    record Handed(
            @Nullable Object key,
            byte @Nullable [] keyBytes,
            Serializer<?> keySerializer,
            @Nullable Object value,
            @Nullable Object old,
            long timestamp,
            Headers headers) {}

    private final Task task;
    private final SourceNode source;
    private final TopicPartition partition;
    private final Class<?> keyReader;
    private final Class<?> valueReader;
    private final ArrayDeque<Handed> waiting = new ArrayDeque<>();

    Inlet(Task task, SourceNode source, TopicPartition partition) {
        this.task = task;
        this.source = source;
        this.partition = partition;
        this.keyReader = source.keyDeserializer().getClass();
        this.valueReader = source.valueDeserializer().getClass();
    }

    /** Whether the task may have the object itself. */
    boolean keepsKey(@Nullable Twin twin, @Nullable Object key) {
        return twin != null && twin.reader == keyReader && twin.type.isInstance(key);
    }

    /** Whether the task may have the object itself. */
    boolean keepsValue(@Nullable Twin twin, @Nullable Object value) {
        return twin != null
                && twin.reader == valueReader
                && (value == null || twin.type.isInstance(value));
    }

    Object readKey(Headers headers, byte[] bytes) {
        return source.keyDeserializer().deserialize(partition.topic(), headers, bytes);
    }

    @Nullable Object readValue(Headers headers, byte @Nullable [] bytes) {
        Deserializer<Object> deserializer = source.valueDeserializer();
        return bytes == null ? null : deserializer.deserialize(partition.topic(), headers, bytes);
    }

    void take(Handed record) {
        if (task.isBusy()) {
            waiting.add(record);
        } else {
            task.takeHandedOver(source, partition, record);
            takeWaiting();
        }
    }

    /** Takes what has waited; the task is not busy any more. */
    void takeWaiting() {
        for (Handed next = waiting.poll(); next != null; next = waiting.poll()) {
            task.takeHandedOver(source, partition, next);
        }
    }
}
