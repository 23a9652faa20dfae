package dev.millrace.log;

import dev.millrace.log.FetchedRecords.FileRegion;
import dev.millrace.log.SparseIndex.Entry;
import dev.millrace.log.TxnIndex.AbortedTxn;
import dev.millrace.log.disk.Disk;
import dev.millrace.log.disk.DiskFile;
import dev.millrace.wire.record.RecordBatchView;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.jspecify.annotations.Nullable;

/**
 * A piece of the log: batches back to back in one file, from a base offset on, with its indexes.
 * Batches are never changed. The owner of the log appends to the last segment; any thread reads.
 */
final class Segment {
    private static final int MAX_BUFFERED_READ_BYTES = 1 << 20;

    final long baseOffset;
    final DiskFile log;
    final SparseIndex offsets;
    final SparseIndex times;
    final TxnIndex txns;
    final long createdMs;

    private final Disk disk;
    private final Path folder;
    private final Warmth.OfFile warmth = new Warmth.OfFile();

    /** Written before {@link #size}, read after it, so that no reader passes its bound. */
    private volatile long nextOffset;

    private volatile int size;
    private volatile long maxTimestamp = RecordBatchView.NO_TIMESTAMP;
    private long offsetOfMaxTimestamp = -1;
    private long firstTimestamp = RecordBatchView.NO_TIMESTAMP;
    private int bytesSinceIndexEntry;
    private volatile boolean forced;

    Segment(
            Disk disk,
            Path folder,
            long baseOffset,
            DiskFile log,
            SparseIndex offsets,
            SparseIndex times,
            TxnIndex txns,
            long createdMs) {
        this.disk = disk;
        this.folder = folder;
        this.baseOffset = baseOffset;
        this.log = log;
        this.offsets = offsets;
        this.times = times;
        this.txns = txns;
        this.createdMs = createdMs;
        this.nextOffset = baseOffset;
    }

    /** Empty; with {@code preallocate}, zeros follow that {@link #seal} cuts off. */
    static Segment create(Disk disk, Path folder, LogConfig config, long baseOffset, long nowMs)
            throws IOException {
        DiskFile log = disk.open(LogFileNames.segmentFile(folder, baseOffset, LogFileNames.LOG));
        log.truncate(0);
        if (config.preallocate()) {
            log.extend(config.segmentBytes());
        }
        return new Segment(
                disk,
                folder,
                baseOffset,
                log,
                SparseIndex.createEmpty(
                        disk,
                        LogFileNames.segmentFile(folder, baseOffset, LogFileNames.OFFSET_INDEX),
                        SparseIndex.OFFSET_KEY_BYTES),
                SparseIndex.createEmpty(
                        disk,
                        LogFileNames.segmentFile(folder, baseOffset, LogFileNames.TIME_INDEX),
                        SparseIndex.TIMESTAMP_KEY_BYTES),
                TxnIndex.createEmpty(
                        disk, LogFileNames.segmentFile(folder, baseOffset, LogFileNames.TXN_INDEX)),
                nowMs);
    }

    /**
     * An empty one for a cleaner to fill, in files with the suffix {@link LogFileNames#CLEANED}.
     *
     * @param createdMs when the newest of those was created that it replaces
     */
    static Segment createCleaned(Disk disk, Path folder, long baseOffset, long createdMs)
            throws IOException {
        DiskFile log = disk.open(cleanedFile(folder, baseOffset, LogFileNames.LOG));
        log.truncate(0);
        return new Segment(
                disk,
                folder,
                baseOffset,
                log,
                createCleanedIndex(
                        disk,
                        folder,
                        baseOffset,
                        LogFileNames.OFFSET_INDEX,
                        SparseIndex.OFFSET_KEY_BYTES),
                createCleanedIndex(
                        disk,
                        folder,
                        baseOffset,
                        LogFileNames.TIME_INDEX,
                        SparseIndex.TIMESTAMP_KEY_BYTES),
                TxnIndex.unwritten(
                        disk, LogFileNames.segmentFile(folder, baseOffset, LogFileNames.TXN_INDEX)),
                createdMs);
    }

    private static SparseIndex createCleanedIndex(
            Disk disk, Path folder, long baseOffset, String suffix, int keyBytes)
            throws IOException {
        return SparseIndex.createAs(
                disk,
                cleanedFile(folder, baseOffset, suffix),
                LogFileNames.segmentFile(folder, baseOffset, suffix),
                keyBytes);
    }

    private static Path cleanedFile(Path folder, long baseOffset, String suffix) {
        return LogFileNames.segmentFile(folder, baseOffset, suffix + LogFileNames.CLEANED);
    }

    int sizeBytes() {
        return size;
    }

    long nextOffset() {
        return nextOffset;
    }

    long maxTimestamp() {
        return maxTimestamp;
    }

    long offsetOfMaxTimestamp() {
        return offsetOfMaxTimestamp;
    }

    /** Max timestamp of the first batch, -1 while there is none. */
    long firstTimestamp() {
        return firstTimestamp;
    }

    /** The same, from the file if need be. Not for the active segment, but for its owner. */
    long timestampOfFirstBatch() throws IOException {
        if (firstTimestamp == RecordBatchView.NO_TIMESTAMP && size > 0) {
            BatchCursor first = new BatchCursor(log, 0, size, RecordBatchView.HEADER_BYTES);
            if (first.next()) {
                firstTimestamp = first.header().maxTimestamp();
            }
        }
        return firstTimestamp;
    }

    /** What was found when the segment was opened. */
    void restore(
            int size,
            long nextOffset,
            long maxTimestamp,
            long offsetOfMaxTimestamp,
            long firstTimestamp,
            int bytesSinceIndexEntry) {
        this.nextOffset = nextOffset;
        this.size = size;
        this.maxTimestamp = maxTimestamp;
        this.offsetOfMaxTimestamp = offsetOfMaxTimestamp;
        this.firstTimestamp = firstTimestamp;
        this.bytesSinceIndexEntry = bytesSinceIndexEntry;
    }

    /** The batches below are valid, and were given to {@link #indexBatch} one by one. */
    void recovered(int validBytes, long nextOffset) {
        this.nextOffset = nextOffset;
        this.size = validBytes;
    }

    /** Batches and indexes are durable already. */
    void trustForced() {
        forced = true;
    }

    boolean isForced() {
        return forced;
    }

    boolean canHold(long lastOffset) {
        return lastOffset - baseOffset <= Integer.MAX_VALUE;
    }

    boolean indexesFull(int maxIndexBytes) {
        // One entry is kept for the timestamp that closes the segment.
        return offsets.isFull(maxIndexBytes) || times.isFull(maxIndexBytes - 12);
    }

    /** Appends whole batches that have their final offsets; one write. */
    void append(ByteBuffer records, int indexIntervalBytes) throws IOException {
        int start = records.position();
        int end = records.limit();
        int oldSize = size;
        log.write(records.duplicate(), oldSize);
        RecordBatchView batch = new RecordBatchView();
        long next = nextOffset;
        for (int at = start; at < end; at += batch.sizeBytes()) {
            batch.wrap(records, at);
            indexBatch(batch, oldSize + at - start, indexIntervalBytes);
            next = batch.nextOffset();
        }
        nextOffset = next;
        size = oldSize + end - start;
    }

    /** What was appended from position {@code from} on is in the operating system's memory. */
    void written(int from, Warmth.Moment now) {
        warmth.written(from, size, now);
    }

    /** Called for each batch in order, when appending and when rebuilding. */
    void indexBatch(RecordBatchView batch, int position, int indexIntervalBytes)
            throws IOException {
        if (position == 0) {
            firstTimestamp = batch.maxTimestamp();
        }
        if (batch.maxTimestamp() > maxTimestamp) {
            maxTimestamp = batch.maxTimestamp();
            offsetOfMaxTimestamp = batch.lastOffset();
        }
        if (bytesSinceIndexEntry > indexIntervalBytes) {
            offsets.append(batch.lastOffset() - baseOffset, position);
            appendTimeEntry();
            bytesSinceIndexEntry = 0;
        }
        bytesSinceIndexEntry += batch.sizeBytes();
    }

    private void appendTimeEntry() throws IOException {
        Entry last = times.last();
        if (offsetOfMaxTimestamp >= 0 && (last == null || maxTimestamp > last.key())) {
            times.append(maxTimestamp, (int) (offsetOfMaxTimestamp - baseOffset));
        }
    }

    /** Nothing more is appended: the time index ends with the greatest timestamp. */
    void seal() throws IOException {
        log.truncate(size);
        appendTimeEntry();
        offsets.seal();
        times.seal();
    }

    /** Position of the first batch that ends at or above {@code offset}; the size if none does. */
    int positionOf(long offset) throws IOException {
        int end = size;
        Entry entry = offsets.floorByKey(offset - baseOffset);
        BatchCursor cursor = cursor(entry == null ? 0 : entry.value(), end);
        while (cursor.next()) {
            if (cursor.header().lastOffset() >= offset) {
                return cursor.position();
            }
        }
        requireWellFormed(cursor);
        return end;
    }

    BatchCursor cursor(int from, int to) {
        return new BatchCursor(log, from, to, BatchCursor.LOOKUP_BLOCK_BYTES);
    }

    void requireWellFormed(BatchCursor cursor) {
        if (cursor.malformed()) {
            throw new CorruptRecordException(
                    "segment "
                            + baseOffset
                            + " of "
                            + folder.getFileName()
                            + " has no record batch at position "
                            + cursor.position());
        }
    }

    /**
     * Whole batches from the one that contains {@code startOffset}, below {@code maxOffset}; null
     * if the segment has nothing at or above {@code startOffset}, empty if the bounds allow none.
     */
    @Nullable FetchedRecords read(
            long startOffset,
            long maxOffset,
            int maxBytes,
            boolean minOneBatch,
            int fileRegionMinBytes,
            Warmth.Moment now)
            throws IOException {
        int end = size;
        boolean toTheEnd = maxOffset >= nextOffset;
        int position = positionOf(startOffset);
        if (position >= end) {
            return null;
        }
        int wanted = Math.min(maxBytes, end - position);
        if (wanted >= fileRegionMinBytes) {
            boolean warm = warmth.has(position, position + wanted, now);
            FetchedRecords region = readRegion(position, wanted, end, toTheEnd, maxOffset, warm);
            warmth.read(position, position + (region == null ? 0 : region.sizeBytes()), now);
            if (region != null && region.sizeBytes() >= fileRegionMinBytes) {
                return region;
            }
        }
        return readBuffered(
                position, Math.min(wanted, MAX_BUFFERED_READ_BYTES), end, maxOffset, minOneBatch);
    }

    /**
     * Whether {@link #read} would find all it needs in memory, this process's or the operating
     * system's; as far as can be known without asking the disk.
     */
    boolean isWarm(long startOffset, int maxBytes, Warmth.Moment now) {
        int end = size;
        Entry entry = offsets.floorByKeyInMemory(startOffset - baseOffset);
        return entry != null
                && startOffset < nextOffset
                && warmth.has(
                        entry.value(), (int) Math.min(end, (long) entry.value() + maxBytes), now);
    }

    /** Cuts at index entries, which are borders of batches; null if that leaves nothing. */
    private @Nullable FetchedRecords readRegion(
            int position, int wanted, int end, boolean toTheEnd, long maxOffset, boolean warm)
            throws IOException {
        FileChannel channel = log.channel();
        if (channel == null) {
            return null;
        }
        int stop = position + wanted;
        if (stop < end) {
            Entry entry = offsets.floorByValue(stop);
            stop = entry == null ? position : entry.value();
        }
        if (!toTheEnd) {
            Entry entry = offsets.floorByKey(maxOffset - 1 - baseOffset);
            stop = Math.min(stop, entry == null ? position : entry.value());
        }
        return stop <= position
                ? null
                : FetchedRecords.of(new FileRegion(channel, position, stop - position, warm));
    }

    private FetchedRecords readBuffered(
            int position, int wanted, int end, long maxOffset, boolean minOneBatch)
            throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(wanted);
        log.read(bytes, position);
        bytes.flip();
        int whole = wholeBatches(bytes, 0, bytes.limit(), maxOffset);
        if (whole == 0 && minOneBatch) {
            ByteBuffer first = readFirst(position, end, maxOffset);
            return first == null ? FetchedRecords.NONE : FetchedRecords.of(first);
        }
        return whole == 0 ? FetchedRecords.NONE : FetchedRecords.of(bytes.limit(whole));
    }

    private @Nullable ByteBuffer readFirst(int position, int end, long maxOffset)
            throws IOException {
        BatchCursor cursor = cursor(position, end);
        if (!cursor.next() || cursor.header().lastOffset() >= maxOffset) {
            requireWellFormed(cursor);
            return null;
        }
        ByteBuffer bytes = ByteBuffer.allocate(cursor.header().sizeBytes());
        log.read(bytes, position);
        return bytes.flip();
    }

    /** How many bytes from {@code from} are whole batches below {@code maxOffset}. */
    static int wholeBatches(ByteBuffer bytes, int from, int limit, long maxOffset) {
        RecordBatchView batch = new RecordBatchView();
        int at = from;
        while (limit - at >= RecordBatchView.HEADER_BYTES) {
            int batchBytes = batch.wrap(bytes, at).sizeBytes();
            if (batchBytes < RecordBatchView.HEADER_BYTES
                    || batchBytes > limit - at
                    || batch.lastOffset() >= maxOffset) {
                break;
            }
            at += batchBytes;
        }
        return at - from;
    }

    /** Drops everything from the batch on that contains or follows {@code offset}; durable. */
    void truncateTo(long offset, int indexIntervalBytes) throws IOException {
        int position = positionOf(offset);
        long next = baseOffset;
        long max = RecordBatchView.NO_TIMESTAMP;
        long offsetOfMax = -1;
        long first = RecordBatchView.NO_TIMESTAMP;
        BatchCursor cursor = cursor(0, position);
        while (cursor.next()) {
            RecordBatchView batch = cursor.header();
            if (cursor.position() == 0) {
                first = batch.maxTimestamp();
            }
            if (batch.maxTimestamp() > max) {
                max = batch.maxTimestamp();
                offsetOfMax = batch.lastOffset();
            }
            next = batch.nextOffset();
        }
        Entry lastKept = offsets.floorByKey(next - 1 - baseOffset);
        truncateIndex(offsets, true, next - 1 - baseOffset);
        truncateIndex(times, false, next - 1 - baseOffset);
        txns.truncateTo(next);
        log.truncate(position);
        log.force();
        offsets.force();
        times.force();
        txns.force();
        restore(
                position,
                next,
                max,
                offsetOfMax,
                first,
                position - (lastKept == null ? 0 : lastKept.value()));
    }

    private static void truncateIndex(SparseIndex index, boolean byKey, long lastRelativeOffset)
            throws IOException {
        int keep = 0;
        int high = index.entries();
        while (keep < high) {
            int middle = (keep + high) >>> 1;
            Entry entry = index.entry(middle);
            if ((byKey ? entry.key() : entry.value()) <= lastRelativeOffset) {
                keep = middle + 1;
            } else {
                high = middle;
            }
        }
        index.truncate(keep);
    }

    /** Makes the batches durable; of a sealed segment also the indexes, once. */
    void force(boolean sealed) throws IOException {
        if (forced) {
            return;
        }
        log.force();
        txns.force();
        if (sealed) {
            offsets.force();
            times.force();
            forced = true;
        }
    }

    /**
     * A cleaner has written all batches: makes them and the indexes durable.
     *
     * @param aborted transactions whose markers are among the batches
     * @param endOffset where the next segment begins
     */
    void finishCleaned(List<AbortedTxn> aborted, long endOffset) throws IOException {
        seal();
        log.force();
        offsets.force();
        times.force();
        txns.fill(aborted, cleanedFile(folder, baseOffset, LogFileNames.TXN_INDEX));
        nextOffset = endOffset;
        trustForced();
    }

    /** The segment is the active one again. */
    void unseal() {
        forced = false;
    }

    /** Renames the files away, so that a restart removes them; they can still be read. */
    void markDeleted() throws IOException {
        rename("", LogFileNames.DELETED);
    }

    /** Adds another suffix to the files' names; the log before its indexes. */
    void rename(String from, String to) throws IOException {
        for (String suffix : suffixes()) {
            Path file = LogFileNames.segmentFile(folder, baseOffset, suffix + from);
            if (disk.exists(file)) {
                disk.rename(file, LogFileNames.segmentFile(folder, baseOffset, suffix + to));
            }
        }
    }

    void removeDeleted() throws IOException {
        remove(LogFileNames.DELETED);
    }

    /** Closes the files, and removes those of them that have the suffix. */
    void remove(String nameSuffix) throws IOException {
        close();
        for (String suffix : suffixes()) {
            disk.delete(LogFileNames.segmentFile(folder, baseOffset, suffix + nameSuffix));
        }
    }

    private static List<String> suffixes() {
        return List.of(
                LogFileNames.LOG,
                LogFileNames.OFFSET_INDEX,
                LogFileNames.TIME_INDEX,
                LogFileNames.TXN_INDEX);
    }

    void close() throws IOException {
        log.close();
        offsets.close();
        times.close();
    }
}
