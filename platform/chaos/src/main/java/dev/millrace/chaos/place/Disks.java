package dev.millrace.chaos.place;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Directories for the nodes' logs. Where mounting works (as root) each is on a file system of its
 * own, so that one can be full, slow or without power while the others are not; else they are plain
 * directories to which nothing happens.
 *
 * <pre>
 *   disks                 a file system in memory
 *     N.img               what the disk of node N has
 *     N                   an ext4 on that file, mounted
 *       data              the node's directory
 *       ballast           what makes it full
 * </pre>
 *
 * What a node has written is in the page cache until it is flushed or some seconds are over, and
 * then in {@code N.img}: only that is left when its power fails.
 *
 * <p>Any thread.
 */
public final class Disks implements AutoCloseable {
    private static final String DEVICE = "mrchaos";
    private static final long SIZE_BYTES = 2L << 30;
    private static final List<String> BALLAST_SIZES = List.of("64M", "1M", "4K");
    private static final int MOST_BALLAST_FILES = 2_000;
    private static final String BOOT_ID = "/proc/sys/kernel/random/boot_id";
    // FS_IOC_SHUTDOWN, as after the last bit that a disk takes: not even the journal is flushed.
    private static final String CUT_POWER =
            "open(my $d, '<', $ARGV[0]) or die $!; my $how = pack('L', 2);"
                    + " ioctl($d, 0x8004587d, $how) or die $!";

    private final Path root;
    private final List<Path> directories;
    private final boolean mounted;
    private final boolean powerCanBeCut;

    private Disks(Path root, List<Path> directories, boolean mounted, boolean powerCanBeCut) {
        this.root = root;
        this.directories = List.copyOf(directories);
        this.mounted = mounted;
        this.powerCanBeCut = powerCanBeCut;
    }

    /**
     * @param bootsAreSeen each node's command runs with mounts of its own
     */
    public static Disks create(Path directory, int nodes, boolean bootsAreSeen) throws IOException {
        Path root = Files.createDirectories(directory.resolve("disks"));
        List<Path> directories = new ArrayList<>();
        for (int node = 1; node <= nodes; node++) {
            directories.add(root.resolve(Integer.toString(node)).resolve("data"));
        }
        boolean powerCanBeCut = bootsAreSeen && Shell.attempt("perl -v").succeeded();
        Disks disks = new Disks(root, directories, true, powerCanBeCut);
        // Shared: what is unmounted here is so in the places where the other nodes run, too.
        boolean works =
                Shell.attempt("mount -t tmpfs -o size=" + nodes * SIZE_BYTES + " mrchaos " + root)
                                .succeeded()
                        && Shell.attempt("mount --make-shared " + root).succeeded();
        for (int node = 1; works && node <= nodes; node++) {
            works = disks.format(node);
        }
        if (works) {
            return disks;
        }
        disks.close();
        return plain(directory, nodes);
    }

    /** Whatever this machine allows. */
    static Disks plain(Path directory, int nodes) throws IOException {
        List<Path> directories = new ArrayList<>();
        for (int node = 1; node <= nodes; node++) {
            directories.add(
                    Files.createDirectories(
                            directory.resolve("disks").resolve(node + "").resolve("data")));
        }
        return new Disks(directory, directories, false, false);
    }

    private boolean format(int node) throws IOException {
        try (RandomAccessFile image = new RandomAccessFile(image(node).toFile(), "rw")) {
            image.setLength(SIZE_BYTES);
        }
        Files.createDirectories(mountPoint(node));
        // Nothing is kept back for root, who runs the nodes.
        if (!Shell.attempt("mkfs.ext4 -q -F -m 0 -J size=16 " + image(node)).succeeded()
                || !Shell.attempt(mounting(node)).succeeded()) {
            return false;
        }
        Files.createDirectories(of(node));
        newBoot(node);
        return true;
    }

    /** Unmounts what a run that was killed has left. */
    public static void removeLeftovers() throws IOException {
        Path mounts = Path.of("/proc/mounts");
        if (!Files.exists(mounts)) {
            return;
        }
        List<String> roots = new ArrayList<>();
        List<String> others = new ArrayList<>();
        for (String line : Files.readAllLines(mounts)) {
            String[] fields = line.split(" ");
            (fields[0].equals(DEVICE) ? roots : others).add(fields[1]);
        }
        for (String root : roots) {
            for (String below : others) {
                if (below.startsWith(root + "/")) {
                    unmount(below);
                }
            }
            Shell.run("umount -l " + root);
        }
    }

    private static void unmount(String mountPoint) {
        Shell.attempt("fsfreeze -u " + mountPoint);
        Shell.attempt("umount -c -l " + mountPoint);
    }

    public Path of(int node) {
        return directories.get(node - 1);
    }

    /** Whether a disk can be full, or slow. */
    public boolean canFail() {
        return mounted;
    }

    /** Whether a machine's power can fail: its programs see that it has started again. */
    public boolean canLosePower() {
        return mounted && powerCanBeCut;
    }

    /** The command that runs {@code command} on the node's machine as it was last started. */
    public List<String> booted(int node, List<String> command) {
        if (!canLosePower()) {
            return command;
        }
        List<String> inside =
                new ArrayList<>(
                        List.of(
                                "sh",
                                "-c",
                                "mount --bind \"$0\" " + BOOT_ID + " && exec \"$@\"",
                                bootId(node).toString()));
        inside.addAll(command);
        return inside;
    }

    /** Leaves no byte free. */
    public synchronized void fill(int node) {
        Path ballast = mountPoint(node).resolve("ballast");
        Shell.run("mkdir -p " + ballast);
        int files = 0;
        for (String size : BALLAST_SIZES) {
            while (files < MOST_BALLAST_FILES
                    && Shell.attempt("fallocate -l " + size + " " + ballast.resolve("" + files))
                            .succeeded()) {
                files++;
            }
        }
    }

    /** Whoever writes or flushes waits, until {@link #thaw}. */
    public synchronized void freeze(int node) {
        Shell.attempt("fsfreeze -f " + mountPoint(node));
    }

    public synchronized void thaw(int node) {
        Shell.attempt("fsfreeze -u " + mountPoint(node));
    }

    /**
     * What the disk has not got by now is lost; the node's process must be gone. The machine has
     * started again when this returns.
     */
    public synchronized void losePower(int node) {
        thaw(node);
        Shell.Outcome cut =
                Shell.attempt(List.of("perl", "-e", CUT_POWER, mountPoint(node).toString()));
        if (!cut.succeeded()) {
            throw new IllegalStateException(
                    "the power of node " + node + " cannot be cut: " + cut.output());
        }
        // -c: nothing there can be looked at any more.
        Shell.run("umount -c " + mountPoint(node));
        Shell.run(mounting(node));
        newBoot(node);
    }

    private void newBoot(int node) {
        try {
            Files.writeString(bootId(node), UUID.randomUUID() + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public synchronized void heal() {
        if (mounted) {
            for (int node = 1; node <= directories.size(); node++) {
                thaw(node);
                Shell.run("rm -rf " + mountPoint(node).resolve("ballast"));
            }
        }
    }

    private String mounting(int node) {
        return "mount -o loop,noatime,discard " + image(node) + " " + mountPoint(node);
    }

    private Path mountPoint(int node) {
        return root.resolve(Integer.toString(node));
    }

    private Path image(int node) {
        return root.resolve(node + ".img");
    }

    private Path bootId(int node) {
        return root.resolve(node + ".boot");
    }

    @Override
    public void close() {
        if (mounted) {
            for (int node = 1; node <= directories.size(); node++) {
                unmount(mountPoint(node).toString());
            }
            Shell.attempt("umount -l " + root);
        }
    }
}
