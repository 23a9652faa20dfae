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
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
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
 * </pre>
 *
 * Any thread may call; every method but {@link #log}, {@link #logs} and the plain getters may block
 * on the disk. Whoever closes the directory or deletes a log has made its owner stop first.
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

    private final Map<TopicPartition, SegmentedLog> logs = new ConcurrentHashMap<>();
    private final List<Removed> removed = new ArrayList<>();

    /** Logs that are gone but may still be in the checkpoints. */
    private final Set<TopicPartition> stale = ConcurrentHashMap.newKeySet();

    private final Object checkpointLock = new Object();
    private final OffsetCheckpoint recoveryPoints;
    private final OffsetCheckpoint logStarts;
    private final OffsetCheckpoint highWatermarks;
    private final OffsetCheckpoint cleaned;
    private boolean closed;

    private final SegmentedLog.Checkpoints checkpoints =
            new SegmentedLog.Checkpoints() {
                @Override
                public void storeRecoveryPoints() throws IOException {
                    LogDirectory.this.storeRecoveryPoints();
                }

                @Override
                public void storeCleaned() throws IOException {
                    LogDirectory.this.storeCleaned();
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
        this.cacheBudget = new TailCache.Budget(config.tailCacheBytes());
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
        Closeable lock = lock(path, disk);
        try {
            Uuid directoryId = identify(path, config, disk);
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

    private static Closeable lock(Path path, Disk disk) throws IOException {
        try {
            disk.createDirectory(path);
            return disk.lock(path.resolve(LogFileNames.LOCK));
        } catch (Disk.LockedException e) {
            throw new LogDirectoryException(
                    "log directory "
                            + path
                            + " is in use by another process; stop it, or choose another log.dirs",
                    e);
        } catch (IOException e) {
            throw new LogDirectoryException(
                    "log directory "
                            + path
                            + " cannot be written ("
                            + e.getClass().getSimpleName()
                            + ": "
                            + e.getMessage()
                            + "); make it writable, or choose another log.dirs",
                    e);
        }
    }

    private static Uuid identify(Path path, LogDirectoryConfig config, Disk disk)
            throws IOException {
        Path file = path.resolve(LogFileNames.META_PROPERTIES);
        MetaProperties found = MetaProperties.read(disk, file);
        if (found == null) {
            requireNoForeignLogs(path, disk);
            MetaProperties mine =
                    new MetaProperties(config.clusterId(), config.nodeId(), Uuid.randomUuid());
            mine.write(disk, file);
            return mine.directoryId();
        }
        if (!found.clusterId().equals(config.clusterId())) {
            throw new LogDirectoryException(
                    "log directory "
                            + path
                            + " belongs to cluster "
                            + found.clusterId()
                            + ", this node to "
                            + config.clusterId()
                            + "; choose another log.dirs");
        }
        if (found.nodeId() != config.nodeId()) {
            throw new LogDirectoryException(
                    "log directory "
                            + path
                            + " belongs to node "
                            + found.nodeId()
                            + ", this is node "
                            + config.nodeId()
                            + "; choose another log.dirs or node.id");
        }
        return found.directoryId();
    }

    private static void requireNoForeignLogs(Path path, Disk disk) throws IOException {
        for (String name : disk.list(path)) {
            if (LogFileNames.topicPartition(name).isPresent() && isLogFolder(disk, path, name)) {
                throw new LogDirectoryException(
                        "log directory "
                                + path
                                + " has logs ("
                                + name
                                + ") but no meta.properties that says whose; choose another"
                                + " log.dirs");
            }
        }
    }

    private static boolean isLogFolder(Disk disk, Path path, String name) throws IOException {
        Path folder = path.resolve(name);
        return disk.isDirectory(folder)
                && disk.list(folder).stream().anyMatch(file -> file.endsWith(LogFileNames.LOG));
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
            } else {
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
            if (!isLogFolder(disk, path, LogFileNames.folder(topicPartition))
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
                        offsets));
    }

    private boolean isEmptyLog(Path folder) throws IOException {
        for (String name : disk.list(folder)) {
            if (name.endsWith(LogFileNames.LOG)) {
                try (var file = disk.open(folder.resolve(name))) {
                    if (file.size() > 0) {
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
            Checkpointed offsets)
            throws IOException {
        LeaderEpochs epochs = LeaderEpochs.open(disk, folder.resolve(LogFileNames.LEADER_EPOCHS));
        ProducerState producers = new ProducerState(config.producerIdExpirationMs());
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
                checkpoints,
                epochs,
                producers,
                new TailCache(config.tailCacheBytesPerLog(), cacheBudget),
                loader.load(cleanShutdown, offsets),
                Math.max(0, offsets.recoveryPoint()),
                offsets.highWatermark(),
                offsets.cleanedTo());
    }

    public Path path() {
        return path;
    }

    /** {@code directory.id} of {@code meta.properties}. */
    public Uuid directoryId() {
        return directoryId;
    }

    /** False if the last process that used it did not close it: its logs were then recovered. */
    public boolean cleanShutdown() {
        return cleanShutdown;
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
        if (stale.contains(topicPartition)) {
            // The offsets of an older log of that name must not be taken for the new one's.
            checkpoint();
        }
        disk.createDirectory(folder);
        PartitionMetadata.write(disk, folder, topicId);
        SegmentedLog log = load(topicPartition, topicId, folder, logConfig, Checkpointed.NEW_LOG);
        disk.syncDirectory(folder);
        disk.syncDirectory(path);
        logs.put(topicPartition, log);
        return log;
    }

    /**
     * Renames the log's folder away at once; its files go with {@link #removeDeletedFiles}, or with
     * the next open. No effect if there is no such log.
     */
    public void delete(TopicPartition topicPartition) throws IOException {
        SegmentedLog log = logs.remove(topicPartition);
        if (log == null) {
            return;
        }
        log.markDeleted();
        stale.add(topicPartition);
        Path away = path.resolve(LogFileNames.deletedFolder(topicPartition));
        disk.rename(log.folder(), away);
        disk.syncDirectory(path);
        synchronized (removed) {
            removed.add(new Removed(away, log, clock.millis()));
        }
    }

    /** Writes recovery points, log start offsets and high watermarks of all logs. */
    public void checkpoint() throws IOException {
        synchronized (checkpointLock) {
            List<TopicPartition> forgotten = List.copyOf(stale);
            storeRecoveryPoints();
            Map<TopicPartition, Long> starts = offsets(PartitionLog::logStartOffset);
            logStarts.write(starts);
            logs.forEach((tp, log) -> log.logStartStored(starts.getOrDefault(tp, 0L)));
            highWatermarks.write(offsets(PartitionLog::highWatermark));
            storeCleaned();
            forgotten.forEach(stale::remove);
        }
    }

    private void storeRecoveryPoints() throws IOException {
        synchronized (checkpointLock) {
            recoveryPoints.write(offsets(PartitionLog::recoveryPoint));
        }
    }

    private void storeCleaned() throws IOException {
        synchronized (checkpointLock) {
            Map<TopicPartition, Long> all = offsets(PartitionLog::cleanedTo);
            all.values().removeIf(offset -> offset < 0);
            cleaned.write(all);
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
        long before = clock.millis() - config.fileDeleteDelayMs();
        List<Removed> due = new ArrayList<>();
        synchronized (removed) {
            removed.removeIf(each -> each.atMs <= before && due.add(each));
        }
        for (Removed each : due) {
            each.log.closeFiles();
            removeFolder(each.folder);
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
        IOException failure = null;
        try {
            for (SegmentedLog log : logs.values()) {
                try {
                    log.close();
                    failure = failure == null ? log.failure().orElse(null) : failure;
                } catch (IOException e) {
                    failure = failure == null ? e : failure;
                }
            }
            closeRemoved();
            if (failure == null) {
                checkpoint();
                AtomicFile.write(
                        disk,
                        path.resolve(LogFileNames.CLEAN_SHUTDOWN),
                        "{\"version\":0,\"brokerEpoch\":-1}");
            }
        } finally {
            lock.close();
        }
        if (failure != null) {
            throw failure;
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
