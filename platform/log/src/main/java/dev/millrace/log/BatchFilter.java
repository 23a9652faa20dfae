package dev.millrace.log;

import dev.millrace.wire.record.BatchOutput;
import dev.millrace.wire.record.RecordBatchView;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What is left of each batch of a log when it is cleaned. The batches come in the order of the log.
 *
 * <p>A record stays if no later one has its key. A tombstone that stays is given a <em>delete
 * horizon</em>, now + {@code delete.retention.ms}, by the first cleaning that meets it: the batch's
 * base timestamp, marked by an attribute; a cleaning after the horizon removes it. Records of
 * aborted transactions go at once; markers, when no data of their transaction is left before them
 * and then a horizon has passed, as for tombstones. Of a batch without records its header stays
 * where a producer's sequence, or the end of the cleaned section, would be lost with it. Base
 * offset, last offset and sequences of a batch never change.
 *
 * @see "KIP-534: retain tombstones and transaction markers for approximately delete.retention.ms"
 */
final class BatchFilter {
    private static final int KEPT_BUFFER_BYTES = 1 << 20;

    private final OffsetMap lastOffsets;
    private final long mappedTo;
    private final CleanedTransactions transactions;
    private final LiveProducers producers;
    private final long endOffset;
    private final long nowMs;
    private final long newHorizonMs;
    private final RawRecords records;

    private ByteBuffer scratch = ByteBuffer.allocate(16 << 10);

    private long recordsRead;
    private long recordsKept;
    private long recordsWithoutKey;

    /**
     * @param lastOffsets by key, of all records from the first dirty offset to {@code mappedTo}
     * @param mappedTo last offset that the map covers; records above stay
     * @param endOffset of what could be cleaned: the batch before it stays
     * @param deleteRetentionMs how long tombstones stay that have no horizon yet
     */
    BatchFilter(
            OffsetMap lastOffsets,
            long mappedTo,
            CleanedTransactions transactions,
            LiveProducers producers,
            long endOffset,
            long deleteRetentionMs,
            long nowMs,
            RawRecords records) {
        this.lastOffsets = lastOffsets;
        this.mappedTo = mappedTo;
        this.transactions = transactions;
        this.producers = producers;
        this.endOffset = endOffset;
        this.nowMs = nowMs;
        this.newHorizonMs = nowMs + deleteRetentionMs;
        this.records = records;
    }

    long recordsRead() {
        return recordsRead;
    }

    long recordsKept() {
        return recordsKept;
    }

    long recordsWithoutKey() {
        return recordsWithoutKey;
    }

    /**
     * @param batch on the heap
     * @return the batch as it shall be from now on, often the same bytes; null if it goes. Valid
     *     until the next call.
     */
    @Nullable ByteBuffer filter(RecordBatchView batch) {
        boolean marker = batch.isControl();
        boolean needless =
                marker
                        ? transactions.isMarkerWithoutData(
                                batch.producerId(), MarkerType.of(batch), batch.lastOffset())
                        : transactions.isAborted(
                                batch.producerId(), batch.isTransactional(), batch.lastOffset());
        boolean keepHeader = producers.need(batch) || batch.nextOffset() == endOffset;
        if (needless && (!marker || horizonHasPassed(batch))) {
            return keepHeader ? emptied(batch) : null;
        }
        batch.requireCrc();
        Kept kept = marker ? Kept.all(batch) : choose(batch);
        recordsRead += batch.recordCount();
        recordsKept += kept.count;
        if (kept.count == 0) {
            return keepHeader ? emptied(batch) : null;
        }
        boolean newHorizon =
                (kept.tombstones || (marker && needless))
                        && !batch.hasDeleteHorizon()
                        && newHorizonMs >= 0;
        return kept.count == batch.recordCount() && !newHorizon
                ? batch.bytes()
                : rewritten(batch, newHorizon, marker);
    }

    private boolean horizonHasPassed(RecordBatchView batch) {
        return batch.hasDeleteHorizon() && batch.baseTimestamp() <= nowMs;
    }

    /** How many records of a batch stay, and whether a tombstone is among them. */
    private record Kept(int count, boolean tombstones) {
        static Kept all(RecordBatchView batch) {
            return new Kept(batch.recordCount(), false);
        }
    }

    private Kept choose(RecordBatchView batch) {
        boolean tombstonesStay = !horizonHasPassed(batch);
        int count = 0;
        boolean tombstones = false;
        records.wrap(batch);
        while (records.next()) {
            if (stays(tombstonesStay)) {
                count++;
                tombstones |= records.isTombstone();
            } else if (!records.hasKey()) {
                recordsWithoutKey++;
            }
        }
        return new Kept(count, tombstones);
    }

    /** The record at hand. */
    private boolean stays(boolean tombstonesStay) {
        long offset = records.offset();
        if (offset > mappedTo) {
            return true;
        }
        return records.hasKey()
                && (tombstonesStay || !records.isTombstone())
                && lastOffsets.get(records.bytes(), records.keyStart(), records.keyLength())
                        <= offset;
    }

    /** The header alone. */
    private ByteBuffer emptied(RecordBatchView batch) {
        int attributes =
                batch.attributes()
                        & ~(RecordBatchView.CODEC_MASK | RecordBatchView.DELETE_HORIZON_BIT);
        ByteBuffer header = ByteBuffer.allocate(RecordBatchView.HEADER_BYTES);
        header.put(0, batch.bytes(), 0, RecordBatchView.HEADER_BYTES);
        header.putShort(RecordBatchView.ATTRIBUTES, (short) attributes);
        header.putLong(RecordBatchView.BASE_TIMESTAMP, RecordBatchView.NO_TIMESTAMP);
        header.putInt(RecordBatchView.RECORD_COUNT, 0);
        return seal(header, RecordBatchView.HEADER_BYTES);
    }

    /**
     * The header with the records that stay, compressed as they were. Their bytes are copied; a new
     * base timestamp changes their timestamp deltas.
     */
    private ByteBuffer rewritten(RecordBatchView batch, boolean newHorizon, boolean all) {
        long base = newHorizon ? newHorizonMs : batch.baseTimestamp();
        long deltaShift = batch.baseTimestamp() - base;
        boolean tombstonesStay = all || !horizonHasPassed(batch);
        long maxTimestamp = RecordBatchView.NO_TIMESTAMP;
        int count = 0;
        BatchOutput out = new BatchOutput(scratch);
        try (OutputStream body = out.body(batch.codec())) {
            records.wrap(batch);
            while (records.next()) {
                if (all || stays(tombstonesStay)) {
                    count++;
                    maxTimestamp =
                            Math.max(
                                    maxTimestamp, batch.baseTimestamp() + records.timestampDelta());
                    write(body, deltaShift);
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException("writing to memory", e);
        }
        ByteBuffer result = out.buffer();
        if (result.capacity() <= KEPT_BUFFER_BYTES) {
            scratch = result;
        }
        int size = result.position();
        result.put(0, batch.bytes(), 0, RecordBatchView.HEADER_BYTES);
        if (newHorizon) {
            result.putShort(
                    RecordBatchView.ATTRIBUTES,
                    (short) (batch.attributes() | RecordBatchView.DELETE_HORIZON_BIT));
        }
        result.putLong(RecordBatchView.BASE_TIMESTAMP, base);
        if (!batch.hasLogAppendTime()) {
            result.putLong(RecordBatchView.MAX_TIMESTAMP, maxTimestamp);
        }
        result.putInt(RecordBatchView.RECORD_COUNT, count);
        return seal(result, size);
    }

    /** The record at hand. */
    private void write(OutputStream out, long deltaShift) throws IOException {
        if (deltaShift == 0) {
            out.write(records.bytes(), records.start(), records.end() - records.start());
            return;
        }
        long delta = zigzag(records.timestampDelta() + deltaShift);
        int rest = records.end() - records.afterTimestamp();
        writeVarlong(out, zigzag(1 + varlongBytes(delta) + rest));
        out.write(0); // attributes
        writeVarlong(out, delta);
        out.write(records.bytes(), records.afterTimestamp(), rest);
    }

    private static long zigzag(long value) {
        return (value << 1) ^ (value >> 63);
    }

    private static int varlongBytes(long raw) {
        return Math.max(1, (70 - Long.numberOfLeadingZeros(raw)) / 7);
    }

    private static void writeVarlong(OutputStream out, long value) throws IOException {
        long raw = value;
        while ((raw & ~0x7fL) != 0) {
            out.write((int) (raw & 0x7f) | 0x80);
            raw >>>= 7;
        }
        out.write((int) raw);
    }

    /** Sets what follows from the rest. */
    private static ByteBuffer seal(ByteBuffer batch, int size) {
        batch.putInt(RecordBatchView.LENGTH, size - RecordBatchView.LENGTH_PREFIX_BYTES);
        batch.clear().limit(size);
        RecordBatchView.at(batch, 0).updateCrc();
        return batch;
    }
}
