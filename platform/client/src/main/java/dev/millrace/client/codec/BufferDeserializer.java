package dev.millrace.client.codec;

import io.vertx.core.buffer.Buffer;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/** A buffer of exactly the record's bytes. */
public final class BufferDeserializer implements Deserializer<Buffer> {
    @Override
    public @Nullable Buffer deserialize(String topic, byte @Nullable [] data) {
        return data == null ? null : Buffer.buffer(data);
    }
}
