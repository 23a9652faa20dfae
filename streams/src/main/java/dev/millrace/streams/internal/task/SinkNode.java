package dev.millrace.streams.internal.task;

import dev.millrace.streams.errors.ProductionExceptionHandler;
import dev.millrace.streams.errors.ProductionExceptionHandler.SerializationExceptionOrigin;
import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.internal.query.KeyHash;
import dev.millrace.streams.processor.RecordContext;
import dev.millrace.streams.processor.StreamPartitioner;
import dev.millrace.streams.processor.TopicNameExtractor;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
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
    private final @Nullable Handover handover;
    private final Inlet.@Nullable Twin keyTwin;
    private final Inlet.@Nullable Twin valueTwin;

    /**
     * @param handover tasks of this thread that take records in place of the topic; null: none
     */
    SinkNode(
            String name,
            @Nullable String topic,
            @Nullable TopicNameExtractor<Object, Object> extractor,
            Serializer<?> keySerializer,
            Serializer<?> valueSerializer,
            @Nullable StreamPartitioner<Object, Object> partitioner,
            boolean changes,
            @Nullable Handover handover) {
        this.name = name;
        this.topic = topic;
        this.extractor = extractor;
        this.keySerializer = Erased.cast(keySerializer);
        this.valueSerializer = Erased.cast(valueSerializer);
        this.partitioner = partitioner;
        this.changes = changes;
        this.handover = partitioner == null ? handover : null; // who chooses sees the topic
        this.keyTwin = Inlet.twin(keySerializer);
        this.valueTwin = Inlet.twin(valueSerializer);
    }

    @Override
    boolean seesOffsets() {
        return extractor != null;
    }

    @Override
    void process(
            @Nullable Object key, @Nullable Object value, @Nullable Object old, long timestamp) {
        String target = topic != null ? topic : extract(key, value, timestamp);
        Headers headers = context.headers();
        byte[] keyBytes;
        byte[] valueBytes;
        SerializationExceptionOrigin part = SerializationExceptionOrigin.KEY;
        try {
            keyBytes = keySerializer.serialize(target, headers, Erased.any(key));
            if (handover != null
                    && keyBytes != null
                    && handOver(handover, keyBytes, key, value, old, timestamp, headers)) {
                return;
            }
            part = SerializationExceptionOrigin.VALUE;
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
        } catch (StreamsException e) {
            throw e;
        } catch (RuntimeException e) {
            handle(target, key, value, timestamp, part, e);
            return;
        }
        if (partitioner == null) {
            send(target, null, keyBytes, valueBytes, timestamp, headers);
        } else {
            int partitions = context.collector().partitionsFor(target);
            Optional<Set<Integer>> chosen = partitioner.partitions(target, key, value, partitions);
            if (chosen.isEmpty()) {
                send(target, null, keyBytes, valueBytes, timestamp, headers);
            } else {
                for (Integer partition : chosen.get()) {
                    send(target, partition, keyBytes, valueBytes, timestamp, headers);
                }
            }
        }
    }

    /**
     * Gives the record to the task that would read it from the topic.
     *
     * @return false: it has to go through the topic, also if it cannot be serialised or read, which
     *     is for the handlers there
     */
    private boolean handOver(
            Handover open,
            byte[] keyBytes,
            @Nullable Object key,
            @Nullable Object value,
            @Nullable Object old,
            long timestamp,
            Headers headers) {
        if (!open.isOpen() || timestamp < 0 || (changes && value == null && old == null)) {
            return false;
        }
        Inlet inlet = open.inlet(KeyHash.partition(keyBytes, open.partitions()));
        if (inlet == null) {
            return false;
        }
        boolean keepsKey = inlet.keepsKey(keyTwin, key);
        Object keyThere = key;
        Object valueThere = value;
        Object oldThere = changes ? old : null;
        try {
            if (!keepsKey) {
                keyThere = inlet.readKey(headers, keyBytes);
            }
            if (!inlet.keepsValue(valueTwin, valueThere)) {
                valueThere = copied(inlet, open.topic(), valueThere, headers);
            }
            if (changes && !inlet.keepsValue(valueTwin, oldThere)) {
                oldThere = copied(inlet, open.topic(), oldThere, headers);
            }
        } catch (RuntimeException e) {
            return false;
        }
        open.count();
        inlet.take(
                new Inlet.Handed(
                        keyThere,
                        keepsKey ? keyBytes : null,
                        keySerializer,
                        valueThere,
                        oldThere,
                        timestamp,
                        new RecordHeaders(headers)));
        return true;
    }

    private @Nullable Object copied(
            Inlet inlet, String target, @Nullable Object value, Headers headers) {
        return inlet.readValue(headers, serializeValue(target, headers, value));
    }

    private void send(
            String target,
            @Nullable Integer partition,
            byte @Nullable [] key,
            byte @Nullable [] value,
            long timestamp,
            Headers headers) {
        RecordCollector collector = context.collector();
        if (collector.asksForOrigins()) {
            ErrorContext origin = context.errorContext(name);
            collector.send(target, partition, key, value, timestamp, headers, origin);
        } else {
            collector.send(target, partition, key, value, timestamp, headers);
        }
    }

    /** Asks the handler about a record that cannot be serialised. */
    private void handle(
            String target,
            @Nullable Object key,
            @Nullable Object value,
            long timestamp,
            SerializationExceptionOrigin part,
            RuntimeException cause) {
        ProductionExceptionHandler.Response response =
                context.config()
                        .productionExceptionHandler()
                        .handleSerializationError(
                                context.errorContext(name),
                                new ProducerRecord<>(
                                        target,
                                        null,
                                        timestamp,
                                        Erased.any(key),
                                        Erased.any(value),
                                        context.headers()),
                                cause,
                                part);
        context.bury(response.deadLetterQueueRecords());
        if (response.result() != ProductionExceptionHandler.Result.RESUME) {
            throw new RecordFailedException(
                    "Sink "
                            + name
                            + " cannot serialise the "
                            + part.name().toLowerCase(Locale.ROOT)
                            + " of a record for "
                            + target
                            + ": "
                            + cause,
                    cause);
        }
        context.dropped("unserialisable " + part.name().toLowerCase(Locale.ROOT));
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
