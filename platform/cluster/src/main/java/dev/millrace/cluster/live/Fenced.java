package dev.millrace.cluster.live;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A map value with its fencing token: writers with a smaller token are refused.
 *
 * <pre>
 *   +----------------------------+------------------+
 *   | token, 8 bytes, big endian | content          |
 *   +----------------------------+------------------+
 * </pre>
 */
final class Fenced {
    private Fenced() {}

    static byte[] of(long token, byte[] content) {
        return ByteBuffer.allocate(Long.BYTES + content.length).putLong(token).put(content).array();
    }

    static long token(byte[] value) {
        return ByteBuffer.wrap(value).getLong();
    }

    static byte[] content(byte[] value) {
        return Arrays.copyOfRange(value, Long.BYTES, value.length);
    }
}
