package dev.millrace.broker;

import dev.millrace.log.disk.AtomicFile;
import dev.millrace.log.disk.Disk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Remembers under which broker epoch the logs were written, and whether they can still have all of
 * it: after a clean stop, or while only the process has ended and the system, which has what was
 * not flushed, still runs. Else what was acknowledged may be missing, and the replicas here must
 * not count as in sync before they have caught up (KIP-966).
 *
 * <pre>
 * millrace-broker-epoch (text, one in each log directory)
 *   0                                         version
 *   1042                                      broker epoch
 *   5f3c8a1e-… or -                           the system's boot, or where it says none
 *   running, clean or lost                    since
 * </pre>
 *
 * A file that is missing or does not parse, in one of the directories, counts as {@code lost}: a
 * directory may have been replaced.
 */
final class EpochFiles {
    private static final Logger LOG = LoggerFactory.getLogger(EpochFiles.class);
    private static final String FILE = "millrace-broker-epoch";
    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
    private static final long NONE = -1;

    private enum Since {
        RUNNING,
        CLEAN,
        LOST
    }

    private final Disk disk;
    private final List<Path> directories;
    private final String bootId;
    private volatile long epoch = NONE;
    private volatile boolean lost;

    /**
     * @param bootId changes when the system starts; "-" if it is not known
     */
    EpochFiles(Disk disk, List<Path> directories, String bootId) {
        this.disk = disk;
        this.directories = List.copyOf(directories);
        this.bootId = bootId;
    }

    /** Of the system that this runs on; blocks. */
    static String bootId() {
        try {
            return Files.readString(BOOT_ID).strip();
        } catch (IOException e) {
            LOG.debug("{} does not say when the system started", BOOT_ID, e);
            return "-";
        }
    }

    /** The epoch whose records are all here; -1 if some may be missing. Blocks. */
    long previous() {
        long common = NONE;
        for (Path directory : directories) {
            long found = previous(directory);
            if (found == NONE || (common != NONE && common != found)) {
                return NONE;
            }
            common = found;
        }
        return common;
    }

    private long previous(Path directory) {
        try {
            String text = AtomicFile.readText(disk, directory.resolve(FILE));
            List<String> lines = text == null ? List.of() : text.lines().toList();
            if (lines.size() != 4 || !lines.get(0).equals("0")) {
                return NONE;
            }
            boolean sameBoot = !bootId.equals("-") && lines.get(2).equals(bootId);
            boolean whole =
                    lines.get(3).equals(text(Since.CLEAN))
                            || (lines.get(3).equals(text(Since.RUNNING)) && sameBoot);
            return whole ? Long.parseLong(lines.get(1)) : NONE;
        } catch (IOException | NumberFormatException e) {
            LOG.warn("{} does not say what it has: {}", directory, e.toString());
            return NONE;
        }
    }

    private static String text(Since since) {
        return switch (since) {
            case RUNNING -> "running";
            case CLEAN -> "clean";
            case LOST -> "lost";
        };
    }

    /** From now on records are of this epoch. Blocks. */
    void running(long brokerEpoch) {
        epoch = brokerEpoch;
        write(lost ? Since.LOST : Since.RUNNING);
    }

    /** A directory has failed: nobody knows what it has of what was written. Blocks. */
    void lost() {
        lost = true;
        write(Since.LOST);
    }

    /** The logs are closed, and all of them flushed. The last thing before the end. Blocks. */
    void stopped() {
        if (!lost) {
            write(Since.CLEAN);
        }
    }

    private void write(Since since) {
        if (epoch == NONE) {
            return;
        }
        String text = "0\n%d\n%s\n%s\n".formatted(epoch, bootId, text(since));
        for (Path directory : directories) {
            try {
                AtomicFile.write(disk, directory.resolve(FILE), text);
            } catch (IOException e) {
                LOG.warn("{} could not be told of broker epoch {}", directory, epoch, e);
                if (since == Since.LOST) {
                    forget(directory);
                }
            }
        }
    }

    /**
     * Without the file it counts as lost, and a file can be deleted where none can be written: a
     * full disk is the most frequent reason.
     */
    private void forget(Path directory) {
        try {
            disk.delete(directory.resolve(FILE));
            disk.syncDirectory(directory);
        } catch (IOException e) {
            LOG.error(
                    "{} still says that it has all records, although it has failed; delete {} in it"
                            + " before this node is started again",
                    directory,
                    FILE,
                    e);
        }
    }
}
