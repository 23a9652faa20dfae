package dev.millrace.streams.state;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The format of values with timestamps: 8 bytes, milliseconds since the epoch, then the value. */
public interface TimestampedBytesStore {
    /** A value whose timestamp is unknown: -1. */
    static byte @Nullable [] convertToTimestampedFormat(byte @Nullable [] plainValue) {
        return plainValue == null
                ? null
                : ByteBuffer.allocate(Long.BYTES + plainValue.length)
                        .putLong(-1)
                        .put(plainValue)
                        .array();
    }
}
