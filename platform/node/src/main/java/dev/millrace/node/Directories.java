package dev.millrace.node;

import dev.millrace.node.config.NodeConfig;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The node's directories, created, found to be ours, and locked against a second process until
 * closed.
 *
 * <p>Only the state directory is locked here, before anything else is touched; the log and metadata
 * directories have locks of their own that guard against configurations that share them.
 */
final class Directories implements AutoCloseable {
    private static final String LOCK = ".lock";

    private final FileChannel channel;
    private final FileLock lock;

    private Directories(FileChannel channel, FileLock lock) {
        this.channel = channel;
        this.lock = lock;
    }

    /**
     * @throws NodeStartException foreign, unwritable, or in use
     */
    static Directories open(NodeConfig config) {
        Path base = commonParent(config);
        if (base != null) {
            refuseForeign(base, config);
        }
        Path state = config.stateDir();
        try {
            Files.createDirectories(state);
            Files.createDirectories(config.metadataDir());
            if (config.logDirs().size() == 1) {
                // One of several may be broken: the others go on without it.
                Files.createDirectories(config.logDirs().get(0));
            }
        } catch (IOException e) {
            throw new NodeStartException(
                    "the data directory cannot be created: "
                            + e.getMessage()
                            + " ("
                            + e.getClass().getSimpleName()
                            + "); name another with --data DIR",
                    e);
        }
        try {
            FileChannel channel =
                    FileChannel.open(
                            state.resolve(LOCK),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE);
            FileLock lock = tryLock(channel);
            if (lock == null) {
                channel.close();
                throw new NodeStartException(
                        "the data directory "
                                + (base == null ? state : base)
                                + " is in use by another process; stop it, or name another directory with --data DIR",
                        null);
            }
            return new Directories(channel, lock);
        } catch (IOException e) {
            throw new NodeStartException(
                    "the data directory " + state + " cannot be written: " + e.getMessage(), e);
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null; // held by this very process
        }
    }

    /**
     * The directory that holds all three, as {@code --data} makes it; null for any other layout.
     */
    private static @Nullable Path commonParent(NodeConfig config) {
        Path parent = config.stateDir().toAbsolutePath().getParent();
        boolean common =
                Stream.concat(config.logDirs().stream(), Stream.of(config.metadataDir()))
                        .allMatch(dir -> Objects.equals(dir.toAbsolutePath().getParent(), parent));
        return common ? parent : null;
    }

    /** A directory with other things in it is somebody's work, most likely named by mistake. */
    private static void refuseForeign(Path base, NodeConfig config) {
        if (!Files.isDirectory(base)) {
            return;
        }
        List<Path> ours =
                Stream.concat(
                                config.logDirs().stream(),
                                Stream.of(config.metadataDir(), config.stateDir()))
                        .map(Path::toAbsolutePath)
                        .toList();
        try (Stream<Path> entries = Files.list(base)) {
            boolean anyOurs = ours.stream().anyMatch(Files::exists);
            Path foreign =
                    entries.map(Path::toAbsolutePath)
                            .filter(entry -> !ours.contains(entry))
                            .findFirst()
                            .orElse(null);
            if (foreign != null && !anyOurs) {
                throw new NodeStartException(
                        base
                                + " holds something that is not Millrace's ("
                                + foreign.getFileName()
                                + "); name an empty or new directory with --data DIR",
                        null);
            }
        } catch (IOException e) {
            throw new NodeStartException(
                    "the data directory " + base + " cannot be read: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() throws IOException {
        lock.release();
        channel.close();
    }
}
