package dev.millrace.sql.row;

import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/**
 * Rows inside a query: in state stores, changelogs and repartition topics. Self-describing, so the
 * same serde serves every row; equal rows are equal bytes, so a row may be a key.
 *
 * <pre>
 *   row   = count:varint value*
 *   value = 0                              null
 *         | 1 | 2                          false, true
 *         | 3 zigzag:varint                Long
 *         | 4 bits:8 bytes                 Double
 *         | 5 length:varint utf8           String
 *         | 6 length:varint bytes          byte[]
 *         | 7 scale:zigzag length unscaled BigDecimal
 *         | 8 count:varint value*          List
 *         | 9 row                          Row
 *         | 10 count:varint (value value)* Map
 * </pre>
 *
 * <p>Bytes that end early or go on after the row fail with a {@link SerializationException}.
 */
public final class RowSerde implements Serde<Row> {
    private static final int NULL = 0;
    private static final int FALSE = 1;
    private static final int TRUE = 2;
    private static final int LONG = 3;
    private static final int DOUBLE = 4;
    private static final int STRING = 5;
    private static final int BYTES = 6;
    private static final int DECIMAL = 7;
    private static final int LIST = 8;
    private static final int ROW = 9;
    private static final int MAP = 10;

    private final boolean @Nullable [] written;

    public RowSerde() {
        this(null);
    }

    private RowSerde(boolean @Nullable [] written) {
        this.written = written;
    }

    /**
     * A serde that writes only some columns, the others as null: what a repartition topic carries
     * is what the aggregate will read.
     */
    public static RowSerde writingOnly(boolean[] columns) {
        return new RowSerde(columns.clone());
    }

    @Override
    public Serializer<Row> serializer() {
        return (topic, row) -> row == null ? null : toBytes(row);
    }

    @Override
    public Deserializer<Row> deserializer() {
        return (topic, bytes) -> bytes == null ? null : fromBytes(bytes);
    }

    /** The bytes of a row. */
    public byte[] toBytes(Row row) {
        Output out = new Output();
        @Nullable Object[] values = row.values();
        writeVarint(out, values.length);
        for (int i = 0; i < values.length; i++) {
            writeValue(out, written == null || written[i] ? values[i] : null);
        }
        return out.toByteArray();
    }

    /** The row of these bytes. */
    public static Row fromBytes(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        try {
            Row row = readRow(in);
            if (in.hasRemaining()) {
                throw new SerializationException(in.remaining() + " bytes after the end of a row");
            }
            return row;
        } catch (BufferUnderflowException e) {
            throw new SerializationException("a row of " + bytes.length + " bytes ends early", e);
        } catch (NumberFormatException e) {
            throw new SerializationException("a row with a decimal number of no digits", e);
        }
    }

    private static void writeRow(Output out, Row row) {
        @Nullable Object[] values = row.values();
        writeVarint(out, values.length);
        for (Object value : values) {
            writeValue(out, value);
        }
    }

    private static void writeValue(Output out, @Nullable Object value) {
        if (value == null) {
            out.write(NULL);
        } else if (value instanceof String text) {
            byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
            out.write(STRING);
            writeVarint(out, utf8.length);
            out.writeBytes(utf8);
        } else if (value instanceof Long number) {
            out.write(LONG);
            writeVarint(out, (number << 1) ^ (number >> 63));
        } else if (value instanceof Double number) {
            out.write(DOUBLE);
            out.writeLong(Double.doubleToLongBits(number));
        } else if (value instanceof Boolean bool) {
            out.write(bool ? TRUE : FALSE);
        } else if (value instanceof BigDecimal number) {
            byte[] unscaled = number.unscaledValue().toByteArray();
            out.write(DECIMAL);
            writeVarint(out, (number.scale() << 1) ^ (number.scale() >> 31));
            writeVarint(out, unscaled.length);
            out.writeBytes(unscaled);
        } else if (value instanceof byte[] bytes) {
            out.write(BYTES);
            writeVarint(out, bytes.length);
            out.writeBytes(bytes);
        } else if (value instanceof List<?> list) {
            out.write(LIST);
            writeVarint(out, list.size());
            for (Object element : list) {
                writeValue(out, element);
            }
        } else if (value instanceof Row row) {
            out.write(ROW);
            writeRow(out, row);
        } else if (value instanceof Map<?, ?> map) {
            out.write(MAP);
            writeVarint(out, map.size());
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                writeValue(out, entry.getKey());
                writeValue(out, entry.getValue());
            }
        } else {
            throw new SerializationException("no encoding for a " + value.getClass().getName());
        }
    }

    private static Row readRow(ByteBuffer in) {
        @Nullable Object[] values = new Object[readLength(in)];
        for (int i = 0; i < values.length; i++) {
            values[i] = readValue(in);
        }
        return new Row(values);
    }

    private static @Nullable Object readValue(ByteBuffer in) {
        int tag = in.get();
        switch (tag) {
            case NULL:
                return null;
            case FALSE:
                return false;
            case TRUE:
                return true;
            case LONG:
                return readZigzag(in);
            case DOUBLE:
                return in.getDouble();
            case STRING:
                return new String(readBytes(in), StandardCharsets.UTF_8);
            case BYTES:
                return readBytes(in);
            case DECIMAL:
                int scale = (int) readZigzag(in);
                return new BigDecimal(new BigInteger(readBytes(in)), scale);
            case LIST:
                int size = readLength(in);
                List<@Nullable Object> list = new ArrayList<>(size);
                for (int i = 0; i < size; i++) {
                    list.add(readValue(in));
                }
                return list;
            case ROW:
                return readRow(in);
            case MAP:
                int entries = readLength(in);
                Map<@Nullable Object, @Nullable Object> map = new LinkedHashMap<>();
                for (int i = 0; i < entries; i++) {
                    Object key = readValue(in);
                    map.put(key, readValue(in));
                }
                return map;
            default:
                throw new SerializationException("unknown tag " + tag + " in a row");
        }
    }

    private static byte[] readBytes(ByteBuffer in) {
        byte[] bytes = new byte[readLength(in)];
        in.get(bytes);
        return bytes;
    }

    /** A length or count; every counted thing takes at least one byte, which bounds it. */
    private static int readLength(ByteBuffer in) {
        long length = readVarint(in);
        if (length < 0 || length > in.remaining()) {
            throw new SerializationException(
                    "a length of " + length + " with " + in.remaining() + " bytes left in a row");
        }
        return (int) length;
    }

    private static void writeVarint(Output out, long value) {
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            out.write((int) ((rest & 0x7f) | 0x80));
            rest >>>= 7;
        }
        out.write((int) rest);
    }

    private static long readVarint(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            byte next = in.get();
            value |= (long) (next & 0x7f) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw new SerializationException("a varint of more than ten bytes in a row");
    }

    private static long readZigzag(ByteBuffer in) {
        long value = readVarint(in);
        return (value >>> 1) ^ -(value & 1);
    }

    private static final class Output extends ByteArrayOutputStream {
        Output() {
            super(48);
        }

        void writeLong(long value) {
            for (int shift = 56; shift >= 0; shift -= 8) {
                write((int) (value >>> shift));
            }
        }
    }
}
