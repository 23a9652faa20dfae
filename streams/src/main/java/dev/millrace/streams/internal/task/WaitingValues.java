package dev.millrace.streams.internal.task;

import dev.millrace.streams.internal.Erased;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;

/**
 * Values of one side, key and timestamp that wait for a partner.
 *
 * <pre>
 * 1 left, 0 right | repeated: length, 4 bytes | value
 * </pre>
 */
public record WaitingValues(boolean left, List<Object> values) implements Iterable<Object> {
    @Override
    public Iterator<Object> iterator() {
        return values.iterator();
    }

    public static Serde<WaitingValues> serde(Serde<?> leftSerde, Serde<?> rightSerde) {
        Serializer<Object> leftSerializer = Erased.cast(leftSerde.serializer());
        Serializer<Object> rightSerializer = Erased.cast(rightSerde.serializer());
        Deserializer<Object> leftDeserializer = Erased.cast(leftSerde.deserializer());
        Deserializer<Object> rightDeserializer = Erased.cast(rightSerde.deserializer());
        return Serdes.serdeFrom(
                (topic, waiting) -> {
                    Serializer<Object> serializer = waiting.left ? leftSerializer : rightSerializer;
                    List<byte[]> all = new ArrayList<>();
                    int size = 1;
                    for (Object value : waiting.values) {
                        byte[] bytes = serializer.serialize(topic, value);
                        all.add(bytes);
                        size += 4 + bytes.length;
                    }
                    ByteBuffer out = ByteBuffer.allocate(size);
                    out.put((byte) (waiting.left ? 1 : 0));
                    all.forEach(bytes -> out.putInt(bytes.length).put(bytes));
                    return out.array();
                },
                (topic, data) -> {
                    ByteBuffer in = ByteBuffer.wrap(data);
                    boolean left = in.get() == 1;
                    List<Object> values = new ArrayList<>();
                    while (in.hasRemaining()) {
                        byte[] bytes = new byte[in.getInt()];
                        in.get(bytes);
                        values.add(
                                (left ? leftDeserializer : rightDeserializer)
                                        .deserialize(topic, bytes));
                    }
                    return new WaitingValues(left, values);
                });
    }
}
