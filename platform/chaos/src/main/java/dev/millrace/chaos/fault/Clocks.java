package dev.millrace.chaos.fault;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/**
 * The nodes' wall clocks: a file for each node says how wrong its clock is, and an agent in the
 * node's JVM ({@link ClockAgent}) adds that to what the program is told. The monotonic clock is
 * left alone, as it is when an administrator or NTP sets a machine's time.
 */
public final class Clocks {
    private final List<Path> files;

    /**
     * @param files one for each node, from 1; empty where clocks stay right
     */
    public Clocks(List<Path> files) {
        this.files = List.copyOf(files);
    }

    public boolean canJump() {
        return !files.isEmpty();
    }

    void shift(int node, long byMs) {
        write(files.get(node - 1), byMs);
    }

    public void heal() {
        files.forEach(file -> write(file, 0));
    }

    private static void write(Path file, long shiftMs) {
        try {
            Path whole = file.resolveSibling(file.getFileName() + ".new");
            Files.writeString(whole, Long.toString(shiftMs));
            Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
