package dev.millrace.log;

import dev.millrace.log.PartitionLog.EpochEndOffset;
import dev.millrace.log.disk.AtomicFile;
import dev.millrace.log.disk.Disk;
import dev.millrace.log.disk.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * At which offset each leader epoch begins; both ascend.
 *
 * <pre>
 * leader-epoch-checkpoint (text)
 *   0                       version
 *   2                       entries
 *   0 0                     epoch, start offset
 *   3 1700
 * </pre>
 *
 * An epoch is known here before the first batch that has it can be read. The file is written by
 * {@link #store} when the log is flushed or truncated; what a crash loses is in the batches that
 * recovery scans. The owner changes it; any thread asks.
 */
final class LeaderEpochs {
    private record Start(int epoch, long startOffset) {}

    private final Disk disk;
    private final Path file;
    private volatile List<Start> starts;
    private volatile @Nullable List<Start> stored;

    private LeaderEpochs(Disk disk, Path file, List<Start> starts, @Nullable List<Start> stored) {
        this.disk = disk;
        this.file = file;
        this.starts = starts;
        this.stored = stored;
    }

    /** A file that does not parse counts as missing. */
    static LeaderEpochs open(Disk disk, Path file) throws IOException {
        String text = AtomicFile.readText(disk, file);
        List<Start> found = text == null ? null : parse(text);
        return new LeaderEpochs(disk, file, found == null ? List.of() : found, found);
    }

    private static @Nullable List<Start> parse(String text) {
        List<String> lines = text.lines().toList();
        try {
            if (lines.size() < 2
                    || !lines.get(0).equals("0")
                    || lines.size() - 2 != Integer.parseInt(lines.get(1))) {
                return null;
            }
            List<Start> starts = new ArrayList<>();
            for (String line : lines.subList(2, lines.size())) {
                int space = line.indexOf(' ');
                starts.add(
                        new Start(
                                Integer.parseInt(line, 0, Math.max(space, 0), 10),
                                Long.parseLong(line.substring(space + 1))));
            }
            return List.copyOf(starts);
        } catch (NumberFormatException e) {
            return null;
        }
    }

    boolean wasStored() {
        return stored != null;
    }

    OptionalInt latest() {
        List<Start> current = starts;
        return current.isEmpty()
                ? OptionalInt.empty()
                : OptionalInt.of(current.get(current.size() - 1).epoch);
    }

    /** Notes that batches from {@code startOffset} on have {@code epoch}. */
    void assign(int epoch, long startOffset) {
        List<Start> current = starts;
        if (epoch < 0 || (!current.isEmpty() && current.get(current.size() - 1).epoch == epoch)) {
            return;
        }
        List<Start> next =
                new ArrayList<>(keep(s -> s.epoch < epoch && s.startOffset < startOffset));
        next.add(new Start(epoch, startOffset));
        starts = List.copyOf(next);
    }

    /** See {@link PartitionLog#endOffsetForEpoch}. */
    Optional<EpochEndOffset> endOffsetFor(int epoch, long logEndOffset) {
        List<Start> current = starts;
        if (current.isEmpty() || epoch < 0 || epoch > current.get(current.size() - 1).epoch) {
            return Optional.empty();
        }
        int higher = 0;
        while (higher < current.size() && current.get(higher).epoch <= epoch) {
            higher++;
        }
        if (higher == current.size()) {
            return Optional.of(new EpochEndOffset(epoch, logEndOffset));
        }
        // Older than all we know: nothing of it is below the first epoch's start.
        int found = higher == 0 ? epoch : current.get(higher - 1).epoch;
        return Optional.of(new EpochEndOffset(found, current.get(higher).startOffset));
    }

    /** Of the batch at {@code offset}; -1 if unknown. */
    int epochOf(long offset) {
        int epoch = -1;
        for (Start start : starts) {
            if (start.startOffset > offset) {
                break;
            }
            epoch = start.epoch;
        }
        return epoch;
    }

    void truncateFromEnd(long endOffset) {
        starts = keep(s -> s.startOffset < endOffset);
    }

    void truncateFromStart(long startOffset) {
        int epoch = epochOf(startOffset);
        List<Start> above = keep(s -> s.startOffset > startOffset);
        if (epoch < 0 || above.size() == starts.size()) {
            return;
        }
        List<Start> next = new ArrayList<>();
        next.add(new Start(epoch, startOffset));
        next.addAll(above);
        starts = List.copyOf(next);
    }

    void clear() {
        starts = List.of();
    }

    private List<Start> keep(Predicate<Start> kept) {
        return starts.stream().filter(kept).toList();
    }

    /**
     * Writes a file without epochs for a log that has no records; not durably: without it, or with
     * half of it, the epochs are taken from the batches.
     */
    static void createFile(Disk disk, Path file) throws IOException {
        try (DiskFile out = disk.open(file)) {
            out.truncate(0);
            out.write(ByteBuffer.wrap("0\n0\n".getBytes(StandardCharsets.US_ASCII)), 0);
        }
    }

    /** Writes the file, durably, if it does not say the same already. */
    synchronized void store() throws IOException {
        List<Start> current = starts;
        if (current.equals(stored)) {
            return;
        }
        StringBuilder text = new StringBuilder("0\n").append(current.size()).append('\n');
        for (Start start : current) {
            text.append(start.epoch).append(' ').append(start.startOffset).append('\n');
        }
        AtomicFile.write(disk, file, text.toString());
        stored = current;
    }
}
