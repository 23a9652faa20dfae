package dev.millrace.client.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class CodecsTest {
    private static final JsonObject OBJECT =
            new JsonObject()
                    .put("text", "grün ✓ \"quoted\"")
                    .put("number", 12.5)
                    .putNull("nothing")
                    .put("list", new JsonArray().add(1).add(new JsonObject()));

    @Test
    void primitives_have_the_bytes_that_kafka_gives_them() {
        assertThat(hex(Codecs.STRING, "aé")).isEqualTo("61c3a9");
        assertThat(hex(Codecs.SHORT, (short) 258)).isEqualTo("0102");
        assertThat(hex(Codecs.INTEGER, -2)).isEqualTo("fffffffe");
        assertThat(hex(Codecs.LONG, 1L)).isEqualTo("0000000000000001");
        assertThat(hex(Codecs.DOUBLE, 1.0)).isEqualTo("3ff0000000000000");
        assertThat(hex(Codecs.FLOAT, 1.0f)).isEqualTo("3f800000");
        assertThat(hex(Codecs.BOOLEAN, true)).isEqualTo("01");
        UUID uuid = UUID.fromString("123e4567-e89b-12d3-a456-426614174000");
        assertThat(Codecs.UUID.serializer().serialize("t", uuid))
                .isEqualTo(uuid.toString().getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void json_is_compact_text_in_utf_8() {
        assertThat(Codecs.JSON_OBJECT.serializer().serialize("t", OBJECT))
                .isEqualTo(
                        "{\"text\":\"grün ✓ \\\"quoted\\\"\",\"number\":12.5,\"nothing\":null,\"list\":[1,{}]}"
                                .getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void what_is_written_is_read_back() {
        roundTrip(Codecs.STRING, "grün");
        roundTrip(Codecs.LONG, Long.MIN_VALUE);
        roundTrip(Codecs.INTEGER, 7);
        roundTrip(Codecs.DOUBLE, -0.5);
        roundTrip(Codecs.UUID, UUID.randomUUID());
        roundTrip(Codecs.BYTE_BUFFER, ByteBuffer.wrap(new byte[] {1, 2, 3}));
        roundTrip(Codecs.BUFFER, Buffer.buffer("bytes"));
        roundTrip(Codecs.JSON_OBJECT, OBJECT);
        roundTrip(Codecs.JSON_ARRAY, new JsonArray().add("x").add(OBJECT));
    }

    @Test
    void null_stays_null_so_that_tombstones_survive() {
        for (Codec<?> codec :
                List.of(Codecs.BUFFER, Codecs.JSON_OBJECT, Codecs.JSON_ARRAY, Codecs.STRING)) {
            assertThat(codec.serializer().serialize("t", null)).as(codec.name()).isNull();
            assertThat(codec.deserializer().deserialize("t", (byte[]) null))
                    .as(codec.name())
                    .isNull();
        }
    }

    @Test
    void text_that_is_not_json_is_refused() {
        assertThatThrownBy(
                        () ->
                                Codecs.JSON_OBJECT
                                        .deserializer()
                                        .deserialize("t", "{oops".getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(DecodeException.class);
    }

    private static <T> String hex(Codec<T> codec, T value) {
        return HexFormat.of().formatHex(codec.serializer().serialize("t", value));
    }

    private static <T> void roundTrip(Codec<T> codec, T value) {
        byte[] bytes = codec.serializer().serialize("t", value);
        assertThat(codec.deserializer().deserialize("t", bytes)).isEqualTo(value);
    }
}
