package dev.millrace.client.codec;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/** JSON text in UTF-8; other text fails with vertx-core's {@code DecodeException}. */
public final class JsonArrayDeserializer implements Deserializer<JsonArray> {
    @Override
    public @Nullable JsonArray deserialize(String topic, byte @Nullable [] data) {
        return data == null ? null : Buffer.buffer(data).toJsonArray();
    }
}
