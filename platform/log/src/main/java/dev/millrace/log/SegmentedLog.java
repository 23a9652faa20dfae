package dev.millrace.log;

import dev.millrace.log.LogLoader.Loaded;
import dev.millrace.log.ProducerState.Duplicate;
import dev.millrace.log.TxnIndex.AbortedTxn;
import dev.millrace.log.disk.Disk;
import dev.millrace.wire.record.Codec;
import dev.millrace.wire.record.RecordBatchView;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.FencedLeaderEpochException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

/**
 * A partition's log as a list of segments.
 *
 * <pre>
 *  log start        recovery point     high watermark      log end
 *     |                   |                  |                |
 *  [ 0.log ][ 5000.log ][ 11200.log ][ 17320.log     active   ]
 *                                              [  tail cache  ]
 * </pre>
 *
 * The owner appends with one write and publishes the log end last. What other threads may read is
 * volatile or immutable; {@link #flush} takes a lock that the owner takes only to truncate and to
 * close, so that appends never wait for an fsync.
 */
final class SegmentedLog implements PartitionLog {
    /** Lowered recovery points must be on disk before the bytes above them go. */
    @FunctionalInterface
    interface RecoveryPoints {
        void store() throws IOException;
    }

    private static final long CACHE_IDLE_MS = 60_000;

    private final TopicPartition topicPartition;
    private final Uuid topicId;
    private final Path folder;
    private final Disk disk;
    private final Clock clock;
    private final LogDirectoryConfig directoryConfig;
    private final RecoveryPoints recoveryPoints;
    private final LeaderEpochs epochs;
    private final ProducerState producers;
    private final TailCache cache;

    private final Object flushLock = new Object();
    private final SnapshotFiles snapshots;
    private final DeletedSegments deletedSegments = new DeletedSegments();

    private volatile LogConfig config;
    private @Nullable Codec codec;
    private volatile Segment[] segments;
    private volatile long logStartOffset;
    private volatile long highWatermark;
    private volatile long logEndOffset;
    private volatile long recoveryPoint;
    private volatile long firstUnstableOffset;

    /**
     * What the checkpoint says. Epochs are forgotten only below it: after a crash the log may begin
     * there again.
     */
    private volatile long durableLogStart;

    private volatile long flushedAtMs;
    private volatile boolean directoryChanged = true;
    private volatile boolean closed;
    private volatile boolean deleted;
    private volatile @Nullable IOException failure;

    SegmentedLog(
            TopicPartition topicPartition,
            Uuid topicId,
            Path folder,
            Disk disk,
            Clock clock,
            LogDirectoryConfig directoryConfig,
            LogConfig config,
            RecoveryPoints recoveryPoints,
            LeaderEpochs epochs,
            ProducerState producers,
            TailCache cache,
            Loaded loaded,
            long recoveryPoint,
            long highWatermark) {
        this.topicPartition = topicPartition;
        this.topicId = topicId;
        this.folder = folder;
        this.disk = disk;
        this.clock = clock;
        this.directoryConfig = directoryConfig;
        this.config = config;
        this.codec = codecOf(config);
        this.recoveryPoints = recoveryPoints;
        this.epochs = epochs;
        this.producers = producers;
        this.cache = cache;
        this.snapshots = new SnapshotFiles(disk, folder);
        this.segments = loaded.segments().toArray(Segment[]::new);
        this.logStartOffset = loaded.logStartOffset();
        this.logEndOffset = loaded.logEndOffset();
        this.recoveryPoint = Math.min(recoveryPoint, logEndOffset);
        this.highWatermark = Math.max(logStartOffset, Math.min(highWatermark, logEndOffset));
        this.flushedAtMs = clock.millis();
        producers.onHighWatermark(this.highWatermark);
        this.firstUnstableOffset = producers.firstUnstableOffset();
    }

    private static @Nullable Codec codecOf(LogConfig config) {
        return config.compressionType().equals("producer")
                ? null
                : Codec.forConfigName(config.compressionType());
    }

    @Override
    public TopicPartition topicPartition() {
        return topicPartition;
    }

    @Override
    public Uuid topicId() {
        return topicId;
    }

    @Override
    public LogConfig config() {
        return config;
    }

    @Override
    public void updateConfig(LogConfig newConfig) {
        codec = codecOf(newConfig);
        config = newConfig;
    }

    @Override
    public long logStartOffset() {
        return logStartOffset;
    }

    @Override
    public long highWatermark() {
        return highWatermark;
    }

    @Override
    public long logEndOffset() {
        return logEndOffset;
    }

    @Override
    public long lastStableOffset() {
        return Math.min(firstUnstableOffset, highWatermark);
    }

    @Override
    public long recoveryPoint() {
        return recoveryPoint;
    }

    @Override
    public boolean flushDue() {
        LogConfig current = config;
        long unflushed = logEndOffset - recoveryPoint;
        return unflushed > 0
                && (unflushed >= current.flushMessages()
                        || clock.millis() - flushedAtMs >= current.flushMs());
    }

    @Override
    public long sizeBytes() {
        return Segments.sizeBytes(segments);
    }

    /** From any thread: {@code offset} is in the checkpoint of log starts. */
    void logStartStored(long offset) {
        durableLogStart = offset;
    }

    Path folder() {
        return folder;
    }

    private Segment active() {
        Segment[] current = segments;
        return current[current.length - 1];
    }

    @Override
    public AppendResult appendAsLeader(ByteBuffer records, int leaderEpoch, AppendOrigin origin)
            throws IOException {
        requireUsable();
        OptionalInt latestEpoch = epochs.latest();
        if (latestEpoch.isPresent() && leaderEpoch < latestEpoch.getAsInt()) {
            throw new FencedLeaderEpochException(
                    topicPartition
                            + ": append under leader epoch "
                            + leaderEpoch
                            + ", but the log is at epoch "
                            + latestEpoch.getAsInt());
        }
        LogConfig current = config;
        long nowMs = clock.millis();
        AppendValidator.validate(records, origin, current, nowMs);
        ByteBuffer batches =
                codec == null ? records : Recompressor.recompress(records, codec, current);
        Duplicate duplicate = checkProducers(batches, origin);
        if (duplicate != null) {
            return new AppendResult(
                    duplicate.firstOffset(),
                    duplicate.lastOffset(),
                    current.logAppendTime()
                            ? duplicate.timestampMs()
                            : RecordBatchView.NO_TIMESTAMP,
                    logStartOffset,
                    true);
        }
        long baseOffset = logEndOffset;
        long appendTimeMs = current.logAppendTime() ? nowMs : RecordBatchView.NO_TIMESTAMP;
        long nextOffset = assignOffsets(batches, baseOffset, leaderEpoch, appendTimeMs);
        append(batches, nextOffset, nowMs);
        return new AppendResult(baseOffset, nextOffset - 1, appendTimeMs, logStartOffset, false);
    }

    private @Nullable Duplicate checkProducers(ByteBuffer records, AppendOrigin origin) {
        RecordBatchView batch = new RecordBatchView();
        for (int at = records.position(); at < records.limit(); at += batch.sizeBytes()) {
            if (batch.wrap(records, at).hasProducerId()) {
                Duplicate duplicate = producers.check(batch, origin);
                if (duplicate != null) {
                    return duplicate;
                }
            }
        }
        return null;
    }

    private static long assignOffsets(
            ByteBuffer records, long baseOffset, int leaderEpoch, long appendTimeMs) {
        RecordBatchView batch = new RecordBatchView();
        long next = baseOffset;
        for (int at = records.position(); at < records.limit(); at += batch.sizeBytes()) {
            batch.wrap(records, at);
            batch.setBaseOffset(next);
            batch.setLeaderEpoch(leaderEpoch);
            if (appendTimeMs != RecordBatchView.NO_TIMESTAMP) {
                batch.setLogAppendTime(appendTimeMs);
            }
            next = batch.nextOffset();
        }
        return next;
    }

    @Override
    public void appendAsFollower(ByteBuffer records, int leaderEpoch) throws IOException {
        requireUsable();
        RecordBatchView batch = new RecordBatchView();
        long next = logEndOffset;
        int end = records.position();
        while (end < records.limit()) {
            batch.wrap(records, end).requireFrame(records.limit()).requireCrc();
            if (batch.leaderEpoch() > leaderEpoch) {
                break;
            }
            if (batch.baseOffset() < next || batch.lastOffsetDelta() < 0) {
                throw new CorruptRecordException(
                        topicPartition
                                + ": the leader sent "
                                + batch
                                + ", but the log ends at "
                                + next);
            }
            next = batch.nextOffset();
            end += batch.sizeBytes();
        }
        if (end > records.position()) {
            ByteBuffer accepted = records.duplicate().limit(end);
            append(accepted, next, clock.millis());
        }
    }

    /** Batches with their final offsets and epochs. */
    private void append(ByteBuffer records, long nextOffset, long nowMs) throws IOException {
        try {
            rollIfNeeded(records, nextOffset - 1, nowMs);
            assignEpochs(records);
            Segment active = active();
            active.append(records, config.indexIntervalBytes());
            cache.append(records, nowMs);
            applyToProducers(records, active);
        } catch (IOException e) {
            throw fail(e);
        }
        logEndOffset = nextOffset;
    }

    private void assignEpochs(ByteBuffer records) {
        RecordBatchView batch = new RecordBatchView();
        for (int at = records.position(); at < records.limit(); at += batch.sizeBytes()) {
            batch.wrap(records, at);
            epochs.assign(batch.leaderEpoch(), batch.baseOffset());
        }
    }

    private void applyToProducers(ByteBuffer records, Segment active) throws IOException {
        RecordBatchView batch = new RecordBatchView();
        for (int at = records.position(); at < records.limit(); at += batch.sizeBytes()) {
            batch.wrap(records, at);
            if (batch.hasProducerId()) {
                AbortedTxn aborted = producers.apply(batch);
                if (aborted != null) {
                    active.txns.append(aborted);
                }
                firstUnstableOffset = producers.firstUnstableOffset();
            }
        }
    }

    private void rollIfNeeded(ByteBuffer records, long lastOffset, long nowMs) throws IOException {
        Segment active = active();
        LogConfig current = config;
        if (active.sizeBytes() == 0) {
            return;
        }
        if (active.sizeBytes() > current.segmentBytes() - records.remaining()
                || active.indexesFull(current.segmentIndexBytes())
                || !active.canHold(lastOffset)
                || spannedMs(active, records, nowMs) > current.segmentMs()) {
            roll(nowMs);
        }
    }

    /** By the records' time where they have one, so that a replayed history rolls as the first. */
    private static long spannedMs(Segment active, ByteBuffer records, long nowMs) {
        long appended = RecordBatchView.at(records, records.position()).maxTimestamp();
        return active.firstTimestamp() >= 0 && appended >= 0
                ? appended - active.firstTimestamp()
                : nowMs - active.createdMs;
    }

    private void roll(long nowMs) throws IOException {
        active().seal();
        snapshots.take(producers, logEndOffset, recoveryPoint);
        Segment next = Segment.create(disk, folder, logEndOffset, nowMs);
        Segment[] extended = Arrays.copyOf(segments, segments.length + 1);
        extended[extended.length - 1] = next;
        directoryChanged = true;
        segments = extended;
    }

    @Override
    public boolean advanceHighWatermark(long offset) {
        long next = Math.min(offset, logEndOffset);
        if (next <= highWatermark) {
            return false;
        }
        highWatermark = next;
        producers.onHighWatermark(next);
        firstUnstableOffset = producers.firstUnstableOffset();
        return true;
    }

    @Override
    public FetchedRecords read(long startOffset, long maxOffset, int maxBytes, boolean minOneBatch)
            throws IOException {
        FetchedRecords inMemory = readFromMemory(startOffset, maxOffset, maxBytes, minOneBatch);
        if (inMemory != null) {
            return inMemory;
        }
        long bound = Math.min(maxOffset, logEndOffset);
        FetchedRecords read = readSegments(startOffset, bound, maxBytes, minOneBatch);
        return withAborted(read, startOffset, bound);
    }

    @Override
    public @Nullable FetchedRecords readFromMemory(
            long startOffset, long maxOffset, int maxBytes, boolean minOneBatch) {
        requireUsable();
        long end = logEndOffset;
        long start = logStartOffset;
        if (startOffset < start || startOffset > end) {
            throw new OffsetOutOfRangeException(
                    topicPartition
                            + ": offset "
                            + startOffset
                            + " is not in the log, which has "
                            + start
                            + " to "
                            + end);
        }
        long bound = Math.min(maxOffset, end);
        if (startOffset >= bound) {
            return FetchedRecords.NONE;
        }
        ByteBuffer cached = cache.read(startOffset, bound, maxBytes, minOneBatch);
        return cached == null ? null : withAborted(FetchedRecords.of(cached), startOffset, bound);
    }

    private FetchedRecords withAborted(FetchedRecords read, long startOffset, long bound) {
        return read.sizeBytes() == 0
                ? read
                : read.withAborted(Segments.abortedTransactions(segments, startOffset, bound));
    }

    private FetchedRecords readSegments(
            long startOffset, long bound, int maxBytes, boolean minOneBatch) throws IOException {
        Segment[] current = segments;
        try {
            for (int i = Segments.floor(current, startOffset); i < current.length; i++) {
                FetchedRecords read =
                        current[i].read(
                                startOffset,
                                bound,
                                maxBytes,
                                minOneBatch,
                                directoryConfig.fileRegionMinBytes());
                if (read != null) {
                    return read;
                }
            }
            return FetchedRecords.NONE;
        } catch (IOException e) {
            requireUsable();
            throw e;
        }
    }

    @Override
    public Optional<TimestampedOffset> offsetForTimestamp(long timestampMs) throws IOException {
        requireUsable();
        return TimestampLookup.firstAtOrAfter(segments, logStartOffset, timestampMs);
    }

    @Override
    public Optional<TimestampedOffset> maxTimestampOffset() throws IOException {
        requireUsable();
        return TimestampLookup.greatest(segments, logStartOffset);
    }

    @Override
    public Optional<EpochEndOffset> endOffsetForEpoch(int leaderEpoch) {
        return epochs.endOffsetFor(leaderEpoch, logEndOffset);
    }

    @Override
    public OptionalInt latestEpoch() {
        return epochs.latest();
    }

    @Override
    public void beginLeaderEpoch(int leaderEpoch) {
        OptionalInt latest = epochs.latest();
        if (latest.isEmpty() || leaderEpoch > latest.getAsInt()) {
            epochs.assign(leaderEpoch, logEndOffset);
        }
    }

    @Override
    public void truncateTo(long offset) throws IOException {
        requireUsable();
        if (offset >= logEndOffset) {
            return;
        }
        if (offset < segments[0].baseOffset) {
            truncateFullyAndStartAt(offset);
            return;
        }
        synchronized (flushLock) {
            try {
                lowerRecoveryPoint(offset);
                epochs.truncateFromEnd(offset);
                epochs.store();
                Segment[] current = segments;
                int keep = Segments.floor(current, offset) + 1;
                for (int i = current.length - 1; i >= keep; i--) {
                    giveUp(current[i]);
                }
                current[keep - 1].truncateTo(offset, config.indexIntervalBytes());
                current[keep - 1].unseal();
                segments = Arrays.copyOf(current, keep);
                restart(active().nextOffset());
                disk.syncDirectory(folder);
            } catch (IOException e) {
                throw fail(e);
            }
        }
    }

    @Override
    public void truncateFullyAndStartAt(long offset) throws IOException {
        requireUsable();
        synchronized (flushLock) {
            try {
                lowerRecoveryPoint(0);
                epochs.clear();
                epochs.store();
                Segment[] current = segments;
                for (int i = current.length - 1; i >= 0; i--) {
                    giveUp(current[i]);
                }
                segments = new Segment[] {Segment.create(disk, folder, offset, clock.millis())};
                logStartOffset = offset;
                durableLogStart = Math.min(durableLogStart, offset);
                restart(offset);
                disk.syncDirectory(folder);
                recoveryPoint = offset;
            } catch (IOException e) {
                throw fail(e);
            }
        }
    }

    private void lowerRecoveryPoint(long offset) throws IOException {
        if (offset < recoveryPoint) {
            recoveryPoint = offset;
            recoveryPoints.store();
        }
    }

    /** Goes on at {@code end}, which is below the old log end. */
    private void restart(long end) throws IOException {
        cache.clear();
        logEndOffset = end;
        highWatermark = Math.min(highWatermark, end);
        if (highWatermark < logStartOffset) {
            highWatermark = logStartOffset;
        }
        new LogLoader(disk, folder, config, epochs, producers, clock.millis())
                .loadProducers(List.of(segments), logStartOffset, end);
        producers.onHighWatermark(highWatermark);
        firstUnstableOffset = producers.firstUnstableOffset();
    }

    @Override
    public void advanceLogStartOffset(long offset) throws IOException {
        requireUsable();
        if (offset > highWatermark) {
            throw new OffsetOutOfRangeException(
                    topicPartition
                            + ": cannot delete records up to "
                            + offset
                            + ", the high watermark is "
                            + highWatermark);
        }
        if (offset <= logStartOffset) {
            return;
        }
        raiseLogStart(offset);
        deleteExpired(clock.millis());
    }

    private void raiseLogStart(long offset) {
        logStartOffset = offset;
        producers.onLogStartOffset(offset);
        firstUnstableOffset = producers.firstUnstableOffset();
    }

    @Override
    public int enforceRetention() throws IOException {
        requireUsable();
        long nowMs = clock.millis();
        producers.expire(nowMs);
        epochs.truncateFromStart(durableLogStart);
        cache.releaseIfIdle(nowMs, CACHE_IDLE_MS);
        try {
            Segment active = active();
            long since = active.firstTimestamp() >= 0 ? active.firstTimestamp() : active.createdMs;
            if (active.sizeBytes() > 0 && nowMs - since > config.segmentMs()) {
                roll(nowMs);
            }
        } catch (IOException e) {
            throw fail(e);
        }
        return deleteExpired(nowMs);
    }

    private int deleteExpired(long nowMs) throws IOException {
        int expired = Retention.expired(segments, config, logStartOffset, highWatermark, nowMs);
        if (expired == 0) {
            return 0;
        }
        try {
            if (expired == segments.length) {
                roll(nowMs);
            }
            Segment[] current = segments;
            segments = Arrays.copyOfRange(current, expired, current.length);
            if (logStartOffset < current[expired].baseOffset) {
                raiseLogStart(current[expired].baseOffset);
            }
            for (int i = 0; i < expired; i++) {
                giveUp(current[i]);
            }
        } catch (IOException e) {
            throw fail(e);
        }
        return expired;
    }

    private void giveUp(Segment segment) throws IOException {
        deletedSegments.add(segment, clock.millis());
        directoryChanged = true;
    }

    /** From any thread. */
    void removeDeletedFiles() throws IOException {
        synchronized (flushLock) {
            deletedSegments.remove(clock.millis() - directoryConfig.fileDeleteDelayMs());
        }
    }

    @Override
    public void flush() throws IOException {
        synchronized (flushLock) {
            if (deleted || closed) {
                return;
            }
            requireUsable();
            long end = logEndOffset;
            boolean syncFolder = directoryChanged;
            directoryChanged = false;
            Segment[] current = segments;
            try {
                int first = current.length - 1;
                while (first > 0 && !current[first - 1].isForced()) {
                    first--;
                }
                for (int i = first; i < current.length; i++) {
                    current[i].force(i + 1 < current.length);
                }
                snapshots.force();
                epochs.store();
                if (syncFolder) {
                    disk.syncDirectory(folder);
                }
            } catch (IOException e) {
                throw fail(e);
            }
            recoveryPoint = Math.max(recoveryPoint, end);
            flushedAtMs = clock.millis();
        }
    }

    @Override
    public void close() throws IOException {
        synchronized (flushLock) {
            if (closed) {
                return;
            }
            try {
                if (failure == null && !deleted) {
                    active().seal();
                    snapshots.take(producers, logEndOffset, recoveryPoint);
                    flush();
                }
            } finally {
                closed = true;
                cache.clear();
                closeFiles();
            }
        }
    }

    /** The folder was renamed away: refuse everything, and let go of the files later. */
    void markDeleted() {
        synchronized (flushLock) {
            deleted = true;
            cache.clear();
        }
    }

    void closeFiles() throws IOException {
        for (Segment segment : segments) {
            segment.close();
        }
        deletedSegments.close();
    }

    Optional<IOException> failure() {
        return Optional.ofNullable(failure);
    }

    private void requireUsable() {
        if (deleted) {
            throw new UnknownTopicOrPartitionException(topicPartition + " was deleted");
        }
        if (failure != null || closed) {
            throw new KafkaStorageException(
                    topicPartition
                            + (closed ? ": the log is closed" : ": the log directory has failed"),
                    failure);
        }
    }

    /** After an error nobody knows what is on the disk; only recovery finds out. */
    private IOException fail(IOException e) {
        if (failure == null) {
            failure = e;
        }
        return e;
    }

    @Override
    public String toString() {
        return "Log[" + topicPartition + " " + logStartOffset + ".." + logEndOffset + "]";
    }
}
