package dev.millrace.chaos.place;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Network and disks of one run, and the lock that keeps a second run on this machine from taking
 * the same names: that one makes do with proxies and plain directories.
 */
public final class Site implements AutoCloseable {
    public static final List<String> PLACES = List.of("auto", "namespaces", "proxy");
    private static final Path LOCK = Path.of(System.getProperty("java.io.tmpdir"), "mrchaos.lock");

    private final @Nullable FileChannel lockFile;
    private final Path directory;
    private final Network network;
    private final Disks disks;
    private final Clocks clocks;
    private final String description;

    private Site(
            @Nullable FileChannel lockFile,
            Path directory,
            Network network,
            Disks disks,
            Clocks clocks,
            String description) {
        this.lockFile = lockFile;
        this.directory = directory;
        this.network = network;
        this.disks = disks;
        this.clocks = clocks;
        this.description = description;
    }

    /**
     * The best that can be had here; what is missing is in the {@link #description}.
     *
     * @param place of {@link #PLACES}
     * @param directory for everything that the run leaves; what is there is deleted
     */
    public static Site open(String place, Path directory, int nodes) throws IOException {
        FileChannel lockFile =
                FileChannel.open(LOCK, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        @Nullable FileLock lock = lockFile.tryLock();
        boolean first = lock != null;
        String unavailable =
                place.equals("proxy")
                        ? "not asked for"
                        : first
                                ? NamespaceNetwork.unavailable()
                                : "another run, which holds " + LOCK + ", has them";
        if (place.equals("namespaces") && !unavailable.isEmpty()) {
            lockFile.close();
            throw new IOException("no network namespaces here: " + unavailable);
        }
        if (first) {
            Disks.removeLeftovers();
        } else {
            lockFile.close();
        }
        delete(directory);
        Files.createDirectories(directory);
        Disks disks =
                first
                        ? Disks.create(directory, nodes, unavailable.isEmpty())
                        : Disks.plain(directory, nodes);
        Network network =
                unavailable.isEmpty() ? NamespaceNetwork.create(nodes) : ProxyNetwork.create(nodes);
        String description =
                network.description()
                        + (unavailable.isEmpty() ? "" : " (namespaces: " + unavailable + ")")
                        + (disks.canFail() ? "" : ", no disk can be full or slow");
        return new Site(
                first ? lockFile : null,
                directory,
                network,
                disks,
                Clocks.create(directory, nodes),
                description);
    }

    /** Where the nodes run, and what cannot be done there. */
    public String description() {
        return description;
    }

    public Path directory() {
        return directory;
    }

    public Network network() {
        return network;
    }

    public Disks disks() {
        return disks;
    }

    public Clocks clocks() {
        return clocks;
    }

    /** Copies what is on the disks into the directory, where it outlives the run. */
    public void keepDisks(List<Integer> nodes) {
        for (int node : nodes) {
            Path kept = directory.resolve("kept-" + node);
            Shell.attempt("cp -r --sparse=always " + disks.of(node) + " " + kept);
        }
    }

    @Override
    public void close() {
        network.close();
        disks.close();
        try {
            if (lockFile != null) {
                lockFile.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
