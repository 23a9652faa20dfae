package dev.millrace.chaos.place;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Directories for the nodes' logs: a file system in memory for each where mounting works (as root),
 * so that one can be full while the others are not; else plain directories that never are.
 */
public final class Disks implements AutoCloseable {
    private static final String DEVICE = Site.NAME;
    private static final String SIZE = "2g";
    private static final long PAGE_BYTES = 4096;
    private static final int FILL_ATTEMPTS = 50;

    private final List<Path> directories;
    private final boolean mounted;

    private Disks(List<Path> directories, boolean mounted) {
        this.directories = directories;
        this.mounted = mounted;
    }

    public static Disks create(Path root, int nodes) throws IOException {
        List<Path> directories = new ArrayList<>();
        boolean mounted = true;
        for (int node = 1; node <= nodes; node++) {
            Path directory = root.resolve("node-" + node).resolve("disk");
            Files.createDirectories(directory);
            directories.add(directory);
            mounted =
                    mounted
                            && Shell.attempt(
                                            "mount -t tmpfs -o size="
                                                    + SIZE
                                                    + " "
                                                    + DEVICE
                                                    + " "
                                                    + directory)
                                    .succeeded();
        }
        if (!mounted) {
            new Disks(directories, true).close();
        }
        return new Disks(directories, mounted);
    }

    /** Plain ones, whatever this machine allows. */
    static Disks plain(Path root, int nodes) throws IOException {
        List<Path> directories = new ArrayList<>();
        for (int node = 1; node <= nodes; node++) {
            Path directory = root.resolve("node-" + node).resolve("disk");
            Files.createDirectories(directory);
            directories.add(directory);
        }
        return new Disks(directories, false);
    }

    /** Unmounts what a run that was killed has left. */
    public static void removeLeftovers() throws IOException {
        Path mounts = Path.of("/proc/mounts");
        if (!Files.exists(mounts)) {
            return;
        }
        for (String line : Files.readAllLines(mounts)) {
            String[] fields = line.split(" ");
            if (fields[0].equals(DEVICE)) {
                Shell.run("umount -l " + fields[1]);
            }
        }
    }

    public Path of(int node) {
        return directories.get(node - 1);
    }

    public boolean canBeFull() {
        return mounted;
    }

    /** Leaves no byte free. */
    public void fill(int node) {
        Shell.Outcome outcome = new Shell.Outcome(-1, "not tried");
        for (int attempt = 0; attempt < FILL_ATTEMPTS && !outcome.succeeded(); attempt++) {
            // The system refuses a size below what is used, and the node goes on writing.
            outcome = Shell.attempt(resizing(node, Long.toString(usedBytes(node))));
        }
        if (!outcome.succeeded()) {
            throw new IllegalStateException(
                    "the disk of node " + node + " cannot be made full: " + outcome.output());
        }
    }

    private long usedBytes(int node) {
        try {
            FileStore store = Files.getFileStore(of(node));
            return Math.max(store.getTotalSpace() - store.getUnallocatedSpace(), PAGE_BYTES);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public void heal() {
        if (mounted) {
            for (int node = 1; node <= directories.size(); node++) {
                Shell.run(resizing(node, SIZE));
            }
        }
    }

    private String resizing(int node, String size) {
        return "mount -o remount,size=" + size + " " + of(node);
    }

    @Override
    public void close() {
        if (mounted) {
            directories.forEach(directory -> Shell.attempt("umount -l " + directory));
        }
    }
}
