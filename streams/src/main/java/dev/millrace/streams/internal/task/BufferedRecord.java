package dev.millrace.streams.internal.task;

import dev.millrace.streams.internal.Erased;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/**
 * A record of a stream or a change of a table that is held back.
 *
 * <pre>
 * timestamp, 8 bytes, milliseconds | number of headers, 4 bytes | per header: name, value
 * | key | value | old value
 * </pre>
 *
 * Everything of variable size follows its length in 4 bytes; -1 is null.
 */
public record BufferedRecord(
        @Nullable Object key,
        @Nullable Object value,
        @Nullable Object old,
        long timestamp,
        Headers headers) {

    public BufferedRecord(
            @Nullable Object key, @Nullable Object value, long timestamp, Headers headers) {
        this(key, value, null, timestamp, headers);
    }

    public static Serde<BufferedRecord> serde(Serde<?> keySerde, Serde<?> valueSerde) {
        Serializer<Object> keySerializer = Erased.cast(keySerde.serializer());
        Serializer<Object> valueSerializer = Erased.cast(valueSerde.serializer());
        Deserializer<Object> keyDeserializer = Erased.cast(keySerde.deserializer());
        Deserializer<Object> valueDeserializer = Erased.cast(valueSerde.deserializer());
        return Serdes.serdeFrom(
                (topic, record) -> {
                    Header[] headers = record.headers.toArray();
                    byte[][] parts = new byte[2 * headers.length + 3][];
                    for (int i = 0; i < headers.length; i++) {
                        parts[2 * i] = headers[i].key().getBytes(StandardCharsets.UTF_8);
                        parts[2 * i + 1] = headers[i].value();
                    }
                    int next = 2 * headers.length;
                    parts[next] =
                            record.key == null ? null : keySerializer.serialize(topic, record.key);
                    parts[next + 1] = serialize(valueSerializer, topic, record.value);
                    parts[next + 2] = serialize(valueSerializer, topic, record.old);
                    int size = 12;
                    for (byte[] part : parts) {
                        size += 4 + (part == null ? 0 : part.length);
                    }
                    ByteBuffer out = ByteBuffer.allocate(size);
                    out.putLong(record.timestamp).putInt(headers.length);
                    for (byte[] part : parts) {
                        if (part == null) {
                            out.putInt(-1);
                        } else {
                            out.putInt(part.length).put(part);
                        }
                    }
                    return out.array();
                },
                (topic, bytes) -> {
                    ByteBuffer in = ByteBuffer.wrap(bytes);
                    long timestamp = in.getLong();
                    int count = in.getInt();
                    RecordHeaders headers = new RecordHeaders();
                    for (int i = 0; i < count; i++) {
                        byte[] name = read(in);
                        headers.add(
                                new String(
                                        name == null ? new byte[0] : name, StandardCharsets.UTF_8),
                                Erased.castNullable(read(in)));
                    }
                    return new BufferedRecord(
                            deserialize(keyDeserializer, topic, read(in)),
                            deserialize(valueDeserializer, topic, read(in)),
                            deserialize(valueDeserializer, topic, read(in)),
                            timestamp,
                            headers);
                });
    }

    private static byte @Nullable [] serialize(
            Serializer<Object> serializer, String topic, @Nullable Object value) {
        return value == null ? null : serializer.serialize(topic, value);
    }

    private static @Nullable Object deserialize(
            Deserializer<Object> deserializer, String topic, byte @Nullable [] bytes) {
        return bytes == null ? null : deserializer.deserialize(topic, bytes);
    }

    private static byte @Nullable [] read(ByteBuffer in) {
        int length = in.getInt();
        if (length < 0) {
            return null;
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }
}
