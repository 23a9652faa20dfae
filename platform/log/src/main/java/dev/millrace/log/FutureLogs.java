package dev.millrace.log;

import dev.millrace.log.disk.Disk;
import dev.millrace.log.disk.DiskFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The copies of logs that move into one directory.
 *
 * <pre>
 *   there: orders-0 ─────────────────────────────────── rename ──► orders-0.x-delete
 *   here:  orders-0.y-future ── copy ── close, mark ──────┘  then rename ──► orders-0
 * </pre>
 *
 * A crash before the first rename leaves the log where it was; after it, the marked copy is the
 * only one, and takes its place at the next start. An unmarked copy is worth nothing: what it was
 * copied from may have lost its tail. Thread-safe.
 */
final class FutureLogs {
    private final Path path;
    private final Disk disk;
    private final Map<TopicPartition, SegmentedLog> logs = new ConcurrentHashMap<>();

    /** Folders of the last process. */
    private final Map<TopicPartition, List<Path>> found = new ConcurrentHashMap<>();

    FutureLogs(Path path, Disk disk) {
        this.path = path;
        this.disk = disk;
    }

    /** Takes note of the folder if it is a copy's; false if it is something else. */
    boolean find(String name) {
        TopicPartition of = LogFileNames.futureOf(name).orElse(null);
        if (of == null) {
            return false;
        }
        List<Path> folders = found.computeIfAbsent(of, tp -> new ArrayList<>());
        // A complete one first; there is never more than one.
        folders.add(isComplete(path.resolve(name)) ? 0 : folders.size(), path.resolve(name));
        return true;
    }

    Map<TopicPartition, Boolean> found() {
        Map<TopicPartition, Boolean> all = new HashMap<>();
        found.forEach((tp, folders) -> all.put(tp, isComplete(folders.get(0))));
        return all;
    }

    List<Path> takeFound(TopicPartition topicPartition) {
        List<Path> folders = found.remove(topicPartition);
        return folders == null ? List.of() : folders;
    }

    private boolean isComplete(Path folder) {
        return disk.exists(folder.resolve(LogFileNames.FUTURE_COMPLETE));
    }

    void markComplete(Path folder) throws IOException {
        try (DiskFile marker = disk.open(folder.resolve(LogFileNames.FUTURE_COMPLETE))) {
            marker.force();
        }
        disk.syncDirectory(folder);
    }

    void unmark(Path folder) throws IOException {
        disk.delete(folder.resolve(LogFileNames.FUTURE_COMPLETE));
    }

    void put(SegmentedLog log) {
        logs.put(log.topicPartition(), log);
    }

    @Nullable SegmentedLog get(TopicPartition topicPartition) {
        return logs.get(topicPartition);
    }

    SegmentedLog require(TopicPartition topicPartition) {
        SegmentedLog log = logs.get(topicPartition);
        if (log == null) {
            throw new IllegalStateException(topicPartition + " does not move to " + path);
        }
        return log;
    }

    @Nullable SegmentedLog remove(TopicPartition topicPartition) {
        return logs.remove(topicPartition);
    }

    Collection<PartitionLog> all() {
        return List.copyOf(logs.values());
    }

    void markFailed(IOException cause) {
        logs.values().forEach(log -> log.markFailed(cause));
    }

    /** Half a copy is begun again at the next start. */
    void close() throws IOException {
        for (SegmentedLog log : logs.values()) {
            log.closeFiles();
        }
    }
}
