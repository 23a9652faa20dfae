package dev.millrace.bench;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The process that listens on a port of this machine, as Linux accounts for it in {@code /proc}.
 * Absent (every figure empty) for a server elsewhere, another user's process, or another operating
 * system.
 */
public final class ServerProcess {
    private static final int TICKS_PER_SECOND =
            100; // USER_HZ, the same on every Linux architecture of today
    private static final int FIELD_UTIME = 11; // counted after the ")" that ends the process name
    private static final int FIELD_STIME = 12;

    private final long pid;

    private ServerProcess(long pid) {
        this.pid = pid;
    }

    /**
     * @param port a listening TCP port
     */
    public static ServerProcess listeningOn(int port) {
        try {
            Set<String> inodes = new HashSet<>();
            for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
                if (Files.exists(Path.of(table))) {
                    inodes.addAll(listeningInodes(Files.readAllLines(Path.of(table)), port));
                }
            }
            return new ServerProcess(inodes.isEmpty() ? -1 : owner(inodes));
        } catch (IOException e) {
            return new ServerProcess(-1);
        }
    }

    /** A process of this user. */
    static ServerProcess of(long pid) {
        return new ServerProcess(pid);
    }

    /** User and system time since the process began. */
    public OptionalDouble cpuSeconds() {
        if (pid < 0) {
            return OptionalDouble.empty();
        }
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            double ticks =
                    Long.parseLong(fields[FIELD_UTIME]) + Long.parseLong(fields[FIELD_STIME]);
            return OptionalDouble.of(ticks / TICKS_PER_SECOND);
        } catch (IOException e) {
            return OptionalDouble.empty();
        }
    }

    /** Resident memory now. */
    public OptionalLong residentBytes() {
        if (pid < 0) {
            return OptionalLong.empty();
        }
        try {
            for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
                if (line.startsWith("VmRSS:")) {
                    return OptionalLong.of(Long.parseLong(line.replaceAll("\\D", "")) * 1024);
                }
            }
        } catch (IOException e) {
            return OptionalLong.empty();
        }
        return OptionalLong.empty();
    }

    private static Set<String> listeningInodes(List<String> table, int port) {
        String suffix = String.format(Locale.ROOT, ":%04X", port);
        Set<String> inodes = new HashSet<>();
        for (String line : table) {
            // sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode …; state 0A
            // is LISTEN
            String[] fields = line.strip().split("\\s+");
            if (fields.length > 9 && fields[1].endsWith(suffix) && fields[3].equals("0A")) {
                inodes.add("socket:[" + fields[9] + "]");
            }
        }
        return inodes;
    }

    private static long owner(Set<String> inodes) throws IOException {
        try (DirectoryStream<Path> processes =
                Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                if (holds(process.resolve("fd"), inodes)) {
                    return Long.parseLong(process.getFileName().toString());
                }
            }
        }
        return -1;
    }

    private static boolean holds(Path descriptors, Set<String> inodes) {
        try (DirectoryStream<Path> links = Files.newDirectoryStream(descriptors)) {
            for (Path link : links) {
                if (inodes.contains(Files.readSymbolicLink(link).toString())) {
                    return true;
                }
            }
        } catch (IOException e) {
            return false; // gone meanwhile, or not ours to look into
        }
        return false;
    }
}
