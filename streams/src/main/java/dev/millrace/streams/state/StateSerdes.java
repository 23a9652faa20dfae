package dev.millrace.streams.state;

import dev.millrace.streams.errors.StreamsException;
import java.util.Objects;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/** The serdes of a store of your own, with the topic that they are called for. */
public final class StateSerdes<K, V> {
    public static final int TIMESTAMP_SIZE = 8;
    public static final int BOOLEAN_SIZE = 1;

    private final String topic;
    private final Serde<K> keySerde;
    private final Serde<V> valueSerde;

    public StateSerdes(String topic, Serde<K> keySerde, Serde<V> valueSerde) {
        this.topic = Objects.requireNonNull(topic, "topic cannot be null");
        this.keySerde = Objects.requireNonNull(keySerde, "key serde cannot be null");
        this.valueSerde = Objects.requireNonNull(valueSerde, "value serde cannot be null");
    }

    public static <K, V> StateSerdes<K, V> withBuiltinTypes(
            String topic, Class<K> keyClass, Class<V> valueClass) {
        return new StateSerdes<>(topic, Serdes.serdeFrom(keyClass), Serdes.serdeFrom(valueClass));
    }

    public Serde<K> keySerde() {
        return keySerde;
    }

    public Serde<V> valueSerde() {
        return valueSerde;
    }

    public Deserializer<K> keyDeserializer() {
        return keySerde.deserializer();
    }

    public Serializer<K> keySerializer() {
        return keySerde.serializer();
    }

    public Deserializer<V> valueDeserializer() {
        return valueSerde.deserializer();
    }

    public Serializer<V> valueSerializer() {
        return valueSerde.serializer();
    }

    public String topic() {
        return topic;
    }

    @Deprecated
    public K keyFrom(byte[] rawKey) {
        return keyFrom(rawKey, new RecordHeaders());
    }

    public K keyFrom(byte[] rawKey, Headers headers) {
        return keyDeserializer().deserialize(topic, headers, rawKey);
    }

    @Deprecated
    public V valueFrom(byte[] rawValue) {
        return valueFrom(rawValue, new RecordHeaders());
    }

    public V valueFrom(byte[] rawValue, Headers headers) {
        return valueDeserializer().deserialize(topic, headers, rawValue);
    }

    @Deprecated
    public byte[] rawKey(K key) {
        return rawKey(key, new RecordHeaders());
    }

    public byte[] rawKey(K key, Headers headers) {
        try {
            return keySerializer().serialize(topic, headers, key);
        } catch (ClassCastException e) {
            throw incompatible("key", key, keySerializer(), e);
        }
    }

    @Deprecated
    public byte[] rawValue(V value) {
        return rawValue(value, new RecordHeaders());
    }

    public byte[] rawValue(V value, Headers headers) {
        try {
            return valueSerializer().serialize(topic, headers, value);
        } catch (ClassCastException e) {
            throw incompatible("value", value, valueSerializer(), e);
        }
    }

    private static StreamsException incompatible(
            String what, @Nullable Object object, Serializer<?> serializer, ClassCastException e) {
        String type =
                object == null
                        ? "unknown because " + what + " is null"
                        : object.getClass().getName();
        return new StreamsException(
                String.format(
                        "A serializer (%s) is not compatible to the actual %s type (%s type: %s)."
                                + " Change the default Serdes in StreamConfig or provide correct Serdes"
                                + " via method parameters.",
                        serializer.getClass().getName(), what, what, type),
                e);
    }
}
