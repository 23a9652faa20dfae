package dev.millrace.cluster.journal;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.apache.kafka.common.Uuid;

/**
 * Reads what {@link BinaryWriter} wrote. A length or count that cannot fit into the rest of the
 * buffer is an {@link IllegalStateException}, before anything is allocated for it.
 */
final class BinaryReader {
    private final ByteBuffer buffer;

    BinaryReader(ByteBuffer buffer) {
        this.buffer = buffer;
    }

    int remaining() {
        return buffer.remaining();
    }

    int readByte() {
        try {
            return buffer.get() & 0xFF;
        } catch (BufferUnderflowException e) {
            throw new IllegalStateException("Journal bytes end in the middle of a field", e);
        }
    }

    long readUnsigned() {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            int next = readByte();
            value |= (long) (next & 0x7F) << shift;
            if (next < 0x80) {
                return value;
            }
        }
        throw new IllegalStateException("A number in the journal has more than 64 bits");
    }

    long readSigned() {
        long zigzag = readUnsigned();
        return (zigzag >>> 1) ^ -(zigzag & 1);
    }

    int readInt() {
        return Math.toIntExact(readSigned());
    }

    String readString() {
        return new String(readByteArray(), StandardCharsets.UTF_8);
    }

    byte[] readByteArray() {
        byte[] bytes = new byte[readLength()];
        buffer.get(bytes);
        return bytes;
    }

    double readDouble() {
        return Double.longBitsToDouble(readLong());
    }

    Uuid readUuid() {
        return new Uuid(readLong(), readLong());
    }

    <T> List<T> readList(Function<BinaryReader, T> element) {
        int count = readLength();
        List<T> list = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            list.add(element.apply(this));
        }
        return List.copyOf(list);
    }

    List<Integer> readInts() {
        return readList(BinaryReader::readInt);
    }

    /** The next {@code length} bytes as a reader of their own; this one goes on behind them. */
    BinaryReader readSlice() {
        int length = readLength();
        ByteBuffer slice = buffer.slice(buffer.position(), length);
        buffer.position(buffer.position() + length);
        return new BinaryReader(slice);
    }

    /** Every element takes a byte at least, so a count has the same bound as a length. */
    private int readLength() {
        long length = readUnsigned();
        if (length < 0 || length > buffer.remaining()) {
            throw new IllegalStateException(
                    "A length in the journal is "
                            + length
                            + ", but only "
                            + buffer.remaining()
                            + " bytes follow");
        }
        return (int) length;
    }

    private long readLong() {
        long value = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            value = (value << 8) | readByte();
        }
        return value;
    }
}
