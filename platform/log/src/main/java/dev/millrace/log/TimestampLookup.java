package dev.millrace.log;

import dev.millrace.log.PartitionLog.TimestampedOffset;
import dev.millrace.log.SparseIndex.Entry;
import dev.millrace.wire.record.LogRecord;
import dev.millrace.wire.record.RecordBatchView;
import dev.millrace.wire.record.RecordIterator;
import java.io.IOException;
import java.util.Optional;

/** Finds records by time. Reads one batch's records; any thread. */
final class TimestampLookup {
    private TimestampLookup() {}

    /**
     * The first record at or above {@code fromOffset} that is not older than {@code timestampMs}.
     */
    static Optional<TimestampedOffset> firstAtOrAfter(
            Segment[] segments, long fromOffset, long timestampMs) throws IOException {
        for (Segment segment : segments) {
            if (segment.maxTimestamp() < timestampMs || segment.nextOffset() <= fromOffset) {
                continue;
            }
            Optional<TimestampedOffset> found = firstIn(segment, fromOffset, timestampMs);
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    private static Optional<TimestampedOffset> firstIn(
            Segment segment, long fromOffset, long timestampMs) throws IOException {
        // Records up to the entry's offset are all older than timestampMs.
        Entry older = segment.times.floorByKey(timestampMs - 1);
        long from = older == null ? fromOffset : segment.baseOffset + older.value() + 1;
        int start = segment.positionOf(Math.max(from, fromOffset));
        BatchCursor cursor = segment.cursor(start, segment.sizeBytes());
        while (cursor.next()) {
            RecordBatchView header = cursor.header();
            if (header.maxTimestamp() < timestampMs) {
                continue;
            }
            RecordBatchView batch = cursor.whole();
            try (RecordIterator records = batch.records()) {
                while (records.hasNext()) {
                    LogRecord record = records.next();
                    if (record.timestampMs() >= timestampMs && record.offset() >= fromOffset) {
                        return Optional.of(found(record, batch));
                    }
                }
            }
        }
        segment.requireWellFormed(cursor);
        return Optional.empty();
    }

    /** The first record that has the greatest timestamp of all. */
    static Optional<TimestampedOffset> greatest(Segment[] segments, long fromOffset)
            throws IOException {
        long greatest = RecordBatchView.NO_TIMESTAMP;
        for (Segment segment : segments) {
            greatest = Math.max(greatest, segment.maxTimestamp());
        }
        return greatest == RecordBatchView.NO_TIMESTAMP
                ? Optional.empty()
                : firstAtOrAfter(segments, fromOffset, greatest);
    }

    private static TimestampedOffset found(LogRecord record, RecordBatchView batch) {
        return new TimestampedOffset(record.timestampMs(), record.offset(), batch.leaderEpoch());
    }
}
