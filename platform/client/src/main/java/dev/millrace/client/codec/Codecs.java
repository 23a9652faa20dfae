package dev.millrace.client.codec;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;
import org.apache.kafka.common.serialization.Serdes;
import org.jspecify.annotations.Nullable;

/**
 * The codecs that come with the client.
 *
 * <pre>
 * BYTES, BYTE_BUFFER, BUFFER   the bytes themselves
 * STRING                       UTF-8
 * SHORT, INTEGER, LONG         big endian, 2, 4, 8 bytes
 * FLOAT, DOUBLE                IEEE 754 big endian, 4, 8 bytes
 * BOOLEAN                      one byte, 0 or 1
 * UUID                         its text (36 characters)
 * JSON_OBJECT, JSON_ARRAY      compact JSON text, UTF-8
 * </pre>
 */
public final class Codecs {
    public static final Codec<byte[]> BYTES = Codec.of("bytes", Serdes.ByteArray());
    public static final Codec<ByteBuffer> BYTE_BUFFER = Codec.of("ByteBuffer", Serdes.ByteBuffer());
    public static final Codec<Buffer> BUFFER =
            new Codec<>("Buffer", new BufferSerializer(), new BufferDeserializer());
    public static final Codec<String> STRING = Codec.of("String", Serdes.String());
    public static final Codec<Short> SHORT = Codec.of("Short", Serdes.Short());
    public static final Codec<Integer> INTEGER = Codec.of("Integer", Serdes.Integer());
    public static final Codec<Long> LONG = Codec.of("Long", Serdes.Long());
    public static final Codec<Float> FLOAT = Codec.of("Float", Serdes.Float());
    public static final Codec<Double> DOUBLE = Codec.of("Double", Serdes.Double());
    public static final Codec<Boolean> BOOLEAN = Codec.of("Boolean", Serdes.Boolean());
    public static final Codec<UUID> UUID = Codec.of("UUID", Serdes.UUID());
    public static final Codec<JsonObject> JSON_OBJECT =
            new Codec<>("JsonObject", new JsonObjectSerializer(), new JsonObjectDeserializer());
    public static final Codec<JsonArray> JSON_ARRAY =
            new Codec<>("JsonArray", new JsonArraySerializer(), new JsonArrayDeserializer());

    /** In the order in which {@link #encode} asks them. */
    private static final List<ByType<?>> BY_TYPE =
            List.of(
                    new ByType<>(byte[].class, BYTES),
                    new ByType<>(String.class, STRING),
                    new ByType<>(JsonObject.class, JSON_OBJECT),
                    new ByType<>(JsonArray.class, JSON_ARRAY),
                    new ByType<>(Buffer.class, BUFFER),
                    new ByType<>(Long.class, LONG),
                    new ByType<>(Integer.class, INTEGER),
                    new ByType<>(Double.class, DOUBLE),
                    new ByType<>(UUID.class, UUID),
                    new ByType<>(ByteBuffer.class, BYTE_BUFFER),
                    new ByType<>(Boolean.class, BOOLEAN),
                    new ByType<>(Float.class, FLOAT),
                    new ByType<>(Short.class, SHORT));

    private Codecs() {}

    /**
     * Encodes by the class of the object.
     *
     * @throws IllegalArgumentException for a class that none of the codecs above knows
     */
    public static byte @Nullable [] encode(String topic, @Nullable Object data) {
        if (data == null) {
            return null;
        }
        for (ByType<?> candidate : BY_TYPE) {
            if (candidate.type.isInstance(data)) {
                return candidate.encode(topic, data);
            }
        }
        throw new IllegalArgumentException(
                "no codec for "
                        + data.getClass().getName()
                        + " (topic "
                        + topic
                        + "): use topic(name).keys(codec).values(codec) with a Codec of your own");
    }

    private record ByType<T>(Class<T> type, Codec<T> codec) {
        byte[] encode(String topic, Object data) {
            return codec.serializer().serialize(topic, type.cast(data));
        }
    }
}
