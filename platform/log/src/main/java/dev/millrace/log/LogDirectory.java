package dev.millrace.log;

import dev.millrace.log.disk.AtomicFile;
import dev.millrace.log.disk.Disk;
import dev.millrace.log.disk.LocalDisk;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One entry of {@code log.dirs}: its lock, its identity and the logs in it.
 *
 * <pre>
 * .lock                              held while open
 * .kafka_cleanshutdown               written last when closing, removed first when opening
 * meta.properties                    cluster, node and directory id
 * recovery-point-offset-checkpoint   below: durable
 * log-start-offset-checkpoint
 * replication-offset-checkpoint      high watermarks
 * cleaner-offset-checkpoint          below: compacted
 * orders-0/                          a log
 * orders-1.Jx2..-delete/             a log being removed
 * orders-2.9f31..-future/            the copy of a log that moves here from another directory
 * </pre>
 *
 * Any thread may call; every method but {@link #log}, {@link #logs} and the plain getters may block
 * on the disk. Whoever closes the directory or deletes a log has made its owner stop first.
 *
 * <p>The first I/O error of any log or file in it takes the directory offline, for good: what the
 * disk holds then is found out by the recovery of the next start, not by trying again.
 */
public final class LogDirectory implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LogDirectory.class);

    private record Removed(Path folder, SegmentedLog log, long atMs) {}

    private final Path path;
    private final Disk disk;
    private final Clock clock;
    private final LogDirectoryConfig config;
    private final Closeable lock;
    private final Uuid directoryId;
    private final boolean cleanShutdown;
    private final TailCache.Budget cacheBudget;
    private final Warmth warmth = Warmth.ofThisMachine();

    private final Map<TopicPartition, SegmentedLog> logs = new ConcurrentHashMap<>();
    private final FutureLogs futures;
    private final List<Removed> removed = new ArrayList<>();

    /** Logs that are gone but may still be in the checkpoints. */
    private final Set<TopicPartition> stale = ConcurrentHashMap.newKeySet();

    private final Object checkpointLock = new Object();
    private final OffsetCheckpoint recoveryPoints;
    private final OffsetCheckpoint logStarts;
    private final OffsetCheckpoint highWatermarks;
    private final OffsetCheckpoint cleaned;
    private volatile long producerIdExpirationMs;
    private final LongAdder flushes = new LongAdder();
    private final LongAdder flushNs = new LongAdder();
    private boolean closed;

    private final AtomicReference<@Nullable IOException> failure = new AtomicReference<>();
    private volatile @Nullable Consumer<IOException> failureListener;

    private final SegmentedLog.Home home =
            new SegmentedLog.Home() {
                @Override
                public void storeRecoveryPoints() throws IOException {
                    LogDirectory.this.storeRecoveryPoints();
                }

                @Override
                public void storeCleaned() throws IOException {
                    LogDirectory.this.storeCleaned();
                }

                @Override
                public Warmth warmth() {
                    return warmth;
                }

                @Override
                public void failed(IOException cause) {
                    fail(cause);
                }

                @Override
                public void flushed(long elapsedNs) {
                    flushes.increment();
                    flushNs.add(elapsedNs);
                }
            };

    private LogDirectory(
            Path path,
            Disk disk,
            Clock clock,
            LogDirectoryConfig config,
            Closeable lock,
            Uuid directoryId,
            boolean cleanShutdown) {
        this.path = path;
        this.disk = disk;
        this.clock = clock;
        this.config = config;
        this.lock = lock;
        this.directoryId = directoryId;
        this.cleanShutdown = cleanShutdown;
        this.producerIdExpirationMs = config.producerIdExpirationMs();
        this.cacheBudget = new TailCache.Budget(config.tailCacheBytes());
        this.futures = new FutureLogs(path, disk);
        this.recoveryPoints = checkpointFile(LogFileNames.RECOVERY_POINTS);
        this.logStarts = checkpointFile(LogFileNames.LOG_STARTS);
        this.highWatermarks = checkpointFile(LogFileNames.HIGH_WATERMARKS);
        this.cleaned = checkpointFile(LogFileNames.CLEANED_TO);
    }

    private OffsetCheckpoint checkpointFile(String name) {
        return new OffsetCheckpoint(disk, path.resolve(name));
    }

    /**
     * Locks the directory (creating it if missing), recovers and opens every log in it.
     *
     * @param configOfTopic the settings of a topic by name; called once for each log found, by
     *     several threads
     * @throws LogDirectoryException locked, unwritable, or of another node or cluster
     */
    public static LogDirectory open(
            Path path, LogDirectoryConfig config, Function<String, LogConfig> configOfTopic)
            throws IOException {
        return open(path, config, configOfTopic, LocalDisk.INSTANCE, Clock.systemUTC());
    }

    /** With a disk and a clock of the caller's. */
    public static LogDirectory open(
            Path path,
            LogDirectoryConfig config,
            Function<String, LogConfig> configOfTopic,
            Disk disk,
            Clock clock)
            throws IOException {
        Closeable lock = DirectoryClaim.lock(path, disk);
        try {
            Uuid directoryId = DirectoryClaim.identify(path, config, disk);
            Path marker = path.resolve(LogFileNames.CLEAN_SHUTDOWN);
            boolean clean = disk.exists(marker);
            if (clean) {
                disk.delete(marker);
                disk.syncDirectory(path);
            }
            LogDirectory directory =
                    new LogDirectory(path, disk, clock, config, lock, directoryId, clean);
            try {
                directory.openLogs(configOfTopic);
            } catch (IOException | RuntimeException e) {
                directory.closeFiles();
                throw e;
            }
            return directory;
        } catch (IOException | RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    private void openLogs(Function<String, LogConfig> configOfTopic) throws IOException {
        Map<TopicPartition, Long> recovery = recoveryPoints.read();
        Map<TopicPartition, Long> starts = logStarts.read();
        Map<TopicPartition, Long> watermarks = highWatermarks.read();
        Map<TopicPartition, Long> cleanedTo = cleaned.read();
        List<TopicPartition> found = new ArrayList<>();
        for (String name : disk.list(path)) {
            if (!disk.isDirectory(path.resolve(name))) {
                continue;
            }
            if (LogFileNames.isDeletedFolder(name)) {
                removeFolder(path.resolve(name));
            } else if (!futures.find(name)) {
                LogFileNames.topicPartition(name).ifPresent(found::add);
            }
        }
        stale.addAll(recovery.keySet());
        stale.addAll(starts.keySet());
        stale.addAll(watermarks.keySet());
        stale.addAll(cleanedTo.keySet());
        found.forEach(stale::remove);
        long startedNs = System.nanoTime();
        inParallel(
                found,
                tp ->
                        openLog(
                                tp,
                                configOfTopic,
                                new Checkpointed(
                                        recovery.getOrDefault(tp, Checkpointed.NONE),
                                        starts.getOrDefault(tp, 0L),
                                        watermarks.getOrDefault(tp, 0L),
                                        cleanedTo.getOrDefault(tp, Checkpointed.NONE))));
        if (!cleanShutdown && !found.isEmpty()) {
            LOG.info(
                    "recovered {} logs in {} in {} ms",
                    found.size(),
                    path,
                    (System.nanoTime() - startedNs) / 1_000_000);
        }
    }

    @FunctionalInterface
    private interface Opener {
        void open(TopicPartition topicPartition) throws IOException;
    }

    private void inParallel(List<TopicPartition> all, Opener opener) throws IOException {
        int threads = Math.min(config.recoveryThreads(), all.size());
        if (threads <= 1) {
            for (TopicPartition each : all) {
                opener.open(each);
            }
            return;
        }
        ExecutorService pool =
                Executors.newFixedThreadPool(
                        threads, work -> new Thread(work, "log-recovery-" + path.getFileName()));
        try {
            List<Future<?>> pending = new ArrayList<>();
            for (TopicPartition each : all) {
                pending.add(
                        pool.submit(
                                () -> {
                                    opener.open(each);
                                    return null;
                                }));
            }
            for (Future<?> each : pending) {
                each.get();
            }
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            throw cause instanceof IOException io
                    ? io
                    : new IOException("opening the logs in " + path + " failed", cause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while opening the logs in " + path, e);
        } finally {
            pool.shutdownNow();
        }
    }

    private void openLog(
            TopicPartition topicPartition,
            Function<String, LogConfig> configOfTopic,
            Checkpointed offsets)
            throws IOException {
        Path folder = path.resolve(LogFileNames.folder(topicPartition));
        Uuid topicId = PartitionMetadata.readTopicId(disk, folder);
        if (topicId == null) {
            if (!DirectoryClaim.isLogFolder(disk, path, LogFileNames.folder(topicPartition))
                    || isEmptyLog(folder)) {
                // A crash while it was created, before anybody was told of it.
                removeFolder(folder);
                return;
            }
            throw new LogDirectoryException(
                    folder
                            + " has records but no readable partition.metadata with its topic id;"
                            + " restore that file, or move the folder away");
        }
        logs.put(
                topicPartition,
                load(
                        topicPartition,
                        topicId,
                        folder,
                        configOfTopic.apply(topicPartition.topic()),
                        cleanShutdown,
                        offsets));
    }

    private boolean isEmptyLog(Path folder) throws IOException {
        for (String name : disk.list(folder)) {
            if (name.endsWith(LogFileNames.LOG)) {
                try (var file = disk.open(folder.resolve(name))) {
                    // Zeros are preallocated, and no batch begins with them.
                    if (!LogLoader.onlyZeros(file, 0, Math.min(file.size(), 64))) {
                        return false;
                    }
                }
            }
        }
        return true;
    }

    private SegmentedLog load(
            TopicPartition topicPartition,
            Uuid topicId,
            Path folder,
            LogConfig logConfig,
            boolean closedCleanly,
            Checkpointed offsets)
            throws IOException {
        LeaderEpochs epochs = LeaderEpochs.open(disk, folder.resolve(LogFileNames.LEADER_EPOCHS));
        ProducerState producers = new ProducerState(() -> producerIdExpirationMs);
        LogLoader loader =
                new LogLoader(disk, folder, logConfig, epochs, producers, clock.millis());
        return new SegmentedLog(
                topicPartition,
                topicId,
                folder,
                disk,
                clock,
                config,
                logConfig,
                home,
                epochs,
                producers,
                new TailCache(config.tailCacheBytesPerLog(), cacheBudget),
                loader.load(closedCleanly, offsets),
                Math.max(0, offsets.recoveryPoint()),
                offsets.highWatermark(),
                offsets.cleanedTo());
    }

    public Path path() {
        return path;
    }

    /** Of all logs from now on, as they look their producers over; any thread. */
    public void producerIdExpirationMs(long ms) {
        producerIdExpirationMs = ms;
    }

    /** {@code directory.id} of {@code meta.properties}. */
    public Uuid directoryId() {
        return directoryId;
    }

    /** False if the last process that used it did not close it: its logs were then recovered. */
    public boolean cleanShutdown() {
        return cleanShutdown;
    }

    /** How often a log was flushed since the directory was opened. */
    public long flushes() {
        return flushes.sum();
    }

    /** What those flushes took together. */
    public double flushMs() {
        return flushNs.sum() / 1e6;
    }

    /** Recently appended bytes that are kept in memory, of all logs. */
    public long tailCacheBytes() {
        return cacheBudget.usedBytes();
    }

    /** A snapshot; logs of deleted topics the caller does not know may be among them. */
    public Collection<PartitionLog> logs() {
        return List.copyOf(logs.values());
    }

    public Optional<PartitionLog> log(TopicPartition topicPartition) {
        return Optional.ofNullable(logs.get(topicPartition));
    }

    /**
     * Creates an empty log; durable when this returns.
     *
     * @throws IllegalStateException if there is one already
     */
    public PartitionLog create(TopicPartition topicPartition, Uuid topicId, LogConfig logConfig)
            throws IOException {
        Path folder = path.resolve(LogFileNames.folder(topicPartition));
        if (logs.containsKey(topicPartition) || disk.exists(folder)) {
            throw new IllegalStateException(topicPartition + " has a log in " + path + " already");
        }
        SegmentedLog log = guarded(() -> createIn(folder, topicPartition, topicId, logConfig));
        logs.put(topicPartition, log);
        return log;
    }

    private SegmentedLog createIn(
            Path folder, TopicPartition topicPartition, Uuid topicId, LogConfig logConfig)
            throws IOException {
        if (stale.contains(topicPartition)) {
            // The offsets of an older log of that name must not be taken for the new one's.
            checkpoint();
        }
        disk.createDirectory(folder);
        PartitionMetadata.write(disk, folder, topicId);
        SegmentedLog log =
                load(topicPartition, topicId, folder, logConfig, false, Checkpointed.NEW_LOG);
        LeaderEpochs.createFile(disk, folder.resolve(LogFileNames.LEADER_EPOCHS));
        disk.syncDirectory(folder);
        disk.syncDirectory(path);
        return log;
    }

    /**
     * Renames the log's folder away at once; its files go with {@link #removeDeletedFiles}, or with
     * the next open. No effect if there is no such log.
     */
    public void delete(TopicPartition topicPartition) throws IOException {
        SegmentedLog log = logs.remove(topicPartition);
        if (log != null) {
            log.markDeleted();
            rename(log);
        }
        SegmentedLog future = futures.remove(topicPartition);
        if (future != null) {
            future.markDeleted();
            rename(future);
        }
    }

    /** To a name that is never taken for a log's; durable when this returns. */
    private void rename(SegmentedLog log) throws IOException {
        stale.add(log.topicPartition());
        Path away = path.resolve(LogFileNames.deletedFolder(log.topicPartition()));
        guarded(
                () -> {
                    disk.rename(log.folder(), away);
                    disk.syncDirectory(path);
                    return away;
                });
        synchronized (removed) {
            removed.add(new Removed(away, log, clock.millis()));
        }
    }

    // ---- Moving a log to another directory: future() there, then moveOut() and moveIn().

    /**
     * Copies that the last process had begun here, and whether each has all that its log has. The
     * caller says of each what becomes of it: {@link #moveIn} or {@link #discardFuture}.
     */
    public Map<TopicPartition, Boolean> foundFutures() {
        return futures.found();
    }

    /**
     * An empty log beside the others, to copy one into that lies in another directory; it is found
     * by {@link #future} alone.
     *
     * @param startOffset where its first segment begins
     * @throws org.apache.kafka.common.errors.InvalidTopicException the name is too long for it
     * @throws IllegalStateException if there is one, or the log lies here
     */
    public PartitionLog createFuture(
            TopicPartition topicPartition, Uuid topicId, LogConfig logConfig, long startOffset)
            throws IOException {
        if (logs.containsKey(topicPartition) || futures.get(topicPartition) != null) {
            throw new IllegalStateException(topicPartition + " is in " + path + " already");
        }
        Path folder = path.resolve(LogFileNames.futureFolder(topicPartition));
        SegmentedLog log =
                guarded(
                        () -> {
                            SegmentedLog created =
                                    createIn(folder, topicPartition, topicId, logConfig);
                            if (startOffset > 0) {
                                created.truncateFullyAndStartAt(startOffset);
                            }
                            return created;
                        });
        futures.put(log);
        return log;
    }

    /** The copy that grows here. */
    public Optional<PartitionLog> future(TopicPartition topicPartition) {
        return Optional.ofNullable(futures.get(topicPartition));
    }

    /** A snapshot. */
    public Collection<PartitionLog> futures() {
        return futures.all();
    }

    /** Notes, durably, that the copy has all that the log has, so that it may take its place. */
    public void completeFuture(TopicPartition topicPartition) throws IOException {
        SegmentedLog future = futures.require(topicPartition);
        guarded(
                () -> {
                    future.close();
                    futures.markComplete(future.folder());
                    return future;
                });
    }

    /** Gives the copy up; no effect if there is none. */
    public void discardFuture(TopicPartition topicPartition) throws IOException {
        SegmentedLog future = futures.remove(topicPartition);
        if (future != null) {
            future.markDeleted();
            rename(future);
        }
        for (Path folder : futures.takeFound(topicPartition)) {
            guarded(
                    () -> {
                        removeFolder(folder);
                        return folder;
                    });
        }
    }

    /**
     * Gives the log up, because a complete copy lies elsewhere: who reads it may end, within the
     * delete delay. Durable when this returns.
     */
    public void moveOut(TopicPartition topicPartition) throws IOException {
        SegmentedLog log = logs.remove(topicPartition);
        if (log != null) {
            log.markReplaced();
            rename(log);
        }
    }

    /** Makes the complete copy the log. */
    public PartitionLog moveIn(TopicPartition topicPartition, LogConfig logConfig)
            throws IOException {
        SegmentedLog future = futures.remove(topicPartition);
        List<Path> found = futures.takeFound(topicPartition);
        if (future == null && found.isEmpty()) {
            throw new IllegalStateException(topicPartition + " has no copy in " + path);
        }
        Path from = future == null ? found.get(0) : future.folder();
        Path folder = path.resolve(LogFileNames.folder(topicPartition));
        SegmentedLog log =
                guarded(
                        () -> {
                            Uuid topicId = PartitionMetadata.readTopicId(disk, from);
                            if (topicId == null) {
                                throw new IOException(from + " has no readable topic id");
                            }
                            disk.rename(from, folder);
                            disk.syncDirectory(path);
                            futures.unmark(folder);
                            // It was closed, as a clean shutdown closes.
                            return load(
                                    topicPartition,
                                    topicId,
                                    folder,
                                    logConfig,
                                    true,
                                    new Checkpointed(
                                            Long.MAX_VALUE,
                                            0,
                                            future == null ? 0 : future.highWatermark(),
                                            Checkpointed.NONE));
                        });
        logs.put(topicPartition, log);
        stale.remove(topicPartition);
        checkpoint();
        return log;
    }

    /** Writes recovery points, log start offsets and high watermarks of all logs. */
    public void checkpoint() throws IOException {
        synchronized (checkpointLock) {
            List<TopicPartition> forgotten = List.copyOf(stale);
            storeRecoveryPoints();
            guarded(
                    () -> {
                        Map<TopicPartition, Long> starts = offsets(PartitionLog::logStartOffset);
                        logStarts.write(starts);
                        logs.forEach((tp, log) -> log.logStartStored(starts.getOrDefault(tp, 0L)));
                        highWatermarks.write(offsets(PartitionLog::highWatermark));
                        return starts;
                    });
            storeCleaned();
            forgotten.forEach(stale::remove);
        }
    }

    private void storeRecoveryPoints() throws IOException {
        synchronized (checkpointLock) {
            guarded(
                    () -> {
                        Map<TopicPartition, Long> points = offsets(PartitionLog::recoveryPoint);
                        recoveryPoints.write(points);
                        return points;
                    });
        }
    }

    // ---- Failure

    /** Why the directory is offline; empty while it is not. */
    public Optional<IOException> failure() {
        return Optional.ofNullable(failure.get());
    }

    /**
     * @param listener told once why the directory went offline, on whichever thread met the error;
     *     at once if it is offline already. Must not block.
     */
    public void onFailure(Consumer<IOException> listener) {
        failureListener = listener;
        failure().ifPresent(listener);
    }

    private void fail(IOException cause) {
        if (!failure.compareAndSet(null, cause)) {
            return;
        }
        logs.values().forEach(log -> log.markFailed(cause));
        futures.markFailed(cause);
        LOG.error(
                "Log directory {} goes offline: {}. Its {} logs are refused until the node is"
                        + " restarted; nothing that was acknowledged is touched. Free space on the"
                        + " disk, or repair it, then restart the node.",
                path,
                cause.getMessage(),
                logs.size(),
                cause);
        Consumer<IOException> listener = failureListener;
        if (listener != null) {
            listener.accept(cause);
        }
    }

    @FunctionalInterface
    private interface DiskWork<T> {
        T run() throws IOException;
    }

    private <T> T guarded(DiskWork<T> work) throws IOException {
        IOException earlier = failure.get();
        if (earlier != null) {
            throw new KafkaStorageException("log directory " + path + " is offline", earlier);
        }
        try {
            return work.run();
        } catch (IOException e) {
            fail(e);
            throw e;
        }
    }

    private void storeCleaned() throws IOException {
        synchronized (checkpointLock) {
            guarded(
                    () -> {
                        Map<TopicPartition, Long> all = offsets(PartitionLog::cleanedTo);
                        all.values().removeIf(offset -> offset < 0);
                        cleaned.write(all);
                        return all;
                    });
        }
    }

    private Map<TopicPartition, Long> offsets(ToLongFunction<PartitionLog> offset) {
        Map<TopicPartition, Long> all = new HashMap<>();
        logs.forEach((tp, log) -> all.put(tp, offset.applyAsLong(log)));
        return all;
    }

    /**
     * Removes files that retention, truncation or deletion gave up longer ago than the delete
     * delay.
     */
    public void removeDeletedFiles() throws IOException {
        for (SegmentedLog log : logs.values()) {
            log.removeDeletedFiles();
        }
        long nowMs = clock.millis();
        List<Removed> due = new ArrayList<>();
        synchronized (removed) {
            removed.removeIf(
                    each ->
                            each.atMs + each.log.config().fileDeleteDelayMs() <= nowMs
                                    && due.add(each));
        }
        for (Removed each : due) {
            guarded(
                    () -> {
                        each.log.closeFiles();
                        removeFolder(each.folder);
                        return each;
                    });
        }
    }

    private void removeFolder(Path folder) throws IOException {
        for (String name : disk.list(folder)) {
            disk.delete(folder.resolve(name));
        }
        disk.delete(folder);
    }

    /**
     * Closes all logs, writes the checkpoints and, last, the clean-shutdown marker. Without the
     * marker, if a log could not be closed: the next open then recovers.
     */
    @Override
    public void close() throws IOException {
        synchronized (checkpointLock) {
            if (closed) {
                return;
            }
            closed = true;
        }
        try {
            for (SegmentedLog log : logs.values()) {
                try {
                    log.close();
                } catch (IOException e) {
                    fail(e);
                }
            }
            futures.close();
            closeRemoved();
            if (failure.get() == null) {
                checkpoint();
                AtomicFile.write(
                        disk,
                        path.resolve(LogFileNames.CLEAN_SHUTDOWN),
                        "{\"version\":0,\"brokerEpoch\":-1}");
            }
        } finally {
            lock.close();
        }
        IOException cause = failure.get();
        if (cause != null) {
            throw cause;
        }
    }

    private void closeFiles() throws IOException {
        for (SegmentedLog log : logs.values()) {
            log.closeFiles();
        }
    }

    private void closeRemoved() throws IOException {
        synchronized (removed) {
            for (Removed each : removed) {
                each.log.closeFiles();
            }
        }
    }
}
