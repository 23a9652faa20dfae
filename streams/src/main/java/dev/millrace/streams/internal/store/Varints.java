package dev.millrace.streams.internal.store;

import java.nio.ByteBuffer;

/** Zigzag variable-length integers of at most five bytes, as in Kafka's records (KIP-98). */
final class Varints {
    private static final int MAX_SHIFT = 28;

    private Varints() {}

    /** Bytes that {@code value} takes. */
    static int size(int value) {
        int bits = Integer.SIZE - Integer.numberOfLeadingZeros(zigzag(value) | 1);
        return (bits + 6) / 7;
    }

    static void write(int value, ByteBuffer out) {
        int rest = zigzag(value);
        while ((rest & ~0x7f) != 0) {
            out.put((byte) (rest | 0x80));
            rest >>>= 7;
        }
        out.put((byte) rest);
    }

    /**
     * @throws IllegalArgumentException after five bytes that do not end
     */
    static int read(ByteBuffer in) {
        int raw = 0;
        for (int shift = 0; shift <= MAX_SHIFT; shift += 7) {
            byte next = in.get();
            raw |= (next & 0x7f) << shift;
            if (next >= 0) {
                return (raw >>> 1) ^ -(raw & 1);
            }
        }
        throw new IllegalArgumentException("a number of more than five bytes");
    }

    private static int zigzag(int value) {
        return (value << 1) ^ (value >> 31);
    }
}
