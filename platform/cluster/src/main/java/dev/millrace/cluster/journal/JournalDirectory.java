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
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The journal's folder, claimed by one process and marked with its owner.
 *
 * <pre>
 *   journal.lock         locked while a process uses the folder
 *   journal.properties   written before anything else, and when what it says changes:
 *                          format=1
 *                          node.id=1
 *                          group=UUID             the journal's name
 *                          peer=127.0.0.1-9510    this node's name in it
 *                          votes=true             whether this node is a voter
 *                          listener=HOST:PORT     for the other nodes; none if the node is alone
 *                          voters=HOST:PORT,...   that it was formed with; none if it has joined
 *                          cluster.id=...         as soon as it is known
 *   (group)/             Ratis: current/ log segments and votes, sm/ snapshots
 * </pre>
 *
 * Looking here first turns Ratis' several seconds of retries and its stack trace into one line.
 */
final class JournalDirectory implements AutoCloseable {
    private static final String LOCK = "journal.lock";
    private static final String PROPERTIES = "journal.properties";

    private final JournalOptions options;
    private final FileChannel lockFile;
    private @Nullable JournalIdentity identity; // guarded by this

    private JournalDirectory(
            JournalOptions options, FileChannel lockFile, @Nullable JournalIdentity identity) {
        this.options = options;
        this.lockFile = lockFile;
        this.identity = identity;
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
            return new JournalDirectory(options, lockFile, found(options));
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

    /** Null if the folder is new. */
    private static @Nullable JournalIdentity found(JournalOptions options) throws IOException {
        Path directory = options.directory();
        Path file = directory.resolve(PROPERTIES);
        if (!Files.exists(file)) {
            refuseForeign(directory);
            return null;
        }
        List<String> found = Files.readAllLines(file);
        List<String> expected = owner(options);
        if (!found.subList(0, Math.min(2, found.size())).equals(expected)) {
            throw new ClusterStartException(
                    "The metadata journal in "
                            + directory
                            + " says "
                            + found
                            + ", this node expects "
                            + expected
                            + "; give each node a directory of its own, and leave its node.id as"
                            + " it is.");
        }
        JournalIdentity identity = JournalIdentity.fromLines(found, options);
        String listener = options.alone() ? "" : options.self().address();
        if (!identity.listener().isEmpty() && !identity.listener().equals(listener)) {
            throw new ClusterStartException(
                    "The metadata journal in "
                            + directory
                            + " belongs to a node of a cluster that listens for the others at "
                            + identity.listener()
                            + (listener.isEmpty() ? "" : ", not at " + listener)
                            + "; start it with millrace.peer.listener="
                            + identity.listener()
                            + ".");
        }
        return identity;
    }

    private static List<String> owner(JournalOptions options) {
        return List.of("format=1", "node.id=" + options.nodeId());
    }

    private static void refuseForeign(Path directory) throws IOException {
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
    }

    /** Null while the folder is new. */
    synchronized @Nullable JournalIdentity identity() {
        return identity;
    }

    /** Returns when it is on the disk. */
    synchronized void remember(JournalIdentity now) throws IOException {
        if (now.equals(identity)) {
            return;
        }
        List<String> lines = new ArrayList<>(owner(options));
        lines.addAll(now.toLines());
        mark(options.directory().resolve(PROPERTIES), lines);
        identity = now;
    }

    /**
     * @param change of what is known by now
     */
    synchronized void remember(UnaryOperator<JournalIdentity> change) throws IOException {
        if (identity != null) {
            remember(change.apply(identity));
        }
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
