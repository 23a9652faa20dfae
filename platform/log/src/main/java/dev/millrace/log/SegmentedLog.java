package dev.millrace.log;

import dev.millrace.log.LogLoader.Loaded;
import dev.millrace.log.ProducerState.Duplicate;
import dev.millrace.log.disk.Disk;
import dev.millrace.wire.record.Codec;
import dev.millrace.wire.record.RecordBatchView;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.FencedLeaderEpochException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
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
    /** What a log asks of the directory it lies in. */
    interface Home {
        /**
         * Lowered recovery points must be on disk before the bytes above them go; raised ones,
         * before compaction makes gaps in the offsets below, which recovery would take for losses.
         */
        void storeRecoveryPoints() throws IOException;

        void storeCleaned() throws IOException;

        Warmth warmth();

        /** Nobody knows what the disk holds: no log of the directory is used from now on. */
        void failed(IOException cause);

        /** Batches were made durable. */
        void flushed(long elapsedNs);
    }

    private static final long CACHE_IDLE_MS = 60_000;

    private final TopicPartition topicPartition;
    private final Uuid topicId;
    private final Path folder;
    private final Disk disk;
    private final Clock clock;
    private final LogDirectoryConfig directoryConfig;
    private final Home home;
    private final LeaderEpochs epochs;
    private final ProducerState producers;
    private final TailCache cache;

    private final Object flushLock = new Object();
    private final Object cleaningLock = new Object();
    private final SegmentChain chain;

    private volatile LogConfig config;
    private @Nullable Codec codec;
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

    /** Below: compacted; -1 if never. */
    private volatile long cleanedTo;

    private volatile long flushedAtMs;
    private volatile boolean closed;
    private volatile boolean deleted;

    /** Another log has taken its place: it can be read until its files go, and nothing else. */
    private volatile boolean replaced;

    private volatile @Nullable IOException failure;

    SegmentedLog(
            TopicPartition topicPartition,
            Uuid topicId,
            Path folder,
            Disk disk,
            Clock clock,
            LogDirectoryConfig directoryConfig,
            LogConfig config,
            Home home,
            LeaderEpochs epochs,
            ProducerState producers,
            TailCache cache,
            Loaded loaded,
            long recoveryPoint,
            long highWatermark,
            long cleanedTo) {
        this.topicPartition = topicPartition;
        this.topicId = topicId;
        this.folder = folder;
        this.disk = disk;
        this.clock = clock;
        this.directoryConfig = directoryConfig;
        this.config = config;
        this.codec = codecOf(config);
        this.home = home;
        this.epochs = epochs;
        this.producers = producers;
        this.cache = cache;
        this.chain = new SegmentChain(disk, folder, loaded.segments());
        this.logStartOffset = loaded.logStartOffset();
        this.logEndOffset = loaded.logEndOffset();
        this.recoveryPoint = Math.min(recoveryPoint, logEndOffset);
        this.highWatermark = Math.max(logStartOffset, Math.min(highWatermark, logEndOffset));
        this.cleanedTo = cleanedTo;
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
        // A transaction may have begun below what DeleteRecords has left.
        return Math.max(Math.min(firstUnstableOffset, highWatermark), logStartOffset);
    }

    @Override
    public long recoveryPoint() {
        return recoveryPoint;
    }

    @Override
    public boolean flushDue() {
        LogConfig current = config;
        long unflushed = logEndOffset - recoveryPoint;
        return unflushed > 0 && (current.ackOnDisk() || unflushed >= current.flushMessages());
    }

    @Override
    public boolean flushDueByTime() {
        return logEndOffset > recoveryPoint && clock.millis() - flushedAtMs >= config.flushMs();
    }

    @Override
    public long sizeBytes() {
        return Segments.sizeBytes(chain.current());
    }

    /** From any thread: {@code offset} is in the checkpoint of log starts. */
    void logStartStored(long offset) {
        durableLogStart = offset;
    }

    Path folder() {
        return folder;
    }

    @Override
    public @Nullable TxnGuard transactionGuard(
            long producerId, short epoch, int sequence, boolean transactionV2) {
        requireUsable();
        return producers.guard(producerId, epoch, sequence, transactionV2, clock.millis());
    }

    @Override
    public List<ProducerView> producers() {
        return producers.views();
    }

    @Override
    public AppendResult appendAsLeader(
            ByteBuffer records, int leaderEpoch, AppendOrigin origin, AppendTerms terms)
            throws IOException {
        requireWritable();
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
        IncomingBatches incoming = new IncomingBatches(batches);
        Duplicate duplicate = incoming.duplicate(producers, origin, terms);
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
        long nextOffset = incoming.assignOffsets(baseOffset, leaderEpoch, appendTimeMs);
        append(incoming, nextOffset, nowMs);
        return new AppendResult(baseOffset, nextOffset - 1, appendTimeMs, logStartOffset, false);
    }

    @Override
    public void appendAsFollower(ByteBuffer records, int leaderEpoch) throws IOException {
        requireWritable();
        IncomingBatches accepted =
                new IncomingBatches(records)
                        .requireFromLeader(topicPartition, logEndOffset, leaderEpoch);
        if (!accepted.isEmpty()) {
            append(accepted, accepted.nextOffset(), clock.millis());
        }
    }

    /** Batches with their final offsets and epochs. */
    private void append(IncomingBatches batches, long nextOffset, long nowMs) throws IOException {
        ByteBuffer records = batches.records();
        LogConfig current = config;
        try {
            if (chain.rollDue(records, nextOffset - 1, current, nowMs)) {
                chain.roll(producers, config, logEndOffset, nowMs);
            }
            batches.noteEpochs(epochs);
            Segment active = chain.active();
            int start = active.sizeBytes();
            active.append(records, current.indexIntervalBytes());
            home.warmth().passed(active.sizeBytes() - start);
            active.written(start, home.warmth().at(nowMs));
            cache.append(records, nowMs);
            if (batches.applyTo(producers, active)) {
                firstUnstableOffset = producers.firstUnstableOffset();
            }
        } catch (IOException e) {
            throw fail(e);
        }
        logEndOffset = nextOffset;
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
        return inMemory == null
                ? readFiles(startOffset, maxOffset, maxBytes, minOneBatch)
                : inMemory;
    }

    @Override
    public @Nullable FetchedRecords readAtOnce(
            long startOffset, long maxOffset, int maxBytes, boolean minOneBatch)
            throws IOException {
        FetchedRecords inMemory = readFromMemory(startOffset, maxOffset, maxBytes, minOneBatch);
        if (inMemory != null) {
            return inMemory;
        }
        Segment[] segments = chain.current();
        return segments[Segments.floor(segments, startOffset)].isWarm(
                        startOffset, maxBytes, home.warmth().at(clock.millis()))
                ? readFiles(startOffset, maxOffset, maxBytes, minOneBatch)
                : null;
    }

    private FetchedRecords readFiles(
            long startOffset, long maxOffset, int maxBytes, boolean minOneBatch)
            throws IOException {
        long bound = Math.min(maxOffset, logEndOffset);
        Warmth.Moment now = home.warmth().at(clock.millis());
        while (true) {
            // Records and aborted transactions have to be of the same segments: compaction removes
            // both.
            Segment[] segments = chain.current();
            try {
                FetchedRecords read =
                        SegmentChain.read(
                                segments,
                                startOffset,
                                bound,
                                maxBytes,
                                minOneBatch,
                                directoryConfig.fileRegionMinBytes(),
                                now);
                FetchedRecords.FileRegion region = read.region();
                if (region != null && !region.warm()) {
                    home.warmth().passed(region.lengthBytes());
                }
                return withAborted(segments, read, startOffset, bound);
            } catch (ClosedChannelException e) {
                requireUsable();
                if (segments == chain.current()) {
                    throw e;
                }
                // Given up and closed while it was read; what took its place is there.
            } catch (IOException e) {
                requireUsable();
                throw failedRead(e);
            }
        }
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
        // Before the cache is asked, see read.
        Segment[] segments = chain.current();
        FetchedRecords cached = cache.read(startOffset, bound, maxBytes, minOneBatch);
        return cached == null ? null : withAborted(segments, cached, startOffset, bound);
    }

    private static FetchedRecords withAborted(
            Segment[] segments, FetchedRecords read, long startOffset, long bound) {
        return read.sizeBytes() == 0
                ? read
                : read.withAborted(Segments.abortedTransactions(segments, startOffset, bound));
    }

    @Override
    public Optional<TimestampedOffset> offsetForTimestamp(long timestampMs) throws IOException {
        requireUsable();
        try {
            return TimestampLookup.firstAtOrAfter(chain.current(), logStartOffset, timestampMs);
        } catch (IOException e) {
            requireUsable();
            throw failedRead(e);
        }
    }

    @Override
    public Optional<TimestampedOffset> maxTimestampOffset() throws IOException {
        requireUsable();
        try {
            return TimestampLookup.greatest(chain.current(), logStartOffset);
        } catch (IOException e) {
            requireUsable();
            throw failedRead(e);
        }
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
    public OptionalInt epochOf(long offset) {
        int epoch = epochs.epochOf(offset);
        return epoch < 0 ? OptionalInt.empty() : OptionalInt.of(epoch);
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
        requireWritable();
        if (offset >= logEndOffset) {
            forgetEmptyEpochs(offset);
            return;
        }
        if (offset < chain.current()[0].baseOffset) {
            truncateFullyAndStartAt(offset);
            return;
        }
        synchronized (flushLock) {
            try {
                lowerRecoveryPoint(offset);
                epochs.truncateFromEnd(offset);
                epochs.store();
                chain.truncateTo(offset, config.indexIntervalBytes(), clock.millis());
                restart(chain.active().nextOffset());
                disk.syncDirectory(folder);
            } catch (IOException e) {
                throw fail(e);
            }
        }
    }

    /** Of a leader that appended nothing: a follower that named one would be sent here again. */
    private void forgetEmptyEpochs(long offset) throws IOException {
        synchronized (flushLock) {
            try {
                epochs.truncateFromEnd(offset);
                epochs.store();
            } catch (IOException e) {
                throw fail(e);
            }
        }
    }

    @Override
    public void truncateFullyAndStartAt(long offset) throws IOException {
        requireWritable();
        synchronized (flushLock) {
            try {
                lowerRecoveryPoint(0);
                epochs.clear();
                epochs.store();
                chain.startAt(offset, config, clock.millis());
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
            home.storeRecoveryPoints();
        }
        if (offset < cleanedTo) {
            // Or what is appended next would count as clean after a crash.
            cleanedTo = offset;
            home.storeCleaned();
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
                .loadProducers(List.of(chain.current()), logStartOffset, end);
        producers.onHighWatermark(highWatermark);
        firstUnstableOffset = producers.firstUnstableOffset();
    }

    @Override
    public void advanceLogStartOffset(long offset) throws IOException {
        requireWritable();
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
        requireWritable();
        long nowMs = clock.millis();
        producers.expire(nowMs);
        epochs.truncateFromStart(durableLogStart);
        cache.releaseIfIdle(nowMs, CACHE_IDLE_MS);
        try {
            if (chain.rollDueByTime(config, nowMs)) {
                chain.roll(producers, config, logEndOffset, nowMs);
            }
        } catch (IOException e) {
            throw fail(e);
        }
        return deleteExpired(nowMs);
    }

    private int deleteExpired(long nowMs) throws IOException {
        while (true) {
            Segment[] segments = chain.current();
            int expired = Retention.expired(segments, config, logStartOffset, highWatermark, nowMs);
            if (expired == 0) {
                return 0;
            }
            long start = expired < segments.length ? segments[expired].baseOffset : logEndOffset;
            if (expired == segments.length) {
                try {
                    chain.roll(producers, config, logEndOffset, nowMs);
                } catch (IOException e) {
                    throw fail(e);
                }
            }
            if (logStartOffset < start) {
                raiseLogStart(start);
            }
            if (chain.giveUpOldest(Arrays.asList(segments).subList(0, expired), nowMs)) {
                return expired;
            }
            // A cleaner has just replaced one of them: looks again.
        }
    }

    @Override
    public Optional<CleanableSection> cleanable() throws IOException {
        LogConfig current = config;
        if (!current.cleanupCompact() || unusable()) {
            return Optional.empty();
        }
        CleanableSection section = cleanable(chain.current(), current);
        return section.cleanableBytes() == 0 ? Optional.empty() : Optional.of(section);
    }

    private CleanableSection cleanable(Segment[] segments, LogConfig current) throws IOException {
        return CleanableSection.of(
                segments,
                cleanedTo,
                logStartOffset,
                logEndOffset,
                lastStableOffset(),
                current.compaction(),
                clock.millis());
    }

    @Override
    public long cleanedTo() {
        return cleanedTo;
    }

    @Override
    public LiveProducers liveProducers() {
        return LiveProducers.of(producers);
    }

    @Override
    public Optional<CleanStats> clean(
            Cleaner cleaner, LiveProducers liveProducers, BooleanSupplier stopped)
            throws IOException {
        synchronized (cleaningLock) {
            try {
                CleaningSite site =
                        new CleaningSite(
                                disk,
                                folder,
                                clock,
                                chain,
                                cache,
                                flushLock,
                                this::unusable,
                                stopped);
                site.requireGoingOn();
                return clean(cleaner, site, liveProducers);
            } catch (CleaningAbortedException e) {
                return Optional.empty();
            } catch (CleaningSite.SwapFailedException e) {
                throw fail(e);
            } catch (IOException e) {
                if (unusable()) {
                    return Optional.empty();
                }
                throw e;
            }
        }
    }

    private Optional<CleanStats> clean(
            Cleaner cleaner, CleaningSite site, LiveProducers liveProducers) throws IOException {
        LogConfig current = config;
        CleanableSection section = cleanable(site.segments(), current);
        if (!current.cleanupCompact() || section.cleanableBytes() == 0) {
            return Optional.empty();
        }
        // All of it: a producer's batch goes because a later one is there, which no crash may take.
        flush();
        home.storeRecoveryPoints();
        CleanStats stats = cleaner.clean(site, section, liveProducers, current, clock.millis());
        synchronized (flushLock) {
            site.requireGoingOn();
            cleanedTo = stats.cleanedTo();
            home.storeCleaned();
        }
        return Optional.of(stats);
    }

    private boolean unusable() {
        return isGone() || failure != null;
    }

    @Override
    public boolean tidyDue() {
        return chain.untidy();
    }

    @Override
    public void tidy() throws IOException {
        synchronized (flushLock) {
            if (isGone()) {
                return;
            }
            // What was rolled away is flushed once, so that a recovery need not read it again.
            flush();
            try {
                chain.tidy(recoveryPoint);
            } catch (IOException e) {
                throw fail(e);
            }
        }
    }

    /** From any thread. */
    void removeDeletedFiles() throws IOException {
        synchronized (flushLock) {
            if (!isGone() && failure == null) {
                try {
                    chain.removeDeleted(clock.millis() - config.fileDeleteDelayMs());
                } catch (IOException e) {
                    throw fail(e);
                }
            }
        }
    }

    @Override
    public void flush() throws IOException {
        synchronized (flushLock) {
            if (isGone()) {
                return;
            }
            requireUsable();
            long end = logEndOffset;
            long startedNs = System.nanoTime();
            try {
                chain.force();
                epochs.store();
            } catch (IOException e) {
                throw fail(e);
            }
            home.flushed(System.nanoTime() - startedNs);
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
                if (failure == null && !deleted && !replaced) {
                    chain.seal(producers, logEndOffset);
                    flush();
                    chain.tidy(recoveryPoint);
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

    /** Its successor has all of it. */
    void markReplaced() {
        synchronized (flushLock) {
            replaced = true;
            cache.clear();
        }
    }

    /** The directory has failed, by this log or another. */
    void markFailed(IOException cause) {
        if (failure == null) {
            failure = cause;
        }
    }

    void closeFiles() throws IOException {
        chain.close();
    }

    private boolean isGone() {
        return deleted || closed || replaced;
    }

    private void requireWritable() {
        requireUsable();
        if (replaced) {
            throw new NotLeaderOrFollowerException(
                    topicPartition + " has moved to another log directory");
        }
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
        markFailed(e);
        home.failed(e);
        return e;
    }

    /** A file that was closed under the reader says nothing of the disk. */
    private IOException failedRead(IOException e) {
        return e instanceof ClosedChannelException ? e : fail(e);
    }

    @Override
    public String toString() {
        return "Log[" + topicPartition + " " + logStartOffset + ".." + logEndOffset + "]";
    }
}
