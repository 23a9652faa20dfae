package dev.millrace.wire.record;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.apache.kafka.common.errors.CorruptRecordException;

/**
 * A record batch v2 inside a buffer, read and patched where it lies.
 *
 * <pre>
 *  offset  bytes
 *       0      8  base offset                  patched by the leader        outside the CRC
 *       8      4  length: bytes after this field                            outside
 *      12      4  partition leader epoch       patched by the leader        outside
 *      16      1  magic = 2                                                 outside
 *      17      4  CRC-32C of everything from the attributes to the end
 *      21      2  attributes: 0-2 codec | 3 log append time | 4 transactional | 5 control
 *                             | 6 base timestamp is the delete horizon
 *      23      4  last offset delta
 *      27      8  base timestamp
 *      35      8  max timestamp; the append time where bit 3 is set
 *      43      8  producer id, -1 for none
 *      51      2  producer epoch
 *      53      4  base sequence, -1 for none
 *      57      4  record count
 *      61      -  records, together compressed by the codec
 * </pre>
 *
 * Valid if the length covers the header, the magic is 2 and the CRC matches. Big-endian.
 *
 * <p>A flyweight: {@link #wrap} points it at another batch. It reads with absolute indexes and
 * leaves the buffer's position and limit alone. Not thread-safe.
 */
public final class RecordBatchView {
    public static final int BASE_OFFSET = 0;
    public static final int LENGTH = 8;
    public static final int LEADER_EPOCH = 12;
    public static final int MAGIC = 16;
    public static final int CRC = 17;
    public static final int ATTRIBUTES = 21;
    public static final int LAST_OFFSET_DELTA = 23;
    public static final int BASE_TIMESTAMP = 27;
    public static final int MAX_TIMESTAMP = 35;
    public static final int PRODUCER_ID = 43;
    public static final int PRODUCER_EPOCH = 51;
    public static final int BASE_SEQUENCE = 53;
    public static final int RECORD_COUNT = 57;
    public static final int HEADER_BYTES = 61;

    /** Base offset and length: what precedes the bytes that the length counts. */
    public static final int LENGTH_PREFIX_BYTES = 12;

    public static final byte CURRENT_MAGIC = 2;
    public static final long NO_PRODUCER_ID = -1;
    public static final int NO_SEQUENCE = -1;
    public static final long NO_TIMESTAMP = -1;

    public static final int CODEC_MASK = 0x07;
    static final int APPEND_TIME_BIT = 0x08;
    static final int TRANSACTIONAL_BIT = 0x10;
    static final int CONTROL_BIT = 0x20;
    public static final int DELETE_HORIZON_BIT = 0x40;

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private ByteBuffer buffer = NOTHING;
    private int start;

    public RecordBatchView() {}

    /** The batch beginning at {@code position} of {@code buffer}. */
    public static RecordBatchView at(ByteBuffer buffer, int position) {
        return new RecordBatchView().wrap(buffer, position);
    }

    /** Points at the batch that begins at {@code position}; nothing is checked yet. */
    public RecordBatchView wrap(ByteBuffer buffer, int position) {
        this.buffer = buffer;
        this.start = position;
        return this;
    }

    /**
     * Size of the batch beginning at {@code position}, which needs {@link #LENGTH_PREFIX_BYTES}
     * bytes there; may be nonsense, even negative, if the bytes are.
     */
    public static int sizeAt(ByteBuffer buffer, int position) {
        return buffer.getInt(position + LENGTH) + LENGTH_PREFIX_BYTES;
    }

    /**
     * Checks that the whole batch lies between its start and {@code limit}, that it is of magic 2
     * and has a known codec.
     *
     * @throws CorruptRecordException otherwise
     */
    public RecordBatchView requireFrame(int limit) {
        int available = limit - start;
        if (available < HEADER_BYTES) {
            throw new CorruptRecordException(
                    "record batch: header needs 61 bytes, only " + available + " left");
        }
        int length = buffer.getInt(start + LENGTH);
        if (length < HEADER_BYTES - LENGTH_PREFIX_BYTES
                || length > available - LENGTH_PREFIX_BYTES) {
            throw new CorruptRecordException(
                    "record batch: length field is "
                            + length
                            + ", expected 49 to "
                            + (available - LENGTH_PREFIX_BYTES));
        }
        if (magic() != CURRENT_MAGIC) {
            throw new CorruptRecordException("record batch: magic is " + magic() + ", expected 2");
        }
        if ((attributes() & CODEC_MASK) > Codec.MAX_ID) {
            throw new CorruptRecordException(
                    "record batch: unknown codec " + (attributes() & CODEC_MASK));
        }
        return this;
    }

    /**
     * @throws CorruptRecordException if the CRC-32C does not match
     */
    public RecordBatchView requireCrc() {
        long actual = computeCrc();
        if (actual != crc()) {
            throw new CorruptRecordException(
                    "record batch at offset "
                            + baseOffset()
                            + ": CRC-32C is "
                            + Long.toHexString(actual)
                            + ", its header says "
                            + Long.toHexString(crc()));
        }
        return this;
    }

    public boolean crcMatches() {
        return computeCrc() == crc();
    }

    private long computeCrc() {
        CRC32C crc = new CRC32C();
        ByteBuffer covered = buffer.duplicate();
        covered.limit(start + sizeBytes()).position(start + ATTRIBUTES);
        crc.update(covered);
        return crc.getValue();
    }

    public long baseOffset() {
        return buffer.getLong(start + BASE_OFFSET);
    }

    public long lastOffset() {
        return baseOffset() + lastOffsetDelta();
    }

    public long nextOffset() {
        return lastOffset() + 1;
    }

    /** Of the whole batch with its header. */
    public int sizeBytes() {
        return sizeAt(buffer, start);
    }

    public int leaderEpoch() {
        return buffer.getInt(start + LEADER_EPOCH);
    }

    public byte magic() {
        return buffer.get(start + MAGIC);
    }

    public long crc() {
        return Integer.toUnsignedLong(buffer.getInt(start + CRC));
    }

    public short attributes() {
        return buffer.getShort(start + ATTRIBUTES);
    }

    public Codec codec() {
        return Codec.forId(attributes() & CODEC_MASK);
    }

    public boolean hasLogAppendTime() {
        return (attributes() & APPEND_TIME_BIT) != 0;
    }

    public boolean isTransactional() {
        return (attributes() & TRANSACTIONAL_BIT) != 0;
    }

    public boolean isControl() {
        return (attributes() & CONTROL_BIT) != 0;
    }

    /**
     * Whether the base timestamp is the time from which a cleaner may remove the tombstones, or the
     * marker, in the batch.
     */
    public boolean hasDeleteHorizon() {
        return (attributes() & DELETE_HORIZON_BIT) != 0;
    }

    public int lastOffsetDelta() {
        return buffer.getInt(start + LAST_OFFSET_DELTA);
    }

    public long baseTimestamp() {
        return buffer.getLong(start + BASE_TIMESTAMP);
    }

    public long maxTimestamp() {
        return buffer.getLong(start + MAX_TIMESTAMP);
    }

    public long producerId() {
        return buffer.getLong(start + PRODUCER_ID);
    }

    public boolean hasProducerId() {
        return producerId() > NO_PRODUCER_ID;
    }

    public short producerEpoch() {
        return buffer.getShort(start + PRODUCER_EPOCH);
    }

    public int baseSequence() {
        return buffer.getInt(start + BASE_SEQUENCE);
    }

    /** Wraps from {@link Integer#MAX_VALUE} to 0. */
    public int lastSequence() {
        int base = baseSequence();
        return base == NO_SEQUENCE ? NO_SEQUENCE : addToSequence(base, lastOffsetDelta());
    }

    static int addToSequence(int sequence, int increment) {
        return sequence > Integer.MAX_VALUE - increment
                ? increment - (Integer.MAX_VALUE - sequence) - 1
                : sequence + increment;
    }

    public int recordCount() {
        return buffer.getInt(start + RECORD_COUNT);
    }

    public void setBaseOffset(long offset) {
        buffer.putLong(start + BASE_OFFSET, offset);
    }

    public void setLeaderEpoch(int epoch) {
        buffer.putInt(start + LEADER_EPOCH, epoch);
    }

    /** Makes {@code nowMs} the timestamp of all records, and recomputes the CRC. */
    public void setLogAppendTime(long nowMs) {
        buffer.putShort(start + ATTRIBUTES, (short) (attributes() | APPEND_TIME_BIT));
        buffer.putLong(start + MAX_TIMESTAMP, nowMs);
        updateCrc();
    }

    /** To be called after a change of what it covers. */
    public void updateCrc() {
        buffer.putInt(start + CRC, (int) computeCrc());
    }

    /** A view of the batch's bytes, position 0 to {@link #sizeBytes}. */
    public ByteBuffer bytes() {
        return buffer.slice(start, sizeBytes());
    }

    /**
     * Of a control batch that ends a transaction: whether it was committed. Empty for other control
     * batches, and for those of which compaction has left no record.
     */
    public Optional<Boolean> endOfTransaction() {
        try (RecordIterator records = records()) {
            ByteBuffer key = records.hasNext() ? records.next().key() : null;
            if (key == null || key.remaining() < 4) {
                return Optional.empty();
            }
            short type = key.getShort(key.position() + 2);
            return type == 0 || type == 1 ? Optional.of(type == 1) : Optional.empty();
        }
    }

    /**
     * The records in order, decompressed while iterating.
     *
     * @throws CorruptRecordException here or while iterating, if the records do not parse or are
     *     more or fewer than the header says
     */
    public RecordIterator records() {
        return records(RecordIterator.DEFAULT_MAX_DECOMPRESSED_BYTES);
    }

    /**
     * @param maxDecompressedBytes bound on what the batch may grow to
     */
    public RecordIterator records(long maxDecompressedBytes) {
        return RecordIterator.of(this, maxDecompressedBytes);
    }

    @Override
    public String toString() {
        return "RecordBatch[offsets "
                + baseOffset()
                + ".."
                + lastOffset()
                + ", epoch "
                + leaderEpoch()
                + ", "
                + sizeBytes()
                + " bytes, "
                + recordCount()
                + " records, producer "
                + producerId()
                + "/"
                + producerEpoch()
                + " from sequence "
                + baseSequence()
                + "]";
    }
}
