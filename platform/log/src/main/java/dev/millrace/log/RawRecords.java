package dev.millrace.log;

import dev.millrace.wire.record.Codec;
import dev.millrace.wire.record.Decompressor;
import dev.millrace.wire.record.RecordBatchView;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.jspecify.annotations.Nullable;

/**
 * Walks the records of one batch as the bytes they are, without making objects of them.
 *
 * <pre>
 * record: length varint | attributes 1 | timestamp delta varlong | offset delta varint
 *         | key length varint (-1 null), key | value length varint (-1 null), value | headers
 *         ^ start                       ^ afterTimestamp                                      ^ end
 * </pre>
 *
 * Reused from batch to batch, with one buffer for what had to be decompressed. Not thread-safe.
 */
final class RawRecords {
    /** As everywhere: what decompresses to more is an attack. */
    private static final int MAX_DECOMPRESSED_BYTES = 512 << 20;

    private static final int KEPT_BUFFER_BYTES = 1 << 20;

    private final Decompressor decompressor = new Decompressor();
    private byte[] decompressed = {};

    private byte[] bytes = {};
    private int limit;
    private int count;
    private int next;
    private int at;

    private long batchOffset;
    private int start;
    private int afterTimestamp;
    private long timestampDelta;
    private int offsetDelta;
    private int keyStart;
    private int keyLength;
    private int valueLength;

    /**
     * @param batch on the heap
     * @throws CorruptRecordException here or in {@link #next}, if the records do not parse
     */
    void wrap(RecordBatchView batch) {
        ByteBuffer whole = batch.bytes();
        int size = whole.remaining() - RecordBatchView.HEADER_BYTES;
        batchOffset = batch.baseOffset();
        count = batch.recordCount();
        next = 0;
        if (batch.codec() == Codec.NONE || size == 0) {
            bytes = whole.array();
            at = whole.arrayOffset() + RecordBatchView.HEADER_BYTES;
            limit = at + size;
        } else {
            limit = decompress(batch.codec(), whole.slice(RecordBatchView.HEADER_BYTES, size));
            bytes = decompressed;
            at = 0;
        }
    }

    private int decompress(Codec codec, ByteBuffer records) {
        if (decompressed.length > KEPT_BUFFER_BYTES || decompressed.length == 0) {
            decompressed = new byte[KEPT_BUFFER_BYTES];
        }
        int size = 0;
        try (InputStream in = decompressor.open(codec, records)) {
            while (true) {
                int read = in.read(decompressed, size, decompressed.length - size);
                if (read < 0) {
                    return size;
                }
                size += read;
                if (size == decompressed.length) {
                    grow();
                }
            }
        } catch (IOException | KafkaException e) {
            throw e instanceof CorruptRecordException corrupt ? corrupt : corrupt(e);
        }
    }

    private void grow() {
        if (decompressed.length >= MAX_DECOMPRESSED_BYTES) {
            throw new CorruptRecordException(
                    "batch at offset "
                            + batchOffset
                            + " decompresses to more than "
                            + MAX_DECOMPRESSED_BYTES
                            + " bytes");
        }
        decompressed = Arrays.copyOf(decompressed, decompressed.length * 2);
    }

    /** Moves to the next record; false after the last. */
    boolean next() {
        if (next == count) {
            if (at != limit) {
                throw corrupt(null);
            }
            return false;
        }
        next++;
        start = at;
        try {
            int length = varint();
            int end = Math.addExact(at, length);
            if (length < 0 || end > limit) {
                throw corrupt(null);
            }
            at++; // attributes: none are defined
            timestampDelta = varlong();
            afterTimestamp = at;
            offsetDelta = varint();
            keyLength = varint();
            keyStart = at;
            at += Math.max(0, keyLength);
            valueLength = varint();
            if (at > end || end - at < valueLength) {
                throw corrupt(null);
            }
            at = end;
        } catch (ArithmeticException | IndexOutOfBoundsException e) {
            throw corrupt(e);
        }
        return true;
    }

    private CorruptRecordException corrupt(@Nullable Exception cause) {
        String message =
                "record %d of %d of the batch at offset %d is malformed"
                        .formatted(next, count, batchOffset);
        return cause == null
                ? new CorruptRecordException(message)
                : new CorruptRecordException(message, cause);
    }

    /** The array that positions are in. */
    byte[] bytes() {
        return bytes;
    }

    /** Of the record's length. */
    int start() {
        return start;
    }

    /** Of the offset delta. */
    int afterTimestamp() {
        return afterTimestamp;
    }

    /** Where the record ends. */
    int end() {
        return at;
    }

    long offset() {
        return batchOffset + offsetDelta;
    }

    long timestampDelta() {
        return timestampDelta;
    }

    boolean hasKey() {
        return keyLength >= 0;
    }

    int keyStart() {
        return keyStart;
    }

    int keyLength() {
        return keyLength;
    }

    boolean isTombstone() {
        return valueLength < 0;
    }

    private int varint() {
        int raw = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            byte b = bytes[at++];
            raw |= (b & 0x7f) << shift;
            if (b >= 0) {
                return (raw >>> 1) ^ -(raw & 1);
            }
        }
        throw new ArithmeticException("varint of more than 5 bytes");
    }

    private long varlong() {
        long raw = 0;
        for (int shift = 0; shift < 70; shift += 7) {
            byte b = bytes[at++];
            raw |= (long) (b & 0x7f) << shift;
            if (b >= 0) {
                return (raw >>> 1) ^ -(raw & 1);
            }
        }
        throw new ArithmeticException("varlong of more than 10 bytes");
    }
}
