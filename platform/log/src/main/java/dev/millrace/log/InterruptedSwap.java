package dev.millrace.log;

import dev.millrace.log.disk.Disk;
import dev.millrace.log.disk.DiskFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Goes on where a crash has interrupted the replacement of segments, Kafka's or ours.
 *
 * <pre>
 * files found                                     what it means
 *   0.log.cleaned ..                              the cleaner was writing: they go
 *   0.log.cleaned ..   0.index.swap ..            not all were renamed: they go
 *   0.log.swap, 0.index.swap ..                   they count: segments they replace go, and they
 *                                                 take their final names
 *   0.log, 0.index.swap ..                        the same, some have their names already
 * </pre>
 *
 * A {@code .swap} at or above the smallest {@code .cleaned} is not complete (when Kafka splits a
 * segment it renames the last part first).
 */
final class InterruptedSwap {
    private static final Logger LOG = LoggerFactory.getLogger(InterruptedSwap.class);

    private static final List<String> SUFFIXES =
            List.of(
                    LogFileNames.LOG,
                    LogFileNames.OFFSET_INDEX,
                    LogFileNames.TIME_INDEX,
                    LogFileNames.TXN_INDEX);

    private final Disk disk;
    private final Path folder;

    InterruptedSwap(Disk disk, Path folder) {
        this.disk = disk;
        this.folder = folder;
    }

    /** Whether there was one; nothing has another name than its final one after this. */
    boolean finish() throws IOException {
        List<Long> cleaned = offsetsOf(LogFileNames.CLEANED);
        long minCleaned = cleaned.stream().min(Long::compare).orElse(Long.MAX_VALUE);
        for (long offset : offsetsOf(LogFileNames.SWAP)) {
            if (offset >= minCleaned) {
                remove(offset, LogFileNames.SWAP);
            }
        }
        // Swaps first: without the .cleaned files an incomplete swap looks complete.
        if (!cleaned.isEmpty()) {
            disk.syncDirectory(folder);
        }
        for (long offset : cleaned) {
            remove(offset, LogFileNames.CLEANED);
        }
        List<Long> swaps = offsetsOf(LogFileNames.SWAP);
        if (swaps.isEmpty()) {
            return false;
        }
        removeReplaced();
        for (long offset : swaps) {
            rename(offset);
        }
        disk.syncDirectory(folder);
        return true;
    }

    private void removeReplaced() throws IOException {
        long from = Long.MAX_VALUE;
        long to = Long.MIN_VALUE;
        for (String name : disk.list(folder)) {
            Optional<Long> offset =
                    LogFileNames.offsetOf(name, LogFileNames.LOG + LogFileNames.SWAP);
            if (offset.isPresent()) {
                LOG.info("{}: {} takes the place of what it replaces", folder.getFileName(), name);
                from = Math.min(from, offset.get());
                to = Math.max(to, nextOffset(folder.resolve(name), offset.get()));
            }
        }
        for (String suffix : SUFFIXES) {
            for (long offset : offsetsOf(suffix)) {
                // An empty swap replaces the one segment that has its name.
                if (offset == from || (offset > from && offset < to)) {
                    disk.delete(LogFileNames.segmentFile(folder, offset, suffix));
                }
            }
        }
        disk.syncDirectory(folder);
    }

    private long nextOffset(Path file, long baseOffset) throws IOException {
        long next = baseOffset;
        try (DiskFile log = disk.open(file)) {
            BatchCursor cursor =
                    new BatchCursor(log, 0, log.size(), BatchCursor.LOOKUP_BLOCK_BYTES);
            while (cursor.next()) {
                next = cursor.header().nextOffset();
            }
        }
        return next;
    }

    private void rename(long offset) throws IOException {
        for (String suffix : SUFFIXES) {
            Path file = LogFileNames.segmentFile(folder, offset, suffix + LogFileNames.SWAP);
            if (disk.exists(file)) {
                disk.rename(file, LogFileNames.segmentFile(folder, offset, suffix));
            }
        }
    }

    private void remove(long offset, String nameSuffix) throws IOException {
        for (String suffix : SUFFIXES) {
            disk.delete(LogFileNames.segmentFile(folder, offset, suffix + nameSuffix));
        }
    }

    /** Of the segments that have a file with {@code nameSuffix} after, or as, its usual suffix. */
    private List<Long> offsetsOf(String nameSuffix) throws IOException {
        List<Long> offsets = new ArrayList<>();
        for (String name : disk.list(folder)) {
            Optional<Long> offset = LogFileNames.offsetOf(name, nameSuffix);
            for (int i = 0; offset.isEmpty() && i < SUFFIXES.size(); i++) {
                offset = LogFileNames.offsetOf(name, SUFFIXES.get(i) + nameSuffix);
            }
            if (offset.isPresent() && !offsets.contains(offset.get())) {
                offsets.add(offset.get());
            }
        }
        return offsets;
    }
}
