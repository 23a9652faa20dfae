package dev.millrace.broker.group;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.jspecify.annotations.Nullable;

/**
 * Reads the primitive types of Kafka's schemas. Every length is checked against what is left;
 * whatever does not fit is a {@link CorruptRecordException}.
 */
final class SchemaReader {
    private final ByteBuffer in;

    /** Reads position..limit and leaves {@code bytes} as it is. */
    SchemaReader(ByteBuffer bytes) {
        in = bytes.duplicate();
    }

    byte int8() {
        try {
            return in.get();
        } catch (BufferUnderflowException e) {
            throw endsEarly(1);
        }
    }

    short int16() {
        try {
            return in.getShort();
        } catch (BufferUnderflowException e) {
            throw endsEarly(2);
        }
    }

    int int32() {
        try {
            return in.getInt();
        } catch (BufferUnderflowException e) {
            throw endsEarly(4);
        }
    }

    long int64() {
        try {
            return in.getLong();
        } catch (BufferUnderflowException e) {
            throw endsEarly(8);
        }
    }

    int unsignedVarint() {
        int value = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            if (!in.hasRemaining()) {
                throw endsEarly(1);
            }
            byte b = in.get();
            value |= (b & 0x7f) << shift;
            if (b >= 0) {
                return value;
            }
        }
        throw new CorruptRecordException("a varint of more than 5 bytes");
    }

    String string() {
        return require(text(int16()));
    }

    @Nullable String nullableString() {
        return text(int16());
    }

    String compactString() {
        return require(text(unsignedVarint() - 1));
    }

    @Nullable String compactNullableString() {
        return text(unsignedVarint() - 1);
    }

    byte[] bytes() {
        return take(int32());
    }

    byte[] compactBytes() {
        return take(unsignedVarint() - 1);
    }

    /** Of an array whose elements have a byte at least. */
    int compactLength() {
        int length = unsignedVarint() - 1;
        if (length < 0 || length > in.remaining()) {
            throw endsEarly(length);
        }
        return length;
    }

    List<Integer> compactInts() {
        int length = compactLength();
        List<Integer> values = new ArrayList<>(length);
        for (int i = 0; i < length; i++) {
            values.add(int32());
        }
        return values;
    }

    Uuid uuid() {
        return new Uuid(int64(), int64());
    }

    /** The tagged field {@code wanted}, an int64; skips all others. */
    long taggedInt64(int wanted, long ifAbsent) {
        ByteBuffer field = tagged(wanted);
        return field == null ? ifAbsent : new SchemaReader(field).int64();
    }

    /** The tagged field {@code wanted}, null if absent; skips all others. */
    @Nullable ByteBuffer tagged(int wanted) {
        ByteBuffer found = null;
        int count = unsignedVarint();
        for (int i = 0; i < count; i++) {
            int tag = unsignedVarint();
            byte[] field = take(unsignedVarint());
            if (tag == wanted) {
                found = ByteBuffer.wrap(field);
            }
        }
        return found;
    }

    void skipTagged() {
        tagged(-1);
    }

    private @Nullable String text(int length) {
        return length == -1 ? null : new String(take(length), StandardCharsets.UTF_8);
    }

    private static String require(@Nullable String text) {
        if (text == null) {
            throw new CorruptRecordException("null where a string is expected");
        }
        return text;
    }

    private byte[] take(int length) {
        if (length < 0 || length > in.remaining()) {
            throw endsEarly(length);
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }

    private CorruptRecordException endsEarly(int expected) {
        return new CorruptRecordException(
                "expected " + expected + " bytes, found " + in.remaining());
    }
}
