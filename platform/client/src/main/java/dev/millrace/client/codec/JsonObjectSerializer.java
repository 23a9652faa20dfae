package dev.millrace.client.codec;

import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/** Compact JSON text in UTF-8, as {@link JsonObject#encode} writes it. */
public final class JsonObjectSerializer implements Serializer<JsonObject> {
    @Override
    public byte @Nullable [] serialize(String topic, @Nullable JsonObject data) {
        return data == null ? null : data.encode().getBytes(StandardCharsets.UTF_8);
    }
}
