package dev.millrace.bench;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The processes that listen on ports of this machine, as Linux accounts for them in {@code /proc};
 * figures are their sums. Absent (every figure empty) if one of them is elsewhere, another user's,
 * or on another operating system.
 */
public final class ServerProcess {
    private static final int TICKS_PER_SECOND =
            100; // USER_HZ, the same on every Linux architecture of today
    private static final int FIELD_UTIME = 11; // counted after the ")" that ends the process name
    private static final int FIELD_STIME = 12;

    /** Empty if not all are known. */
    private final Set<Long> pids;

    private ServerProcess(Set<Long> pids) {
        this.pids = pids;
    }

    /**
     * @param ports listening TCP ports
     */
    public static ServerProcess listeningOn(Collection<Integer> ports) {
        Set<Long> pids = new HashSet<>();
        try {
            for (int port : ports) {
                Set<String> inodes = new HashSet<>();
                for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
                    if (Files.exists(Path.of(table))) {
                        inodes.addAll(listeningInodes(Files.readAllLines(Path.of(table)), port));
                    }
                }
                OptionalLong pid = inodes.isEmpty() ? OptionalLong.empty() : owner(inodes);
                if (pid.isEmpty()) {
                    return new ServerProcess(Set.of());
                }
                pids.add(pid.getAsLong());
            }
            return new ServerProcess(pids);
        } catch (IOException e) {
            return new ServerProcess(Set.of());
        }
    }

    /** A process of this user. */
    static ServerProcess of(long pid) {
        return new ServerProcess(Set.of(pid));
    }

    /** User and system time since the processes began. */
    public OptionalDouble cpuSeconds() {
        if (pids.isEmpty()) {
            return OptionalDouble.empty();
        }
        try {
            double ticks = 0;
            for (long pid : pids) {
                String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
                String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
                ticks += Long.parseLong(fields[FIELD_UTIME]) + Long.parseLong(fields[FIELD_STIME]);
            }
            return OptionalDouble.of(ticks / TICKS_PER_SECOND);
        } catch (IOException e) {
            return OptionalDouble.empty();
        }
    }

    /** Resident memory now. */
    public OptionalLong residentBytes() {
        if (pids.isEmpty()) {
            return OptionalLong.empty();
        }
        long bytes = 0;
        for (long pid : pids) {
            OptionalLong resident = residentBytes(pid);
            if (resident.isEmpty()) {
                return resident;
            }
            bytes += resident.getAsLong();
        }
        return OptionalLong.of(bytes);
    }

    private static OptionalLong residentBytes(long pid) {
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

    private static OptionalLong owner(Set<String> inodes) throws IOException {
        try (DirectoryStream<Path> processes =
                Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                if (holds(process.resolve("fd"), inodes)) {
                    return OptionalLong.of(Long.parseLong(process.getFileName().toString()));
                }
            }
        }
        return OptionalLong.empty();
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
