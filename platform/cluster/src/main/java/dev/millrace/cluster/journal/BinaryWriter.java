package dev.millrace.cluster.journal;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.function.BiConsumer;
import org.apache.kafka.common.Uuid;

/**
 * A growing buffer of the few field types that journal records are made of. Not thread-safe.
 *
 * <pre>
 *   unsigned   7 bits per byte, low first, high bit = more follows
 *   signed     zig-zag (0, -1, 1, -2, ...) then unsigned
 *   string     unsigned length in bytes, UTF-8
 *   uuid       16 bytes, most significant first
 *   double     IEEE 754, 8 bytes, most significant first
 *   bytes      unsigned length, bytes
 *   list       unsigned count, elements
 * </pre>
 */
final class BinaryWriter {
    private byte[] bytes = new byte[256];
    private int size;

    BinaryWriter writeByte(int value) {
        if (size == bytes.length) {
            bytes = Arrays.copyOf(bytes, size * 2);
        }
        bytes[size++] = (byte) value;
        return this;
    }

    BinaryWriter writeUnsigned(long value) {
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            writeByte((int) ((rest & 0x7F) | 0x80));
            rest >>>= 7;
        }
        return writeByte((int) rest);
    }

    BinaryWriter writeSigned(long value) {
        return writeUnsigned((value << 1) ^ (value >> 63));
    }

    BinaryWriter writeString(String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        return writeUnsigned(utf8.length).writeBytes(utf8);
    }

    BinaryWriter writeUuid(Uuid value) {
        return writeLong(value.getMostSignificantBits()).writeLong(value.getLeastSignificantBits());
    }

    BinaryWriter writeDouble(double value) {
        return writeLong(Double.doubleToRawLongBits(value));
    }

    BinaryWriter writeByteArray(byte[] value) {
        return writeUnsigned(value.length).writeBytes(value);
    }

    <T> BinaryWriter writeList(Collection<T> list, BiConsumer<BinaryWriter, T> element) {
        writeUnsigned(list.size());
        list.forEach(each -> element.accept(this, each));
        return this;
    }

    BinaryWriter writeInts(List<Integer> list) {
        return writeList(list, (out, value) -> out.writeSigned(value));
    }

    BinaryWriter writeBytes(byte[] source) {
        if (source.length > bytes.length - size) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, size + source.length));
        }
        System.arraycopy(source, 0, bytes, size, source.length);
        size += source.length;
        return this;
    }

    int size() {
        return size;
    }

    byte[] toBytes() {
        return Arrays.copyOf(bytes, size);
    }

    private BinaryWriter writeLong(long value) {
        for (int shift = 56; shift >= 0; shift -= 8) {
            writeByte((int) (value >>> shift));
        }
        return this;
    }
}
