package dev.millrace.streams.kstream;

import java.util.Map;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/**
 * Keys of fixed and sliding windows, in Kafka Streams' format.
 *
 * <pre>
 * key | start, 8 bytes, milliseconds
 * </pre>
 */
public class TimeWindowedSerializer<T> implements Serializer<Windowed<T>> {
    /** Serde of the key, for serializers that are made by their class name. */
    public static final String WINDOWED_INNER_SERIALIZER_CLASS = "windowed.inner.serializer.class";

    private @Nullable Serializer<T> inner;

    public TimeWindowedSerializer() {}

    public TimeWindowedSerializer(Serializer<T> inner) {
        this.inner = inner;
    }

    @Override
    public void configure(Map<String, ?> configs, boolean isKey) {
        inner = InnerClass.serializer(configs, isKey, WINDOWED_INNER_SERIALIZER_CLASS, inner);
    }

    @Override
    public byte @Nullable [] serialize(String topic, @Nullable Windowed<T> data) {
        return data == null
                ? null
                : WindowKeyFormat.time(
                        innerSerializer().serialize(topic, data.key()), data.window());
    }

    @Override
    public byte @Nullable [] serialize(String topic, Headers headers, @Nullable Windowed<T> data) {
        return data == null
                ? null
                : WindowKeyFormat.time(
                        innerSerializer().serialize(topic, headers, data.key()), data.window());
    }

    /** The key without its window: by it the partition is chosen. */
    public byte[] serializeBaseKey(String topic, Windowed<T> data) {
        return innerSerializer().serialize(topic, data.key());
    }

    public byte[] serializeBaseKey(String topic, Headers headers, Windowed<T> data) {
        return innerSerializer().serialize(topic, headers, data.key());
    }

    Serializer<T> innerSerializer() {
        if (inner == null) {
            throw new NullPointerException(
                    "Inner serializer is `null`. User code must use constructor `TimeWindowedSerializer(final Serializer<T> inner)` instead of the no-arg constructor.");
        }
        return inner;
    }

    @Override
    public void close() {
        if (inner != null) {
            inner.close();
        }
    }
}
