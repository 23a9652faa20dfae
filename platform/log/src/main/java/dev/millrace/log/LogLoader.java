package dev.millrace.log;

import dev.millrace.log.SparseIndex.Entry;
import dev.millrace.log.TxnIndex.AbortedTxn;
import dev.millrace.log.disk.AtomicFile;
import dev.millrace.log.disk.Disk;
import dev.millrace.log.disk.DiskFile;
import dev.millrace.wire.record.RecordBatchView;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens the files of one log, and recovers them if the last process did not close it.
 *
 * <p>Below the recovery point everything is durable and believed. From the segment that contains it
 * on, every batch must have a whole frame and a matching CRC, offsets must follow each other, and
 * leader epochs may not go back; the log is cut at the first that fails, and later segments, or
 * segments after a missing tail, are dropped. Their indexes are rebuilt. Producer state comes from
 * the newest snapshot that is old enough, and the batches after it.
 */
final class LogLoader {
    private static final Logger LOG = LoggerFactory.getLogger(LogLoader.class);

    /** Five requests of the default size of a batch, from sixteen producers. */
    private static final int RECALLED_BYTES = 5 * 16 * (16 << 10);

    private final Disk disk;
    private final Path folder;
    private final LogConfig config;
    private final LeaderEpochs epochs;
    private final ProducerState producers;
    private final long nowMs;

    /**
     * A gap in the offsets up to here may come from compaction, which makes none above what is
     * durable; a gap above is a loss. If nobody knows, because the checkpoints were lost or a
     * cleaning was interrupted, every gap is believed.
     */
    private long compactedTo;

    /** Base of the first segment that was recovered. */
    private long recoveredFrom = Long.MAX_VALUE;

    LogLoader(
            Disk disk,
            Path folder,
            LogConfig config,
            LeaderEpochs epochs,
            ProducerState producers,
            long nowMs) {
        this.disk = disk;
        this.folder = folder;
        this.config = config;
        this.epochs = epochs;
        this.producers = producers;
        this.nowMs = nowMs;
    }

    /**
     * @param segments at least one
     */
    record Loaded(List<Segment> segments, long logStartOffset, long logEndOffset) {}

    Loaded load(boolean clean, Checkpointed offsets) throws IOException {
        boolean swapped = new InterruptedSwap(disk, folder).finish();
        removeLeftovers();
        long recoveryPoint = Math.max(0, offsets.recoveryPoint());
        compactedTo =
                swapped || (offsets.recoveryPoint() < 0 && config.cleanupCompact())
                        ? Long.MAX_VALUE
                        : Math.max(recoveryPoint, offsets.cleanedTo());
        long checkpointedStart = offsets.logStart();
        List<Segment> segments = loadSegments(clean, recoveryPoint);
        if (segments.isEmpty()) {
            segments.add(Segment.create(disk, folder, config, checkpointedStart, nowMs));
        }
        long end = segments.get(segments.size() - 1).nextOffset();
        if (end < checkpointedStart) {
            LOG.warn(
                    "{}: log end {} is below its start {}; begins empty there",
                    folder.getFileName(),
                    end,
                    checkpointedStart);
            drop(segments, 0);
            segments.add(Segment.create(disk, folder, config, checkpointedStart, nowMs));
            end = checkpointedStart;
        }
        long start = Math.max(checkpointedStart, segments.get(0).baseOffset);
        if (!epochs.wasStored()) {
            rebuildEpochs(segments);
        }
        epochs.truncateFromEnd(end);
        epochs.truncateFromStart(start);
        loadProducers(segments, start, Math.min(end, recoveredFrom));
        return new Loaded(segments, start, end);
    }

    private void removeLeftovers() throws IOException {
        for (String name : disk.list(folder)) {
            if (name.endsWith(LogFileNames.DELETED) || name.endsWith(AtomicFile.TMP_SUFFIX)) {
                disk.delete(folder.resolve(name));
            }
        }
    }

    private List<Segment> loadSegments(boolean clean, long recoveryPoint) throws IOException {
        List<Long> bases = offsetsOf(LogFileNames.LOG);
        removeOrphans(LogFileNames.OFFSET_INDEX, offset -> bases.contains(offset));
        removeOrphans(LogFileNames.TIME_INDEX, offset -> bases.contains(offset));
        removeOrphans(LogFileNames.TXN_INDEX, offset -> bases.contains(offset));
        List<Segment> segments = new ArrayList<>();
        boolean complete = true;
        for (int i = 0; i < bases.size(); i++) {
            long base = bases.get(i);
            boolean last = i + 1 == bases.size();
            Segment previous = segments.isEmpty() ? null : segments.get(i - 1);
            boolean gap = previous != null && base > compactedTo && previous.nextOffset() != base;
            if (!complete || gap) {
                LOG.warn(
                        "{}: the log ends at {}; drops what follows from segment {} on",
                        folder.getFileName(),
                        segments.get(i - 1).nextOffset(),
                        base);
                dropFiles(bases.subList(i, bases.size()));
                break;
            }
            // A segment that ends at the recovery point may have been closed after that flush, and
            // its indexes then are not durable.
            boolean unflushed = !clean && (last || bases.get(i + 1) >= recoveryPoint);
            Segment segment = unflushed ? null : openSegment(base, last ? -1 : bases.get(i + 1));
            if (segment == null) {
                segment = openWithoutIndexes(base);
                complete = recover(segment, last ? -1 : bases.get(i + 1));
            }
            segments.add(segment);
        }
        return segments;
    }

    /**
     * Trusts what is there.
     *
     * @param nextBase of the next segment, -1 for the last one
     * @return null if an index is missing or cannot be right, or the end does not parse
     */
    private @Nullable Segment openSegment(long base, long nextBase) throws IOException {
        SparseIndex offsets =
                SparseIndex.openExisting(
                        disk,
                        LogFileNames.segmentFile(folder, base, LogFileNames.OFFSET_INDEX),
                        SparseIndex.OFFSET_KEY_BYTES);
        SparseIndex times =
                SparseIndex.openExisting(
                        disk,
                        LogFileNames.segmentFile(folder, base, LogFileNames.TIME_INDEX),
                        SparseIndex.TIMESTAMP_KEY_BYTES);
        TxnIndex txns =
                TxnIndex.openExisting(
                        disk, LogFileNames.segmentFile(folder, base, LogFileNames.TXN_INDEX));
        if (offsets != null && times != null && txns != null) {
            Segment segment = segment(base, offsets, times, txns);
            if (restore(segment, nextBase)) {
                return segment;
            }
            segment.close();
            return null;
        }
        if (offsets != null) {
            offsets.close();
        }
        if (times != null) {
            times.close();
        }
        return null;
    }

    private boolean restore(Segment segment, long nextBase) throws IOException {
        int size = sizeOf(segment);
        Entry lastOffset = segment.offsets.last();
        Entry lastTime = segment.times.last();
        int indexed = lastOffset == null ? 0 : lastOffset.value();
        if (indexed < 0
                || (indexed > 0 && indexed >= size)
                || (lastOffset != null && lastOffset.key() < 0)
                || (lastTime != null && lastTime.value() < 0)) {
            return false;
        }
        long max = lastTime == null ? RecordBatchView.NO_TIMESTAMP : lastTime.key();
        long offsetOfMax = lastTime == null ? -1 : segment.baseOffset + lastTime.value();
        if (nextBase >= 0) {
            segment.restore(size, nextBase, max, offsetOfMax, -1, 0);
            segment.trustForced();
            return true;
        }
        long next = segment.baseOffset;
        BatchCursor cursor = segment.cursor(indexed, size);
        while (cursor.next()) {
            RecordBatchView batch = cursor.header();
            next = batch.nextOffset();
            if (batch.maxTimestamp() > max) {
                max = batch.maxTimestamp();
                offsetOfMax = batch.lastOffset();
            }
        }
        if (cursor.malformed()) {
            return false;
        }
        BatchCursor first = segment.cursor(0, size);
        long firstTimestamp =
                first.next() ? first.header().maxTimestamp() : RecordBatchView.NO_TIMESTAMP;
        segment.restore(size, next, max, offsetOfMax, firstTimestamp, size - indexed);
        return true;
    }

    /**
     * @param nextBase of the next segment, -1 for the last one
     * @return false if the segment had to be cut
     */
    private boolean recover(Segment segment, long nextBase) throws IOException {
        if (segment.baseOffset < recoveredFrom) {
            recoveredFrom = segment.baseOffset;
            // The file may know epochs of batches that a crash took; the batches here know better,
            // but for those that compaction took.
            epochs.truncateFromEnd(Math.max(recoveredFrom, compactedTo));
        }
        int size = sizeOf(segment);
        int valid = 0;
        long next = segment.baseOffset;
        int lastEpoch = -1;
        BatchCursor cursor = new BatchCursor(segment.log, 0, size, BatchCursor.SCAN_BLOCK_BYTES);
        while (cursor.next()) {
            RecordBatchView batch = cursor.whole();
            if (!follows(batch, next, segment, cursor.position(), nextBase)
                    || !segment.canHold(batch.lastOffset())
                    || batch.leaderEpoch() < lastEpoch
                    || !batch.crcMatches()) {
                break;
            }
            segment.indexBatch(batch, cursor.position(), config.indexIntervalBytes());
            noteEpoch(batch);
            lastEpoch = batch.leaderEpoch();
            next = batch.nextOffset();
            valid = cursor.position() + batch.sizeBytes();
        }
        segment.recovered(valid, next);
        if (valid == size) {
            return true;
        }
        if (onlyZeros(segment.log, valid, size)) {
            // Preallocated, and never written.
            segment.log.truncate(valid);
            segment.log.force();
            return true;
        }
        LOG.warn(
                "{}: cuts segment {} at {} of {} bytes, offset {}: no valid record batch there",
                folder.getFileName(),
                segment.baseOffset,
                valid,
                size,
                next);
        segment.log.truncate(valid);
        segment.log.force();
        return false;
    }

    static boolean onlyZeros(DiskFile file, long from, long to) throws IOException {
        ByteBuffer block =
                ByteBuffer.allocate((int) Math.min(to - from, BatchCursor.SCAN_BLOCK_BYTES));
        for (long at = from; at < to; at += block.position()) {
            block.clear().limit((int) Math.min(block.capacity(), to - at));
            if (file.read(block, at) <= 0) {
                return false;
            }
            for (int i = 0; i < block.position(); i++) {
                if (block.get(i) != 0) {
                    return false;
                }
            }
        }
        return true;
    }

    /**
     * The CRC does not cover the base offset. Only what was compacted, here or by a leader, may
     * have gaps; where that is not certain, what comes after the gap has to fit.
     */
    private boolean follows(
            RecordBatchView batch, long next, Segment segment, int position, long nextBase)
            throws IOException {
        long baseOffset = batch.baseOffset();
        if (baseOffset == next || (baseOffset > next && baseOffset <= compactedTo)) {
            return true;
        }
        if (baseOffset < next || !config.cleanupCompact()) {
            return false;
        }
        BatchCursor rest = segment.cursor(position + batch.sizeBytes(), sizeOf(segment));
        long following = rest.next() ? rest.header().baseOffset() : nextBase;
        return following >= batch.nextOffset();
    }

    private void noteEpoch(RecordBatchView batch) {
        OptionalInt latest = epochs.latest();
        if (latest.isEmpty() || batch.leaderEpoch() > latest.getAsInt()) {
            epochs.assign(batch.leaderEpoch(), batch.baseOffset());
        }
    }

    private void rebuildEpochs(List<Segment> segments) throws IOException {
        epochs.clear();
        for (Segment segment : segments) {
            BatchCursor cursor = segment.cursor(0, segment.sizeBytes());
            while (cursor.next()) {
                noteEpoch(cursor.header());
            }
        }
    }

    /** With empty indexes, for recovery to fill. */
    private Segment openWithoutIndexes(long base) throws IOException {
        return segment(
                base,
                SparseIndex.createEmpty(
                        disk,
                        LogFileNames.segmentFile(folder, base, LogFileNames.OFFSET_INDEX),
                        SparseIndex.OFFSET_KEY_BYTES),
                SparseIndex.createEmpty(
                        disk,
                        LogFileNames.segmentFile(folder, base, LogFileNames.TIME_INDEX),
                        SparseIndex.TIMESTAMP_KEY_BYTES),
                TxnIndex.createEmpty(
                        disk, LogFileNames.segmentFile(folder, base, LogFileNames.TXN_INDEX)));
    }

    private Segment segment(long base, SparseIndex offsets, SparseIndex times, TxnIndex txns)
            throws IOException {
        DiskFile log = disk.open(LogFileNames.segmentFile(folder, base, LogFileNames.LOG));
        return new Segment(disk, folder, base, log, offsets, times, txns, nowMs);
    }

    private int sizeOf(Segment segment) throws IOException {
        long size = segment.log.size();
        if (size > Integer.MAX_VALUE) {
            throw new IOException(
                    "segment "
                            + segment.baseOffset
                            + " in "
                            + folder
                            + " has "
                            + size
                            + " bytes; a segment has at most 2 GiB");
        }
        return (int) size;
    }

    /**
     * Replays the producers' batches.
     *
     * @param snapshotLimit snapshots above are removed: they may be of a history that was cut, and
     *     a later crash must not find them again
     */
    void loadProducers(List<Segment> segments, long start, long snapshotLimit) throws IOException {
        if (removeOrphans(LogFileNames.SNAPSHOT, offset -> offset <= snapshotLimit)) {
            disk.syncDirectory(folder);
        }
        long from = start;
        producers.clear();
        for (long offset : SnapshotFiles.newestFirst(disk, folder)) {
            if (offset < start) {
                break;
            }
            Path file = LogFileNames.segmentFile(folder, offset, LogFileNames.SNAPSHOT);
            List<ProducerEntry> entries = ProducerSnapshot.read(disk, file);
            if (entries != null) {
                producers.restore(entries);
                recall(segments, offset);
                from = offset;
                break;
            }
            disk.delete(file);
        }
        for (Segment segment : segments) {
            if (segment.nextOffset() > from) {
                replay(segment, from);
            }
        }
        producers.onLogStartOffset(start);
        producers.expire(nowMs);
    }

    /**
     * A snapshot, in Kafka's format, has only the last batch of each producer. A retry of one
     * before it, whose acknowledgement a crash right after a roll has taken along, would not be
     * known again, and the producer would then write it twice: so the last stretch below the
     * snapshot is read, which is more than producers have in flight.
     */
    private void recall(List<Segment> segments, long snapshotOffset) throws IOException {
        for (int i = segments.size() - 1; i >= 0; i--) {
            Segment segment = segments.get(i);
            if (segment.baseOffset >= snapshotOffset) {
                continue;
            }
            int end = segment.sizeBytes();
            Entry begin = segment.offsets.floorByValue(Math.max(0, end - RECALLED_BYTES));
            BatchCursor cursor = segment.cursor(begin == null ? 0 : begin.value(), end);
            while (cursor.next() && cursor.header().baseOffset() < snapshotOffset) {
                RecordBatchView batch = cursor.header();
                if (batch.hasProducerId() && !batch.isControl()) {
                    producers.recall(batch);
                }
            }
            return;
        }
    }

    private void replay(Segment segment, long from) throws IOException {
        BatchCursor cursor = segment.cursor(segment.positionOf(from), segment.sizeBytes());
        while (cursor.next()) {
            RecordBatchView batch = cursor.header();
            // The first may begin below the log start: its other records count, and their
            // transaction.
            if (!batch.hasProducerId()) {
                continue;
            }
            AbortedTxn aborted = producers.apply(batch.isControl() ? cursor.whole() : batch);
            if (aborted != null && segment.baseOffset >= recoveredFrom) {
                segment.txns.append(aborted);
            }
        }
        segment.requireWellFormed(cursor);
    }

    private void drop(List<Segment> segments, int from) throws IOException {
        for (Segment segment : segments.subList(from, segments.size())) {
            segment.close();
        }
        dropFiles(segments.subList(from, segments.size()).stream().map(s -> s.baseOffset).toList());
        segments.subList(from, segments.size()).clear();
    }

    /** Last first, so that a crash in between leaves no gap. */
    private void dropFiles(List<Long> bases) throws IOException {
        for (int i = bases.size() - 1; i >= 0; i--) {
            for (String suffix :
                    List.of(
                            LogFileNames.LOG,
                            LogFileNames.OFFSET_INDEX,
                            LogFileNames.TIME_INDEX,
                            LogFileNames.TXN_INDEX)) {
                disk.delete(LogFileNames.segmentFile(folder, bases.get(i), suffix));
            }
        }
        disk.syncDirectory(folder);
    }

    private List<Long> offsetsOf(String suffix) throws IOException {
        List<Long> offsets = new ArrayList<>();
        for (String name : disk.list(folder)) {
            LogFileNames.offsetOf(name, suffix).ifPresent(offsets::add);
        }
        return offsets;
    }

    private boolean removeOrphans(String suffix, LongPredicate keep) throws IOException {
        boolean removed = false;
        for (long offset : offsetsOf(suffix)) {
            if (!keep.test(offset)) {
                disk.delete(LogFileNames.segmentFile(folder, offset, suffix));
                removed = true;
            }
        }
        return removed;
    }
}
