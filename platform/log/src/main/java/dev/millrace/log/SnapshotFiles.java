package dev.millrace.log;

import dev.millrace.log.disk.Disk;
import dev.millrace.log.disk.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The producer snapshots of one log. The owner takes them in memory; {@link #store}, from the
 * thread that flushes, writes them and makes them durable.
 *
 * <p>A snapshot that a crash takes from memory costs the replay of more batches, nothing else.
 */
final class SnapshotFiles {
    private static final int ALWAYS_KEPT = 2;

    /** Of what waits to be written; the oldest gives way, since the newest are the useful ones. */
    private static final int MAX_TAKEN = 4;

    private record Taken(long offset, ByteBuffer content) {}

    private final Disk disk;
    private final Path folder;
    private final ArrayDeque<Taken> taken = new ArrayDeque<>();

    SnapshotFiles(Disk disk, Path folder) {
        this.disk = disk;
        this.folder = folder;
    }

    /** The state of {@code producers} at {@code offset}, which is the log end. Touches no file. */
    void take(ProducerState producers, long offset) {
        Taken snapshot = new Taken(offset, ProducerSnapshot.encode(producers.entries()));
        synchronized (taken) {
            if (taken.size() == MAX_TAKEN) {
                taken.remove();
            }
            taken.add(snapshot);
        }
    }

    /** The log was cut: what was taken may be of what is gone. */
    void dropTaken() {
        synchronized (taken) {
            taken.clear();
        }
    }

    /** Writes what was taken, durably but for the folder. */
    void store() throws IOException {
        for (Taken snapshot = next(); snapshot != null; snapshot = next()) {
            try (DiskFile out = disk.open(fileOf(snapshot.offset))) {
                out.truncate(0);
                out.write(snapshot.content, 0);
                out.force();
            }
        }
    }

    private @Nullable Taken next() {
        synchronized (taken) {
            return taken.poll();
        }
    }

    /** Keeps what a recovery from the recovery point may need, and two. */
    void removeOld(long recoveryPoint) throws IOException {
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

    private Path fileOf(long offset) {
        return LogFileNames.segmentFile(folder, offset, LogFileNames.SNAPSHOT);
    }
}
