package dev.millrace.wire.record;

import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.utils.ByteBufferOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Builds one record batch v2 in memory: for coordinators, recompression and tests, not for the
 * produce path. Offsets are relative to {@link #baseOffset} and count up by one. Use once.
 */
public final class RecordBatchBuilder {
    private static final Header[] NO_HEADERS = {};

    private final Codec codec;
    private final ByteBufferOutputStream out;
    private final DataOutputStream records;
    private final ByteBufferOutputStream record = new ByteBufferOutputStream(256);
    private final DataOutputStream recordOut = new DataOutputStream(record);

    private long baseOffset;
    private int leaderEpoch = -1;
    private long producerId = RecordBatchView.NO_PRODUCER_ID;
    private short producerEpoch = -1;
    private int baseSequence = RecordBatchView.NO_SEQUENCE;
    private int attributes;
    private long baseTimestamp = RecordBatchView.NO_TIMESTAMP;
    private long maxTimestamp = RecordBatchView.NO_TIMESTAMP;
    private int count;

    public RecordBatchBuilder() {
        this(Codec.NONE);
    }

    public RecordBatchBuilder(Codec codec) {
        this(codec, Compression.of(CompressionType.forId(codec.id())).build());
    }

    /**
     * @param level of {@code codec}, which is gzip, lz4 or zstd; {@code compression.*.level}
     */
    public static RecordBatchBuilder compressed(Codec codec, int level) {
        Compression compression =
                switch (codec) {
                    case GZIP -> Compression.gzip().level(level).build();
                    case LZ4 -> Compression.lz4().level(level).build();
                    case ZSTD -> Compression.zstd().level(level).build();
                    case NONE, SNAPPY ->
                            throw new IllegalArgumentException(codec + " has no levels");
                };
        return new RecordBatchBuilder(codec, compression);
    }

    private RecordBatchBuilder(Codec codec, Compression compression) {
        this.codec = codec;
        this.attributes = codec.id();
        this.out = new ByteBufferOutputStream(512);
        this.out.position(RecordBatchView.HEADER_BYTES);
        this.records =
                new DataOutputStream(compression.wrapForOutput(out, RecordBatchView.CURRENT_MAGIC));
    }

    /** A batch with the end of a transaction: commit, or abort. */
    public static ByteBuffer endTransaction(
            long producerId,
            short producerEpoch,
            boolean commit,
            int coordinatorEpoch,
            long timestampMs) {
        ByteBuffer key = ByteBuffer.allocate(4);
        key.putShort((short) 0).putShort((short) (commit ? 1 : 0)).flip();
        ByteBuffer value = ByteBuffer.allocate(6);
        value.putShort((short) 0).putInt(coordinatorEpoch).flip();
        return new RecordBatchBuilder()
                .producer(producerId, producerEpoch, RecordBatchView.NO_SEQUENCE)
                .transactional()
                .control()
                .append(timestampMs, key, value, NO_HEADERS)
                .build();
    }

    public RecordBatchBuilder baseOffset(long offset) {
        this.baseOffset = offset;
        return this;
    }

    public RecordBatchBuilder leaderEpoch(int epoch) {
        this.leaderEpoch = epoch;
        return this;
    }

    public RecordBatchBuilder producer(long producerId, short producerEpoch, int baseSequence) {
        this.producerId = producerId;
        this.producerEpoch = producerEpoch;
        this.baseSequence = baseSequence;
        return this;
    }

    public RecordBatchBuilder transactional() {
        attributes |= RecordBatchView.TRANSACTIONAL_BIT;
        return this;
    }

    public RecordBatchBuilder control() {
        attributes |= RecordBatchView.CONTROL_BIT;
        return this;
    }

    public RecordBatchBuilder append(
            long timestampMs, byte @Nullable [] key, byte @Nullable [] value) {
        return append(
                timestampMs,
                key == null ? null : ByteBuffer.wrap(key),
                value == null ? null : ByteBuffer.wrap(value),
                NO_HEADERS);
    }

    public RecordBatchBuilder append(
            long timestampMs,
            @Nullable ByteBuffer key,
            @Nullable ByteBuffer value,
            Header... headers) {
        if (count == 0) {
            baseTimestamp = timestampMs;
        }
        maxTimestamp = Math.max(maxTimestamp, timestampMs);
        try {
            record.buffer().clear();
            recordOut.writeByte(0);
            writeVarlong(recordOut, timestampMs - baseTimestamp);
            writeVarlong(recordOut, count);
            writeBytes(recordOut, key);
            writeBytes(recordOut, value);
            writeVarlong(recordOut, headers.length);
            for (Header header : headers) {
                writeBytes(
                        recordOut, ByteBuffer.wrap(header.key().getBytes(StandardCharsets.UTF_8)));
                byte[] headerValue = header.value();
                writeBytes(recordOut, headerValue == null ? null : ByteBuffer.wrap(headerValue));
            }
            writeVarlong(records, record.position());
            records.write(record.buffer().array(), 0, record.position());
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory", e);
        }
        count++;
        return this;
    }

    public int recordCount() {
        return count;
    }

    /** Bytes so far, without what the compressor still holds. */
    public int estimatedSizeBytes() {
        return out.position();
    }

    /** The batch, position 0 to its size, on the heap. */
    public ByteBuffer build() {
        try {
            records.close();
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory", e);
        }
        ByteBuffer batch = out.buffer();
        int size = batch.position();
        batch.putLong(RecordBatchView.BASE_OFFSET, baseOffset);
        batch.putInt(RecordBatchView.LENGTH, size - RecordBatchView.LENGTH_PREFIX_BYTES);
        batch.putInt(RecordBatchView.LEADER_EPOCH, leaderEpoch);
        batch.put(RecordBatchView.MAGIC, RecordBatchView.CURRENT_MAGIC);
        batch.putShort(RecordBatchView.ATTRIBUTES, (short) attributes);
        batch.putInt(RecordBatchView.LAST_OFFSET_DELTA, count - 1);
        batch.putLong(RecordBatchView.BASE_TIMESTAMP, baseTimestamp);
        batch.putLong(RecordBatchView.MAX_TIMESTAMP, maxTimestamp);
        batch.putLong(RecordBatchView.PRODUCER_ID, producerId);
        batch.putShort(RecordBatchView.PRODUCER_EPOCH, producerEpoch);
        batch.putInt(RecordBatchView.BASE_SEQUENCE, baseSequence);
        batch.putInt(RecordBatchView.RECORD_COUNT, count);
        RecordBatchView.at(batch, 0).updateCrc();
        return batch.slice(0, size);
    }

    private static void writeBytes(DataOutputStream out, @Nullable ByteBuffer bytes)
            throws IOException {
        if (bytes == null) {
            writeVarlong(out, -1);
            return;
        }
        writeVarlong(out, bytes.remaining());
        if (bytes.hasArray()) {
            out.write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
        } else {
            byte[] copy = new byte[bytes.remaining()];
            bytes.get(bytes.position(), copy);
            out.write(copy);
        }
    }

    /** Zigzag; for values of int range the same bytes as a varint. */
    private static void writeVarlong(DataOutputStream out, long value) throws IOException {
        long raw = (value << 1) ^ (value >> 63);
        while ((raw & ~0x7fL) != 0) {
            out.writeByte((int) (raw & 0x7f) | 0x80);
            raw >>>= 7;
        }
        out.writeByte((int) raw);
    }
}
