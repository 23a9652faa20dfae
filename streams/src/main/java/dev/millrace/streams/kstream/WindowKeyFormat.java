package dev.millrace.streams.kstream;

import dev.millrace.streams.kstream.internals.SessionWindow;
import dev.millrace.streams.kstream.internals.TimeWindow;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Bytes of windowed keys; see {@link TimeWindowedSerializer}, {@link SessionWindowedSerializer}.
 */
final class WindowKeyFormat {
    private static final int TIMESTAMP_BYTES = 8;
    private static final int SEQUENCE_BYTES = 4;

    private WindowKeyFormat() {}

    static byte[] time(byte[] key, Window window) {
        return ByteBuffer.allocate(key.length + TIMESTAMP_BYTES)
                .put(key)
                .putLong(window.start())
                .array();
    }

    static byte[] session(byte[] key, Window window) {
        return ByteBuffer.allocate(key.length + 2 * TIMESTAMP_BYTES)
                .put(key)
                .putLong(window.end())
                .putLong(window.start())
                .array();
    }

    static byte[] timeKey(byte[] data, boolean numbered) {
        int suffix = TIMESTAMP_BYTES + (numbered ? SEQUENCE_BYTES : 0);
        return Arrays.copyOf(data, data.length - suffix);
    }

    static TimeWindow timeWindow(byte[] data, boolean numbered, long sizeMs) {
        int suffix = TIMESTAMP_BYTES + (numbered ? SEQUENCE_BYTES : 0);
        long start = ByteBuffer.wrap(data).getLong(data.length - suffix);
        long end = start + sizeMs;
        return new TimeWindow(start, end < 0 ? Long.MAX_VALUE : end);
    }

    static byte[] sessionKey(byte[] data) {
        return Arrays.copyOf(data, data.length - 2 * TIMESTAMP_BYTES);
    }

    static SessionWindow sessionWindow(byte[] data) {
        ByteBuffer buffer = ByteBuffer.wrap(data);
        return new SessionWindow(
                buffer.getLong(data.length - TIMESTAMP_BYTES),
                buffer.getLong(data.length - 2 * TIMESTAMP_BYTES));
    }
}
