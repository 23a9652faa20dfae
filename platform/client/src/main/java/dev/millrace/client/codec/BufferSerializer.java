package dev.millrace.client.codec;

import io.vertx.core.buffer.Buffer;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/** The bytes of the buffer, unchanged. */
public final class BufferSerializer implements Serializer<Buffer> {
    @Override
    public byte @Nullable [] serialize(String topic, @Nullable Buffer data) {
        return data == null ? null : data.getBytes();
    }
}
