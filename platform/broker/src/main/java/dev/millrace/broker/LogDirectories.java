package dev.millrace.broker;

import dev.millrace.log.LogConfig;
import dev.millrace.log.LogDirectory;
import dev.millrace.log.LogDirectoryConfig;
import dev.millrace.log.LogDirectoryException;
import dev.millrace.log.PartitionLog;
import dev.millrace.log.disk.Disk;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.LogDirNotFoundException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All of {@code log.dirs}, those that work and those that do not. A new log goes to the directory
 * with the fewest. A directory that cannot be opened, or fails later, is offline until the next
 * start; the others go on. Methods block where not said otherwise; any thread.
 */
final class LogDirectories {
    private static final Logger LOG = LoggerFactory.getLogger(LogDirectories.class);

    /** Flushes of one directory under way at a time: a file system commits them together. */
    private static final int FLUSHES_AT_ONCE = 4;

    private static final int MAX_PREFERENCES = 100_000;

    /**
     * @param directory null if it could not be opened
     * @param syncs threads that flush its logs: a disk that hangs must not hold up another's
     */
    private record Entry(
            Path path,
            @Nullable LogDirectory directory,
            @Nullable IOException refusal,
            Workers syncs) {

        boolean online() {
            return directory != null && directory.failure().isEmpty();
        }
    }

    private final List<Entry> entries;
    private final Supplier<Set<Path>> cordoned;

    /** Where logs that do not exist yet are to be created. */
    private final Map<TopicPartition, Path> preferred = new ConcurrentHashMap<>();

    /** Moves that the last process had begun, with where they went. */
    private final Map<TopicPartition, LogDirectory> cutShort = new ConcurrentHashMap<>();

    /** Logs under way to a directory; guarded by itself. */
    private final Map<LogDirectory, Integer> beingCreated = new HashMap<>();

    private final Map<Path, Long> checkpointed = new HashMap<>();

    private LogDirectories(List<Entry> entries, Supplier<Set<Path>> cordoned) {
        this.entries = List.copyOf(entries);
        this.cordoned = cordoned;
    }

    /**
     * @param cordoned absolute paths of directories that new logs do not go to; asked each time
     * @throws LogDirectoryException none can be used, or one is misconfigured, or a log is in two
     */
    static LogDirectories open(
            List<Path> paths,
            LogDirectoryConfig config,
            Function<String, LogConfig> configOfTopic,
            Supplier<Set<Path>> cordoned,
            Disk disk)
            throws IOException {
        List<Entry> entries = new ArrayList<>();
        LogDirectories opened = null;
        try {
            for (Path path : paths) {
                entries.add(open(path, config, configOfTopic, disk));
            }
            opened = new LogDirectories(entries, cordoned);
            opened.requireUsable();
            opened.settleDuplicates();
            opened.settleMoves(configOfTopic);
            return opened;
        } catch (IOException | RuntimeException e) {
            for (Entry entry : entries) {
                try {
                    close(entry);
                } catch (IOException suppressed) {
                    e.addSuppressed(suppressed);
                }
            }
            throw e;
        }
    }

    private static Entry open(
            Path path,
            LogDirectoryConfig config,
            Function<String, LogConfig> configOfTopic,
            Disk disk)
            throws IOException {
        Workers syncs = new Workers("millrace-sync-" + path.getFileName(), FLUSHES_AT_ONCE);
        try {
            return new Entry(
                    path,
                    LogDirectory.open(path, config, configOfTopic, disk, Clock.systemUTC()),
                    null,
                    syncs);
        } catch (LogDirectoryException e) {
            if (!e.diskAtFault()) {
                throw e;
            }
            return new Entry(path, null, e, syncs);
        } catch (IOException e) {
            return new Entry(path, null, e, syncs);
        }
    }

    private void requireUsable() throws IOException {
        Map<Uuid, Path> ids = new HashMap<>();
        for (Entry entry : entries) {
            LogDirectory directory = entry.directory;
            if (directory != null) {
                Path other = ids.put(directory.directoryId(), entry.path);
                if (other != null && !directory.directoryId().equals(Uuid.ZERO_UUID)) {
                    throw new LogDirectoryException(
                            "log directories %s and %s have the same directory.id %s: one is a copy; take it out of log.dirs"
                                    .formatted(other, entry.path, directory.directoryId()));
                }
            }
        }
        Entry first = entries.get(0);
        if (!anyOnline() && first.refusal != null) {
            throw first.refusal;
        }
        for (Entry entry : entries) {
            if (entry.refusal != null) {
                LOG.error(
                        "Log directory {} is offline: {}. Its logs are refused until it can be used"
                                + " and the node is restarted; the other directories go on.",
                        entry.path,
                        entry.refusal.getMessage(),
                        entry.refusal);
            }
        }
    }

    /**
     * A log in two directories: one without records was created while the directory of the other
     * failed; if both have records, only a human can say which is right.
     */
    private void settleDuplicates() throws IOException {
        Map<TopicPartition, LogDirectory> seen = new HashMap<>();
        for (LogDirectory directory : online()) {
            for (PartitionLog log : directory.logs()) {
                TopicPartition tp = log.topicPartition();
                LogDirectory other = seen.putIfAbsent(tp, directory);
                if (other == null) {
                    continue;
                }
                if (log.logEndOffset() == 0) {
                    directory.delete(tp);
                } else if (other.log(tp).orElseThrow().logEndOffset() == 0) {
                    other.delete(tp);
                    seen.put(tp, directory);
                } else {
                    throw new LogDirectoryException(
                            "%s has a log in %s (to offset %d) and one in %s (to offset %d): a directory failed while the log was moved between them; move the folder of the one that is behind away"
                                    .formatted(
                                            tp,
                                            other.path(),
                                            other.log(tp).orElseThrow().logEndOffset(),
                                            directory.path(),
                                            log.logEndOffset()));
                }
            }
        }
    }

    /** Ends the moves that the last process was about to end; forgets the others' copies. */
    private void settleMoves(Function<String, LogConfig> configOfTopic) throws IOException {
        for (LogDirectory directory : online()) {
            for (Map.Entry<TopicPartition, Boolean> future : directory.foundFutures().entrySet()) {
                TopicPartition tp = future.getKey();
                boolean complete = future.getValue();
                if (complete && find(tp) == null) {
                    LOG.info("{}: ends its move to {}", tp, directory.path());
                    directory.moveIn(tp, configOfTopic.apply(tp.topic()));
                } else {
                    directory.discardFuture(tp);
                    if (find(tp) != null) {
                        cutShort.put(tp, directory);
                    }
                }
            }
        }
    }

    // ---- What there is; these do not block

    /** Those that work. */
    List<LogDirectory> online() {
        return entries.stream()
                .filter(Entry::online)
                .map(Entry::directory)
                .filter(directory -> directory != null)
                .toList();
    }

    boolean anyOnline() {
        return entries.stream().anyMatch(Entry::online);
    }

    boolean anyOffline() {
        return !entries.stream().allMatch(Entry::online);
    }

    /** Absolute, in the order of {@code log.dirs}. */
    List<Path> paths() {
        return entries.stream().map(entry -> entry.path.toAbsolutePath()).toList();
    }

    List<Path> offlinePaths() {
        return entries.stream()
                .filter(entry -> !entry.online())
                .map(entry -> entry.path.toAbsolutePath())
                .toList();
    }

    boolean isCordoned(Path path) {
        return cordoned.get().contains(path.toAbsolutePath());
    }

    /**
     * The directory with this absolute path; null if it is offline.
     *
     * @throws LogDirNotFoundException it is not in {@code log.dirs}
     */
    @Nullable LogDirectory at(String path) {
        for (Entry entry : entries) {
            if (entry.path.toAbsolutePath().toString().equals(path)) {
                return entry.online() ? entry.directory : null;
            }
        }
        throw new LogDirNotFoundException("Log dir " + path + " is not found in the config.");
    }

    /**
     * @param listener told once of each directory that fails, on the thread that met the error
     */
    void onFailure(BiConsumer<LogDirectory, IOException> listener) {
        for (Entry entry : entries) {
            LogDirectory directory = entry.directory;
            if (directory != null) {
                directory.onFailure(cause -> listener.accept(directory, cause));
            }
        }
    }

    /** The directory that has the log, online or not; null if none has. */
    @Nullable LogDirectory directoryOf(TopicPartition tp) {
        return entries.stream()
                .map(Entry::directory)
                .filter(directory -> directory != null && directory.log(tp).isPresent())
                .findFirst()
                .orElse(null);
    }

    /** Whether the directory that has the log works. */
    boolean isOnline(TopicPartition tp) {
        LogDirectory directory = directoryOf(tp);
        return directory != null && directory.failure().isEmpty();
    }

    @Nullable PartitionLog find(TopicPartition tp) {
        LogDirectory directory = directoryOf(tp);
        return directory == null ? null : directory.log(tp).orElse(null);
    }

    /** Threads to flush a log with. */
    Workers syncsOf(TopicPartition tp) {
        LogDirectory directory = directoryOf(tp);
        return entries.stream()
                .filter(entry -> entry.directory == directory)
                .findFirst()
                .orElse(entries.get(0))
                .syncs;
    }

    /** Of working directories. */
    List<PartitionLog> logs() {
        return online().stream().flatMap(directory -> directory.logs().stream()).toList();
    }

    /** Where to create the log once it is wanted; no effect if it exists. */
    void prefer(TopicPartition tp, Path path) {
        if (find(tp) == null && preferred.size() < MAX_PREFERENCES) {
            preferred.put(tp, path.toAbsolutePath());
        }
    }

    /** Where the log was on its way to when the last process ended; null once asked. */
    @Nullable LogDirectory takeCutShort(TopicPartition tp) {
        return cutShort.remove(tp);
    }

    // ---- Figures, for metrics

    int offline() {
        return (int) entries.stream().filter(entry -> !entry.online()).count();
    }

    double sum(ToDoubleFunction<LogDirectory> figure) {
        return entries.stream()
                .map(Entry::directory)
                .filter(Objects::nonNull)
                .mapToDouble(figure)
                .sum();
    }

    long logBytes() {
        return logs().stream().mapToLong(PartitionLog::sizeBytes).sum();
    }

    int waitingFlushes() {
        return entries.stream().mapToInt(entry -> entry.syncs.queued()).sum();
    }

    // ---- Changes

    void producerIdExpirationMs(long ms) {
        online().forEach(directory -> directory.producerIdExpirationMs(ms));
    }

    /** In the next directory, should one fail by it. */
    PartitionLog create(TopicPartition tp, Uuid topicId, LogConfig config) throws IOException {
        while (true) {
            LogDirectory chosen = choose(tp);
            try {
                PartitionLog log = chosen.create(tp, topicId, config);
                preferred.remove(tp);
                return log;
            } catch (IOException e) {
                if (!anyOnline() || chosen.failure().isEmpty()) {
                    throw e;
                }
            } finally {
                synchronized (beingCreated) {
                    beingCreated.merge(chosen, -1, Integer::sum);
                }
            }
        }
    }

    private LogDirectory choose(TopicPartition tp) {
        Path wanted = preferred.get(tp);
        List<LogDirectory> online = online();
        synchronized (beingCreated) {
            LogDirectory chosen =
                    online.stream()
                            .filter(directory -> directory.path().toAbsolutePath().equals(wanted))
                            .findFirst()
                            .or(() -> emptiest(online.stream().filter(d -> !isCordoned(d.path()))))
                            .or(() -> emptiest(online.stream()))
                            .orElseThrow(
                                    () ->
                                            new KafkaStorageException(
                                                    "all log directories are offline"));
            beingCreated.merge(chosen, 1, Integer::sum);
            return chosen;
        }
    }

    private Optional<LogDirectory> emptiest(Stream<LogDirectory> directories) {
        return directories.min(
                Comparator.comparingInt(
                        directory ->
                                directory.logs().size()
                                        + directory.futures().size()
                                        + beingCreated.getOrDefault(directory, 0)));
    }

    void delete(TopicPartition tp) throws IOException {
        preferred.remove(tp);
        for (LogDirectory directory : online()) {
            directory.delete(tp);
        }
    }

    /** Writes the checkpoints of directories in which a log has moved since the last time. */
    synchronized void checkpoint() throws IOException {
        IOException failure = null;
        for (LogDirectory directory : online()) {
            long moved = 0;
            for (PartitionLog log : directory.logs()) {
                moved += log.highWatermark() + log.logStartOffset() + log.recoveryPoint() + 1;
            }
            try {
                if (!Long.valueOf(moved).equals(checkpointed.get(directory.path()))) {
                    directory.checkpoint();
                    checkpointed.put(directory.path(), moved);
                }
                directory.removeDeletedFiles();
            } catch (IOException e) {
                // One that has failed says so itself, once.
                failure = directory.failure().isPresent() ? failure : e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** Closes all, even if one fails; the first failure that is not known yet is thrown. */
    void close() throws IOException {
        IOException failure = null;
        for (Entry entry : entries) {
            try {
                close(entry);
            } catch (IOException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private static void close(Entry entry) throws IOException {
        entry.syncs.shutdown();
        LogDirectory directory = entry.directory;
        if (directory == null) {
            return;
        }
        boolean known = directory.failure().isPresent();
        try {
            directory.close();
        } catch (IOException e) {
            if (!known) {
                throw e;
            }
            LOG.debug("{} had failed before", entry.path, e);
        }
    }
}
