package dev.millrace.wire.record;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.utils.BufferSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The records of one batch.
 *
 * <pre>
 * record: length varint | attributes 1 byte | timestamp delta varlong | offset delta varint
 *         | key length varint (-1 null), key | value length varint (-1 null), value
 *         | header count varint, { key length varint, key UTF-8, value length varint, value }*
 * </pre>
 *
 * No size found in the bytes is trusted: memory is taken as bytes arrive, and {@code
 * maxDecompressedBytes} bounds their sum. Close it when not iterating to the end.
 */
public final class RecordIterator implements Iterator<LogRecord>, AutoCloseable {
    /** A request has at most 100 MiB; what decompresses to more than this is an attack. */
    static final long DEFAULT_MAX_DECOMPRESSED_BYTES = 512L << 20;

    private static final int MAX_HEADERS = 1 << 20;

    private final long baseOffset;
    private final long baseTimestamp;
    private final long appendTime;
    private final int count;
    private final long maxDecompressedBytes;
    private final @Nullable InputStream compressed;

    /** All records if the batch is not compressed, else the record at hand. */
    private ByteBuffer bytes;

    private long decompressedBytes;
    private int returned;

    private RecordIterator(
            RecordBatchView batch,
            @Nullable InputStream compressed,
            ByteBuffer bytes,
            long maxDecompressedBytes) {
        this.baseOffset = batch.baseOffset();
        this.baseTimestamp = batch.baseTimestamp();
        this.appendTime =
                batch.hasLogAppendTime() ? batch.maxTimestamp() : RecordBatchView.NO_TIMESTAMP;
        this.count = batch.recordCount();
        this.compressed = compressed;
        this.bytes = bytes;
        this.maxDecompressedBytes = maxDecompressedBytes;
    }

    static RecordIterator of(RecordBatchView batch, long maxDecompressedBytes) {
        if (batch.recordCount() < 0) {
            throw new CorruptRecordException("record count is " + batch.recordCount());
        }
        ByteBuffer all = batch.bytes();
        ByteBuffer records =
                all.slice(RecordBatchView.HEADER_BYTES, all.limit() - RecordBatchView.HEADER_BYTES);
        Codec codec = batch.codec();
        if (codec == Codec.NONE) {
            return new RecordIterator(batch, null, records, maxDecompressedBytes);
        }
        return new RecordIterator(
                batch, decompress(codec, records), ByteBuffer.allocate(0), maxDecompressedBytes);
    }

    private static InputStream decompress(Codec codec, ByteBuffer records) {
        if (!records.hasRemaining()) {
            return new ByteArrayInputStream(new byte[0]);
        }
        try {
            return Compression.of(CompressionType.forId(codec.id()))
                    .build()
                    .wrapForInput(
                            records, RecordBatchView.CURRENT_MAGIC, BufferSupplier.NO_CACHING);
        } catch (KafkaException e) {
            throw new CorruptRecordException(codec + " records do not decompress", e);
        }
    }

    @Override
    public boolean hasNext() {
        return returned < count;
    }

    @Override
    public LogRecord next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        try {
            if (compressed != null) {
                bytes = readRecord(compressed);
            }
            LogRecord record = parse();
            returned++;
            if (returned == count) {
                requireEnd();
                close();
            }
            return record;
        } catch (IOException | KafkaException e) {
            throw e instanceof CorruptRecordException corrupt ? corrupt : corrupt(e);
        } catch (IndexOutOfBoundsException
                | BufferUnderflowException
                | IllegalArgumentException e) {
            throw corrupt(e);
        }
    }

    private CorruptRecordException corrupt(Exception cause) {
        return new CorruptRecordException(
                "record " + returned + " of the batch at offset " + baseOffset + " is malformed",
                cause);
    }

    private ByteBuffer readRecord(InputStream in) throws IOException {
        int size = readVarint(in);
        decompressedBytes += size;
        if (size < 0 || decompressedBytes > maxDecompressedBytes) {
            throw new CorruptRecordException(
                    "batch at offset "
                            + baseOffset
                            + " decompresses to more than "
                            + maxDecompressedBytes
                            + " bytes");
        }
        byte[] body = in.readNBytes(size);
        if (body.length < size) {
            throw new CorruptRecordException(
                    "record of " + size + " bytes ends after " + body.length);
        }
        return ByteBuffer.wrap(body);
    }

    private LogRecord parse() {
        int end = bytes.limit();
        if (compressed == null) {
            int size = readVarint(bytes);
            end = Math.addExact(bytes.position(), size);
            if (size < 0 || end > bytes.limit()) {
                throw new CorruptRecordException(
                        "record of " + size + " bytes in " + bytes.remaining());
            }
        }
        bytes.get(); // attributes: none are defined
        long timestampDelta = readVarlong(bytes);
        int offsetDelta = readVarint(bytes);
        ByteBuffer key = readBytes();
        ByteBuffer value = readBytes();
        List<Header> headers = readHeaders();
        if (bytes.position() != end) {
            throw new CorruptRecordException(
                    "record " + returned + " has a length that does not match its fields");
        }
        long timestamp =
                appendTime != RecordBatchView.NO_TIMESTAMP
                        ? appendTime
                        : baseTimestamp + timestampDelta;
        return new LogRecord(baseOffset + offsetDelta, timestamp, key, value, headers);
    }

    private @Nullable ByteBuffer readBytes() {
        int size = readVarint(bytes);
        if (size < 0) {
            return null;
        }
        ByteBuffer slice = bytes.slice(bytes.position(), size);
        bytes.position(bytes.position() + size);
        return slice;
    }

    private List<Header> readHeaders() {
        int headerCount = readVarint(bytes);
        if (headerCount == 0) {
            return List.of();
        }
        if (headerCount < 0 || headerCount > MAX_HEADERS) {
            throw new CorruptRecordException("record with " + headerCount + " headers");
        }
        List<Header> headers = new ArrayList<>(Math.min(headerCount, 16));
        for (int i = 0; i < headerCount; i++) {
            ByteBuffer key = readBytes();
            if (key == null) {
                throw new CorruptRecordException("header without a key");
            }
            ByteBuffer value = readBytes();
            headers.add(
                    new RecordHeader(StandardCharsets.UTF_8.decode(key).toString(), copy(value)));
        }
        return headers;
    }

    // RecordHeader takes null for a header without a value.
    @SuppressWarnings("NullAway")
    private static byte[] copy(@Nullable ByteBuffer value) {
        if (value == null) {
            return null;
        }
        byte[] bytes = new byte[value.remaining()];
        value.get(bytes);
        return bytes;
    }

    private void requireEnd() throws IOException {
        boolean more = compressed != null ? compressed.read() >= 0 : bytes.hasRemaining();
        if (more) {
            throw new CorruptRecordException(
                    "batch at offset " + baseOffset + " has more than its " + count + " records");
        }
    }

    @Override
    public void close() {
        if (compressed != null) {
            try {
                compressed.close();
            } catch (IOException e) {
                throw new KafkaException("closing a decompressor", e);
            }
        }
    }

    static int readVarint(ByteBuffer in) {
        int raw = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            byte b = in.get();
            raw |= (b & 0x7f) << shift;
            if (b >= 0) {
                return (raw >>> 1) ^ -(raw & 1);
            }
        }
        throw new IllegalArgumentException("varint of more than 5 bytes");
    }

    static int readVarint(InputStream in) throws IOException {
        int raw = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            int b = in.read();
            if (b < 0) {
                throw new CorruptRecordException("batch ends before its last record");
            }
            raw |= (b & 0x7f) << shift;
            if (b < 0x80) {
                return (raw >>> 1) ^ -(raw & 1);
            }
        }
        throw new IllegalArgumentException("varint of more than 5 bytes");
    }

    static long readVarlong(ByteBuffer in) {
        long raw = 0;
        for (int shift = 0; shift < 70; shift += 7) {
            byte b = in.get();
            raw |= (long) (b & 0x7f) << shift;
            if (b >= 0) {
                return (raw >>> 1) ^ -(raw & 1);
            }
        }
        throw new IllegalArgumentException("varlong of more than 10 bytes");
    }
}
