package dev.millrace.broker;

import dev.millrace.log.disk.Disk;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** A file system that is soon full: mounted for the test, or counted by {@link FaultyDisk}. */
final class SmallVolume implements AutoCloseable {
    private static final String FULL = "No space left on device";

    private final Path path;
    private final boolean mounted;
    private final FaultyDisk disk = new FaultyDisk();

    private SmallVolume(Path path, boolean mounted) {
        this.path = path;
        this.mounted = mounted;
    }

    static SmallVolume at(Path path, int bytes) throws IOException {
        Files.createDirectories(path);
        boolean mounted = run("mount", "-t", "tmpfs", "-o", "size=" + bytes, "tmpfs", path);
        SmallVolume volume = new SmallVolume(path, mounted);
        if (!mounted) {
            volume.disk.limit(path, bytes);
        }
        return volume;
    }

    Disk disk() {
        return disk;
    }

    void grow(int bytes) throws IOException {
        if (!mounted) {
            disk.limit(path, bytes);
            disk.repair();
        } else if (!run("mount", "-o", "remount,size=" + bytes, path)) {
            throw new IOException(path + " cannot be made larger");
        }
    }

    /** With something that is not ours. */
    void fill() {
        if (!mounted) {
            disk.fail(path, Set.of(FaultyDisk.Operation.OPEN, FaultyDisk.Operation.WRITE), FULL);
            return;
        }
        try (OutputStream out = Files.newOutputStream(path.resolve("ballast"))) {
            byte[] block = new byte[4096];
            while (Files.isDirectory(path)) {
                out.write(block);
            }
        } catch (IOException full) {
            if (!String.valueOf(full.getMessage()).contains(FULL)) {
                throw new AssertionError(full);
            }
        }
    }

    private static boolean run(Object... command) throws IOException {
        Process process;
        try {
            process =
                    new ProcessBuilder(Arrays.stream(command).map(Object::toString).toList())
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start();
        } catch (IOException noSuchCommand) {
            return false;
        }
        try {
            return process.waitFor(20, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    @Override
    public void close() throws IOException {
        if (mounted && !run("umount", "-l", path)) {
            throw new IOException(path + " cannot be unmounted");
        }
    }
}
