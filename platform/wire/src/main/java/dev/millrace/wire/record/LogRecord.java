package dev.millrace.wire.record;

import java.nio.ByteBuffer;
import java.util.List;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * One record of a batch. Key and value are views of the batch's bytes where it is not compressed,
 * and valid as long as those.
 *
 * @param timestampMs the append time if the batch has one, else the producer's
 */
public record LogRecord(
        long offset,
        long timestampMs,
        @Nullable ByteBuffer key,
        @Nullable ByteBuffer value,
        List<Header> headers) {

    /** A copy of the key's bytes. */
    public byte @Nullable [] keyBytes() {
        return copy(key);
    }

    /** A copy of the value's bytes. */
    public byte @Nullable [] valueBytes() {
        return copy(value);
    }

    private static byte @Nullable [] copy(@Nullable ByteBuffer buffer) {
        if (buffer == null) {
            return null;
        }
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(buffer.position(), bytes);
        return bytes;
    }
}
