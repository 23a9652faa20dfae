package dev.millrace.log;

import dev.millrace.log.disk.Disk;
import dev.millrace.wire.record.RecordBatchView;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The segments of one log in order, with the producer snapshots between them and the files of those
 * given up.
 *
 * <pre>
 *   given up │ [ 5000.log ][ 11200.log ][ 17320.log  active ]
 *            │         5000      11200       17320   .snapshot
 * </pre>
 *
 * The owner rolls and gives up, in memory but for the new segment's file; any thread reads {@link
 * #current}. What else happens to files waits for {@link #force}, {@link #tidy}, {@link
 * #removeDeleted} and the truncations, of which one runs at a time: the log sees to that.
 */
final class SegmentChain {
    private final Disk disk;
    private final Path folder;
    private final SnapshotFiles snapshots;
    private final DeletedSegments deleted = new DeletedSegments();

    private volatile Segment[] segments;

    /** Tells logs apart where chance should. */
    private final int seed;

    /** Files appeared or went since the folder was synced. */
    private volatile boolean folderChanged = true;

    private volatile boolean untidy;

    SegmentChain(Disk disk, Path folder, List<Segment> loaded) {
        this.disk = disk;
        this.folder = folder;
        this.seed = folder.hashCode();
        this.snapshots = new SnapshotFiles(disk, folder);
        this.segments = loaded.toArray(Segment[]::new);
    }

    /** At least one; never changed, another array takes its place. */
    Segment[] current() {
        return segments;
    }

    Segment active() {
        Segment[] current = segments;
        return current[current.length - 1];
    }

    /** Whether the active segment cannot or should not take {@code records}. */
    boolean rollDue(ByteBuffer records, long lastOffset, LogConfig config, long nowMs) {
        Segment active = active();
        return active.sizeBytes() > 0
                && (active.sizeBytes() > config.segmentBytes() - records.remaining()
                        || active.indexesFull(config.segmentIndexBytes())
                        || !active.canHold(lastOffset)
                        || spannedMs(active, records, nowMs) > rollAfterMs(active, config));
    }

    /** {@code segment.ms} less this segment's share of {@code segment.jitter.ms}. */
    private long rollAfterMs(Segment active, LogConfig config) {
        long jitterMs = Math.min(config.segmentJitterMs(), config.segmentMs());
        if (jitterMs == 0) {
            return config.segmentMs();
        }
        // Mixed as SplittableRandom mixes: neighbours must not roll together.
        long mixed = (seed + active.baseOffset) * 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ (mixed >>> 30)) * 0xBF58476D1CE4E5B9L;
        return config.segmentMs() - Math.floorMod(mixed ^ (mixed >>> 27), jitterMs);
    }

    /** By the records' time where they have one, so that a replayed history rolls as the first. */
    private static long spannedMs(Segment active, ByteBuffer records, long nowMs) {
        long appended = RecordBatchView.at(records, records.position()).maxTimestamp();
        return active.firstTimestamp() >= 0 && appended >= 0
                ? appended - active.firstTimestamp()
                : nowMs - active.createdMs;
    }

    /** Whether the active segment has been written to for long enough, appends or not. */
    boolean rollDueByTime(LogConfig config, long nowMs) {
        Segment active = active();
        long since = active.firstTimestamp() >= 0 ? active.firstTimestamp() : active.createdMs;
        return active.sizeBytes() > 0 && nowMs - since > rollAfterMs(active, config);
    }

    /**
     * Goes on in a new segment. Owner: writes the ends of two indexes and creates a file, which
     * takes a tenth of a millisecond however many segments there are ({@code RollBenchmark}: 105 us
     * of CPU time, p99 220 us, on ext4); the rest is left to {@link #tidy}.
     */
    void roll(ProducerState producers, LogConfig config, long logEndOffset, long nowMs)
            throws IOException {
        active().seal();
        snapshots.take(producers, logEndOffset);
        Segment next = Segment.create(disk, folder, config, logEndOffset, nowMs);
        // Before the segment can be seen, so that who flushes it syncs the folder too.
        folderChanged = true;
        Segment[] current = segments;
        Segment[] extended = Arrays.copyOf(current, current.length + 1);
        extended[extended.length - 1] = next;
        segments = extended;
        untidy = true;
    }

    /** Nothing more is appended to the active segment. Owner. */
    void seal(ProducerState producers, long logEndOffset) throws IOException {
        active().seal();
        snapshots.take(producers, logEndOffset);
        folderChanged = true;
    }

    /** Owner; touches no file: half a microsecond for each ({@code RollBenchmark}). */
    void giveUpOldest(int count, long nowMs) {
        Segment[] current = segments;
        segments = Arrays.copyOfRange(current, count, current.length);
        for (int i = 0; i < count; i++) {
            deleted.add(current[i], nowMs);
        }
        folderChanged = true;
        untidy = true;
    }

    /** Drops the batch that contains {@code offset} and all after it; blocks. */
    void truncateTo(long offset, int indexIntervalBytes, long nowMs) throws IOException {
        Segment[] current = segments;
        int keep = Segments.floor(current, offset) + 1;
        renameFrom(current, keep, nowMs);
        current[keep - 1].truncateTo(offset, indexIntervalBytes);
        current[keep - 1].unseal();
        segments = Arrays.copyOf(current, keep);
    }

    /** Drops all and goes on at {@code offset}; blocks. */
    void startAt(long offset, LogConfig config, long nowMs) throws IOException {
        renameFrom(segments, 0, nowMs);
        segments = new Segment[] {Segment.create(disk, folder, config, offset, nowMs)};
    }

    /** At once, because a new segment may soon want the name of an old one; last first. */
    private void renameFrom(Segment[] current, int from, long nowMs) throws IOException {
        snapshots.dropTaken();
        deleted.rename();
        for (int i = current.length - 1; i >= from; i--) {
            deleted.add(current[i], nowMs);
            deleted.rename();
        }
        folderChanged = true;
    }

    /** Whole batches from {@code startOffset} on, below {@code bound}; any thread. */
    FetchedRecords read(
            long startOffset, long bound, int maxBytes, boolean minOneBatch, int fileRegionMinBytes)
            throws IOException {
        Segment[] current = segments;
        for (int i = Segments.floor(current, startOffset); i < current.length; i++) {
            @Nullable FetchedRecords read =
                    current[i].read(startOffset, bound, maxBytes, minOneBatch, fileRegionMinBytes);
            if (read != null) {
                return read;
            }
        }
        return FetchedRecords.NONE;
    }

    /** Makes every batch appended before the call durable, with snapshots and the folder. */
    void force() throws IOException {
        boolean syncFolder = folderChanged;
        if (syncFolder) {
            // Before the segments are looked at: a roll that comes now sets it again.
            folderChanged = false;
        }
        Segment[] current = segments;
        int first = current.length - 1;
        while (first > 0 && !current[first - 1].isForced()) {
            first--;
        }
        for (int i = first; i < current.length; i++) {
            current[i].force(i + 1 < current.length);
        }
        snapshots.store();
        if (syncFolder) {
            disk.syncDirectory(folder);
        }
    }

    /** Rolled, or gave up segments, since {@link #tidy} began. */
    boolean untidy() {
        return untidy;
    }

    /** What rolls and retention have left: old snapshots, and files that wait to be renamed. */
    void tidy(long recoveryPoint) throws IOException {
        untidy = false;
        deleted.rename();
        snapshots.removeOld(recoveryPoint);
    }

    void removeDeleted(long untilMs) throws IOException {
        deleted.remove(untilMs);
    }

    void close() throws IOException {
        for (Segment segment : segments) {
            segment.close();
        }
        deleted.close();
    }
}
