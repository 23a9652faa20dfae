package dev.millrace.client.codec;

import io.vertx.core.json.JsonArray;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/** Compact JSON text in UTF-8, as {@link JsonArray#encode} writes it. */
public final class JsonArraySerializer implements Serializer<JsonArray> {
    @Override
    public byte @Nullable [] serialize(String topic, @Nullable JsonArray data) {
        return data == null ? null : data.encode().getBytes(StandardCharsets.UTF_8);
    }
}
