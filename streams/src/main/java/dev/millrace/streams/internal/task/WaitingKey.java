package dev.millrace.streams.internal.task;

import dev.millrace.streams.internal.Erased;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;

/**
 * A record of a stream that waits for a partner, as Kafka Streams keys it.
 *
 * <pre>
 * timestamp, 8 bytes, milliseconds | 1 left, 0 right | key
 * </pre>
 */
public record WaitingKey(long timestamp, boolean left, Object key) {
    private static final int PREFIX_BYTES = 9;

    public static Serde<WaitingKey> serde(Serde<?> keySerde) {
        Serializer<Object> keySerializer = Erased.cast(keySerde.serializer());
        Deserializer<Object> keyDeserializer = Erased.cast(keySerde.deserializer());
        return Serdes.serdeFrom(
                (topic, waiting) -> {
                    byte[] key = keySerializer.serialize(topic, waiting.key);
                    return ByteBuffer.allocate(PREFIX_BYTES + key.length)
                            .putLong(waiting.timestamp)
                            .put((byte) (waiting.left ? 1 : 0))
                            .put(key)
                            .array();
                },
                (topic, bytes) ->
                        new WaitingKey(
                                ByteBuffer.wrap(bytes).getLong(),
                                bytes[PREFIX_BYTES - 1] == 1,
                                keyDeserializer.deserialize(
                                        topic,
                                        Arrays.copyOfRange(bytes, PREFIX_BYTES, bytes.length))));
    }
}
