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
 * #removeDeleted}, {@link #swap} and the truncations, of which one runs at a time: the log sees to
 * that.
 */
final class SegmentChain {
    private final Disk disk;
    private final Path folder;
    private final SnapshotFiles snapshots;
    private final DeletedSegments deleted = new DeletedSegments();

    /** Replaced under the lock of this object, because a cleaner does so beside the owner. */
    private volatile Segment[] segments;

    /** Tells logs apart where chance should. */
    private final int seed;

    private volatile int truncations;

    /** Files appeared or went since the folder was synced. */
    private volatile boolean folderChanged = true;

    private volatile boolean untidy;

    /** Who opens a log that was closed believes its indexes: all of them have to be durable. */
    private volatile boolean sealed;

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

    /** {@link LogConfig#rollMs} less this segment's share of {@code segment.jitter.ms}. */
    private long rollAfterMs(Segment active, LogConfig config) {
        long jitterMs = Math.min(config.segmentJitterMs(), config.segmentMs());
        if (jitterMs == 0) {
            return config.rollMs();
        }
        // Mixed as SplittableRandom mixes: neighbours must not roll together.
        long mixed = (seed + active.baseOffset) * 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ (mixed >>> 30)) * 0xBF58476D1CE4E5B9L;
        return config.rollMs() - Math.floorMod(mixed ^ (mixed >>> 27), jitterMs);
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
        synchronized (this) {
            Segment[] current = segments;
            Segment[] extended = Arrays.copyOf(current, current.length + 1);
            extended[extended.length - 1] = next;
            segments = extended;
        }
        untidy = true;
    }

    /** Nothing more is appended to the active segment. Owner. */
    void seal(ProducerState producers, long logEndOffset) throws IOException {
        active().seal();
        sealed = true;
        snapshots.take(producers, logEndOffset);
        folderChanged = true;
    }

    /**
     * Owner; touches no file: half a microsecond for each ({@code RollBenchmark}).
     *
     * @param oldest of those seen in {@link #current}
     * @return false, and nothing is given up, if a cleaner has replaced one of them since
     */
    boolean giveUpOldest(List<Segment> oldest, long nowMs) {
        synchronized (this) {
            Segment[] current = segments;
            if (!contains(current, 0, oldest)) {
                return false;
            }
            segments = Arrays.copyOfRange(current, oldest.size(), current.length);
        }
        for (Segment each : oldest) {
            deleted.add(each, nowMs);
        }
        folderChanged = true;
        untidy = true;
        return true;
    }

    private static boolean contains(Segment[] segments, int at, List<Segment> wanted) {
        if (at < 0 || segments.length - at < wanted.size()) {
            return false;
        }
        for (int i = 0; i < wanted.size(); i++) {
            if (segments[at + i] != wanted.get(i)) {
                return false;
            }
        }
        return true;
    }

    /** How often the log was truncated: what a cleaner has read before may be gone. */
    int truncations() {
        return truncations;
    }

    /**
     * Puts a cleaned segment in the place of those it was made of. After a crash at any moment the
     * loader finds all of the old ones, or the new one: its {@code .swap} files are durable before
     * the first old file is renamed away, and from then on they count.
     *
     * @return false, and the cleaned files are left to the caller, if the old ones are not there
     *     any more
     */
    boolean swap(List<Segment> old, Segment cleaned, long nowMs) throws IOException {
        if (!isCurrent(old)) {
            return false;
        }
        cleaned.rename(LogFileNames.CLEANED, LogFileNames.SWAP);
        disk.syncDirectory(folder);
        if (!replace(old, cleaned)) {
            cleaned.rename(LogFileNames.SWAP, LogFileNames.CLEANED);
            return false;
        }
        for (Segment each : old) {
            each.markDeleted();
            deleted.addRenamed(each, nowMs);
        }
        disk.syncDirectory(folder);
        cleaned.rename(LogFileNames.SWAP, "");
        disk.syncDirectory(folder);
        return true;
    }

    private boolean isCurrent(List<Segment> wanted) {
        Segment[] current = segments;
        return contains(current, indexOf(current, wanted.get(0)), wanted);
    }

    private static int indexOf(Segment[] segments, Segment wanted) {
        int found = Segments.floor(segments, wanted.baseOffset);
        return segments[found] == wanted ? found : -1;
    }

    /** In memory. */
    private synchronized boolean replace(List<Segment> old, Segment replacement) {
        Segment[] current = segments;
        int from = indexOf(current, old.get(0));
        if (!contains(current, from, old)) {
            return false;
        }
        Segment[] next = new Segment[current.length - old.size() + 1];
        System.arraycopy(current, 0, next, 0, from);
        next[from] = replacement;
        int rest = from + old.size();
        System.arraycopy(current, rest, next, from + 1, current.length - rest);
        segments = next;
        return true;
    }

    /** Drops the batch that contains {@code offset} and all after it; blocks. */
    void truncateTo(long offset, int indexIntervalBytes, long nowMs) throws IOException {
        synchronized (this) {
            truncations++;
        }
        Segment[] current = segments;
        int keep = Segments.floor(current, offset) + 1;
        renameFrom(current, keep, nowMs);
        current[keep - 1].truncateTo(offset, indexIntervalBytes);
        current[keep - 1].unseal();
        synchronized (this) {
            segments = Arrays.copyOf(current, keep);
        }
    }

    /** Drops all and goes on at {@code offset}; blocks. */
    void startAt(long offset, LogConfig config, long nowMs) throws IOException {
        synchronized (this) {
            truncations++;
        }
        renameFrom(segments, 0, nowMs);
        Segment only = Segment.create(disk, folder, config, offset, nowMs);
        synchronized (this) {
            segments = new Segment[] {only};
        }
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

    /**
     * Whole batches from {@code startOffset} on, below {@code bound}; any thread.
     *
     * @param current the segments as the caller has seen them
     */
    static FetchedRecords read(
            Segment[] current,
            long startOffset,
            long bound,
            int maxBytes,
            boolean minOneBatch,
            int fileRegionMinBytes,
            Warmth.Moment now)
            throws IOException {
        for (int i = Segments.floor(current, startOffset); i < current.length; i++) {
            @Nullable FetchedRecords read =
                    current[i].read(
                            startOffset, bound, maxBytes, minOneBatch, fileRegionMinBytes, now);
            if (read != null) {
                return read;
            }
        }
        return FetchedRecords.NONE;
    }

    /** Makes every batch appended before the call durable, with snapshots and the folder. */
    void force() throws IOException {
        // What was given up is not forced: a crash must not bring it back below the recovery point.
        deleted.rename();
        boolean syncFolder = folderChanged;
        if (syncFolder) {
            // Before the segments are looked at: a roll that comes now sets it again.
            folderChanged = false;
            deleted.force();
        }
        Segment[] current = segments;
        int first = current.length - 1;
        while (first > 0 && !current[first - 1].isForced()) {
            first--;
        }
        for (int i = first; i < current.length; i++) {
            current[i].force(sealed || i + 1 < current.length);
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
