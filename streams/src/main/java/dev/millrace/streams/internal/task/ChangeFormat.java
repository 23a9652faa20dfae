package dev.millrace.streams.internal.task;

import dev.millrace.streams.errors.StreamsException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Changes of a table in a repartition topic, as Kafka Streams writes them since 3.5 (KIP-904).
 *
 * <pre>
 *  old value ...                                          | 0
 *  new value ...                                          | 1
 *  length of new, zigzag varint | new value ... | old ... | 2
 * </pre>
 *
 * The last byte says which. A record that is neither was not written by a grouping of a table.
 */
final class ChangeFormat {
    private static final byte OLD = 0;
    private static final byte NEW = 1;
    private static final byte BOTH = 2;

    private ChangeFormat() {}

    static byte[] encode(byte @Nullable [] value, byte @Nullable [] old) {
        if (value != null && old != null) {
            ByteBuffer out = ByteBuffer.allocate(5 + value.length + old.length + 1);
            int zigzag = value.length << 1;
            while ((zigzag & ~0x7f) != 0) {
                out.put((byte) ((zigzag & 0x7f) | 0x80));
                zigzag >>>= 7;
            }
            out.put((byte) zigzag).put(value).put(old).put(BOTH);
            return Arrays.copyOf(out.array(), out.position());
        }
        byte[] one = value != null ? value : old;
        if (one == null) {
            throw new StreamsException("A change has neither a new nor an old value");
        }
        byte[] out = Arrays.copyOf(one, one.length + 1);
        out[one.length] = value != null ? NEW : OLD;
        return out;
    }

    static byte @Nullable [] value(byte[] encoded) {
        return switch (kind(encoded)) {
            case OLD -> null;
            case NEW -> Arrays.copyOf(encoded, encoded.length - 1);
            default -> {
                ByteBuffer in = ByteBuffer.wrap(encoded);
                byte[] value = new byte[length(in)];
                in.get(value);
                yield value;
            }
        };
    }

    static byte @Nullable [] old(byte[] encoded) {
        return switch (kind(encoded)) {
            case OLD -> Arrays.copyOf(encoded, encoded.length - 1);
            case NEW -> null;
            default -> {
                ByteBuffer in = ByteBuffer.wrap(encoded);
                int length = length(in);
                yield Arrays.copyOfRange(encoded, in.position() + length, encoded.length - 1);
            }
        };
    }

    private static byte kind(byte[] encoded) {
        byte kind = encoded.length == 0 ? -1 : encoded[encoded.length - 1];
        if (kind < OLD || kind > BOTH) {
            throw new StreamsException("A change of a table ends with 0, 1 or 2, not with " + kind);
        }
        return kind;
    }

    private static int length(ByteBuffer in) {
        int zigzag = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            byte b = in.get();
            zigzag |= (b & 0x7f) << shift;
            if (b >= 0) {
                break;
            }
        }
        int length = zigzag >>> 1;
        if (length > in.remaining()) {
            throw new StreamsException(
                    "A change of a table says " + length + " bytes, but has " + in.remaining());
        }
        return length;
    }
}
