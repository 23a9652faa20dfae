package dev.millrace.broker.group;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collection;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/** Writes the primitive types of Kafka's schemas into a growing array. */
final class SchemaWriter {
    private ByteBuffer out = ByteBuffer.allocate(128);

    private ByteBuffer room(int bytes) {
        if (out.remaining() < bytes) {
            int capacity = Math.max(out.capacity() * 2, Math.addExact(out.position(), bytes));
            ByteBuffer bigger = ByteBuffer.allocate(capacity);
            out.flip();
            bigger.put(out);
            out = bigger;
        }
        return out;
    }

    SchemaWriter int8(int value) {
        room(1).put((byte) value);
        return this;
    }

    SchemaWriter int16(int value) {
        room(2).putShort((short) value);
        return this;
    }

    SchemaWriter int32(int value) {
        room(4).putInt(value);
        return this;
    }

    SchemaWriter int64(long value) {
        room(8).putLong(value);
        return this;
    }

    SchemaWriter unsignedVarint(int value) {
        room(5);
        int rest = value;
        while ((rest & ~0x7f) != 0) {
            out.put((byte) ((rest & 0x7f) | 0x80));
            rest >>>= 7;
        }
        out.put((byte) rest);
        return this;
    }

    SchemaWriter string(String value) {
        byte[] utf8 = OffsetsTopic.utf8(value);
        if (utf8.length > Short.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "a string of " + utf8.length + " bytes; at most " + Short.MAX_VALUE);
        }
        room(2 + utf8.length).putShort((short) utf8.length).put(utf8);
        return this;
    }

    SchemaWriter nullableString(@Nullable String value) {
        return value == null ? int16(-1) : string(value);
    }

    SchemaWriter compactString(String value) {
        byte[] utf8 = OffsetsTopic.utf8(value);
        unsignedVarint(utf8.length + 1);
        room(utf8.length).put(utf8);
        return this;
    }

    SchemaWriter compactNullableString(@Nullable String value) {
        return value == null ? unsignedVarint(0) : compactString(value);
    }

    SchemaWriter compactBytes(byte[] value) {
        unsignedVarint(value.length + 1);
        room(value.length).put(value);
        return this;
    }

    SchemaWriter compactInts(Collection<Integer> values) {
        unsignedVarint(values.size() + 1);
        values.forEach(this::int32);
        return this;
    }

    SchemaWriter uuid(Uuid value) {
        return int64(value.getMostSignificantBits()).int64(value.getLeastSignificantBits());
    }

    /** One tagged field; their number comes before the first. */
    SchemaWriter tagged(int tag, byte[] value) {
        unsignedVarint(tag).unsignedVarint(value.length);
        room(value.length).put(value);
        return this;
    }

    /** The tagged fields of a struct with this one, which is left out if it is 0. */
    SchemaWriter taggedInt64(int tag, long value) {
        return value == 0
                ? unsignedVarint(0)
                : unsignedVarint(1).unsignedVarint(tag).unsignedVarint(Long.BYTES).int64(value);
    }

    SchemaWriter bytes(byte[] value) {
        room(4 + value.length).putInt(value.length).put(value);
        return this;
    }

    byte[] toBytes() {
        return Arrays.copyOf(out.array(), out.position());
    }
}
