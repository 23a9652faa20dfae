package dev.millrace.streams.internal.task;

import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.processor.RecordContext;
import dev.millrace.streams.processor.StreamPartitioner;
import dev.millrace.streams.processor.TopicNameExtractor;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/** Serialises and hands over to the collector. */
final class SinkNode extends Node {
    private final String name;
    private final @Nullable String topic;
    private final @Nullable TopicNameExtractor<Object, Object> extractor;
    private final Serializer<Object> keySerializer;
    private final Serializer<Object> valueSerializer;
    private final @Nullable StreamPartitioner<Object, Object> partitioner;
    private final boolean changes;

    SinkNode(
            String name,
            @Nullable String topic,
            @Nullable TopicNameExtractor<Object, Object> extractor,
            Serializer<?> keySerializer,
            Serializer<?> valueSerializer,
            @Nullable StreamPartitioner<Object, Object> partitioner,
            boolean changes) {
        this.name = name;
        this.topic = topic;
        this.extractor = extractor;
        this.keySerializer = Erased.cast(keySerializer);
        this.valueSerializer = Erased.cast(valueSerializer);
        this.partitioner = partitioner;
        this.changes = changes;
    }

    @Override
    void process(
            @Nullable Object key, @Nullable Object value, @Nullable Object old, long timestamp) {
        String target = topic != null ? topic : extract(key, value, timestamp);
        Headers headers = context.headers();
        byte[] keyBytes;
        byte[] valueBytes;
        try {
            keyBytes = keySerializer.serialize(target, headers, Erased.any(key));
            valueBytes = serializeValue(target, headers, value);
            if (changes) {
                valueBytes = ChangeFormat.encode(valueBytes, serializeValue(target, headers, old));
            }
        } catch (ClassCastException e) {
            throw new StreamsException(
                    "Sink "
                            + name
                            + " cannot serialise a key of "
                            + type(key)
                            + " with "
                            + keySerializer.getClass().getName()
                            + " or a value of "
                            + type(value)
                            + " with "
                            + valueSerializer.getClass().getName()
                            + ". Give the operator fitting serdes (Produced, Grouped), or set default.key.serde and"
                            + " default.value.serde.",
                    e);
        }
        if (partitioner == null) {
            context.collector().send(target, null, keyBytes, valueBytes, timestamp, headers);
        } else {
            int partitions = context.collector().partitionsFor(target);
            Optional<Set<Integer>> chosen = partitioner.partitions(target, key, value, partitions);
            if (chosen.isEmpty()) {
                context.collector().send(target, null, keyBytes, valueBytes, timestamp, headers);
            } else {
                for (Integer partition : chosen.get()) {
                    context.collector()
                            .send(target, partition, keyBytes, valueBytes, timestamp, headers);
                }
            }
        }
    }

    private byte @Nullable [] serializeValue(
            String target, Headers headers, @Nullable Object value) {
        return value == null && changes
                ? null
                : valueSerializer.serialize(target, headers, Erased.any(value));
    }

    private String extract(@Nullable Object key, @Nullable Object value, long timestamp) {
        if (extractor == null) {
            throw new IllegalStateException(name + " has neither topic nor extractor");
        }
        RecordContext origin = context.recordContext(timestamp);
        return extractor.extract(Erased.any(key), Erased.any(value), origin);
    }

    private static String type(@Nullable Object object) {
        return object == null ? "null" : object.getClass().getName();
    }
}
