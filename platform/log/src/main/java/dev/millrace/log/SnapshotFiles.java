package dev.millrace.log;

import dev.millrace.log.disk.Disk;
import dev.millrace.log.disk.DiskFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * The producer snapshots in a log's folder. The owner takes them without waiting for the disk;
 * {@link #force}, from the thread that flushes, makes them durable.
 */
final class SnapshotFiles {
    private static final int ALWAYS_KEPT = 2;

    private final Disk disk;
    private final Path folder;
    private final Queue<Path> unforced = new ConcurrentLinkedQueue<>();

    SnapshotFiles(Disk disk, Path folder) {
        this.disk = disk;
        this.folder = folder;
    }

    /** The state of {@code producers} at {@code offset}, which is the log end. */
    void take(ProducerState producers, long offset, long recoveryPoint) throws IOException {
        Path file = fileOf(offset);
        ProducerSnapshot.write(disk, file, producers.entries());
        unforced.add(file);
        removeOld(recoveryPoint);
    }

    /** Keeps what a recovery from the recovery point may need, and two. */
    private void removeOld(long recoveryPoint) throws IOException {
        boolean coversRecovery = false;
        int kept = 0;
        for (long offset : newestFirst(disk, folder)) {
            if (kept >= ALWAYS_KEPT && coversRecovery) {
                disk.delete(fileOf(offset));
            } else {
                kept++;
            }
            coversRecovery |= offset <= recoveryPoint;
        }
    }

    static List<Long> newestFirst(Disk disk, Path folder) throws IOException {
        List<Long> offsets = new ArrayList<>();
        for (String name : disk.list(folder)) {
            LogFileNames.offsetOf(name, LogFileNames.SNAPSHOT).ifPresent(offsets::add);
        }
        offsets.sort(Comparator.reverseOrder());
        return offsets;
    }

    void force() throws IOException {
        for (Path file = unforced.poll(); file != null; file = unforced.poll()) {
            if (disk.exists(file)) {
                try (DiskFile open = disk.open(file)) {
                    open.force();
                }
            }
        }
    }

    private Path fileOf(long offset) {
        return LogFileNames.segmentFile(folder, offset, LogFileNames.SNAPSHOT);
    }
}
