package dev.millrace.streams.state;

import org.jspecify.annotations.Nullable;

/**
 * The format of values with headers.
 *
 * <pre>
 * size of headers, a variable-length integer | headers | timestamp, 8 bytes, not in sessions | value
 * </pre>
 *
 * A size of 0 says that there are none.
 */
public interface HeadersBytesStore {
    /** A value with a timestamp in the format with headers, of which there are none. */
    static byte @Nullable [] convertToHeaderFormat(byte @Nullable [] value) {
        if (value == null) {
            return null;
        }
        byte[] withHeaders = new byte[1 + value.length];
        System.arraycopy(value, 0, withHeaders, 1, value.length);
        return withHeaders;
    }

    /** A value without a timestamp, which becomes -1: unknown. */
    static byte @Nullable [] convertFromPlainToHeaderFormat(byte @Nullable [] value) {
        return convertToHeaderFormat(TimestampedBytesStore.convertToTimestampedFormat(value));
    }
}
