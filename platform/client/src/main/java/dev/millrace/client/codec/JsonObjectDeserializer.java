package dev.millrace.client.codec;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/** JSON text in UTF-8; other text fails with vertx-core's {@code DecodeException}. */
public final class JsonObjectDeserializer implements Deserializer<JsonObject> {
    @Override
    public @Nullable JsonObject deserialize(String topic, byte @Nullable [] data) {
        return data == null ? null : Buffer.buffer(data).toJsonObject();
    }
}
