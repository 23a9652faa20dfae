package dev.millrace.cluster.journal;

import dev.millrace.cluster.ClusterStartException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The journal's folder, claimed by one process and marked with its owner.
 *
 * <pre>
 *   journal.lock         locked while a process uses the folder
 *   journal.properties   "format=1\nnode.id=1\n", and of a cluster "voters=host:port,...\n",
 *                        written first and never changed
 *   (group id)/          Ratis: current/ log segments and votes, sm/ snapshots
 * </pre>
 *
 * Looking here first turns Ratis' several seconds of retries and its stack trace into one line.
 */
final class JournalDirectory implements AutoCloseable {
    private static final String LOCK = "journal.lock";
    private static final String PROPERTIES = "journal.properties";

    private final FileChannel lockFile;

    private JournalDirectory(FileChannel lockFile) {
        this.lockFile = lockFile;
    }

    /**
     * @throws ClusterStartException if another process has it, or it belongs to something else
     */
    static JournalDirectory claim(JournalOptions options) {
        Path directory = options.directory();
        FileChannel lockFile = null;
        try {
            Files.createDirectories(directory);
            lockFile =
                    FileChannel.open(
                            directory.resolve(LOCK),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE);
            lock(lockFile, directory);
            checkOwner(directory, owner(options));
            return new JournalDirectory(lockFile);
        } catch (IOException e) {
            closeQuietly(lockFile, e);
            throw new ClusterStartException(
                    "Cannot use the metadata journal's directory "
                            + directory
                            + ": "
                            + e
                            + ". It must be a writable directory.",
                    e);
        } catch (ClusterStartException e) {
            closeQuietly(lockFile, e);
            throw e;
        }
    }

    private static void lock(FileChannel lockFile, Path directory) throws IOException {
        FileLock lock;
        try {
            lock = lockFile.tryLock();
        } catch (OverlappingFileLockException sameProcess) {
            lock = null;
        }
        if (lock == null) {
            throw new ClusterStartException(
                    "The metadata journal in "
                            + directory
                            + " is in use by another node; stop it, or give this one a directory of"
                            + " its own.");
        }
    }

    private static List<String> owner(JournalOptions options) {
        List<String> owner = new ArrayList<>(List.of("format=1", "node.id=" + options.nodeId()));
        if (!options.isAlone()) {
            owner.add("voters=" + String.join(",", options.voterAddresses()));
        }
        return owner;
    }

    private static void checkOwner(Path directory, List<String> expected) throws IOException {
        Path file = directory.resolve(PROPERTIES);
        if (Files.exists(file)) {
            List<String> found = Files.readAllLines(file);
            if (!found.equals(expected)) {
                throw new ClusterStartException(
                        "The metadata journal in "
                                + directory
                                + " says "
                                + found
                                + ", this node expects "
                                + expected
                                + "; give each node a directory of its own, and leave its node.id"
                                + " and the voters of its cluster as they are.");
            }
            return;
        }
        try (Stream<Path> files = Files.list(directory)) {
            Path foreign =
                    files.filter(
                                    each ->
                                            !Set.of(LOCK, PROPERTIES + ".part")
                                                    .contains(each.getFileName().toString()))
                            .findFirst()
                            .orElse(null);
            if (foreign != null) {
                throw new ClusterStartException(
                        "The directory "
                                + directory
                                + " is not a metadata journal, but holds "
                                + foreign.getFileName()
                                + "; choose an empty one.");
            }
        }
        mark(file, expected);
    }

    private static void mark(Path file, List<String> lines) throws IOException {
        Path temporary = file.resolveSibling(PROPERTIES + ".part");
        Files.write(temporary, lines);
        try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void closeQuietly(@Nullable FileChannel channel, Exception cause) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                cause.addSuppressed(e);
            }
        }
    }

    @Override
    public void close() throws IOException {
        lockFile.close();
    }
}
