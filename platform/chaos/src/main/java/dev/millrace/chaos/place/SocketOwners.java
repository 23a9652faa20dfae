package dev.millrace.chaos.place;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Which node holds the other end of a connection on loopback, as Linux tells it in {@code /proc}.
 */
final class SocketOwners {
    private static final String ESTABLISHED = "01";

    private final Map<Long, Integer> nodeOfPid;

    /**
     * @param nodeOfPid the processes that are asked
     */
    SocketOwners(Map<Long, Integer> nodeOfPid) {
        this.nodeOfPid = nodeOfPid;
    }

    /**
     * @param port of the other end
     * @param ownPort of this end
     * @return the node, or {@link Network#CLIENTS} if none of the nodes holds it
     */
    int nodeAt(int port, int ownPort) {
        String inode = inode(port, ownPort);
        if (!inode.isEmpty()) {
            for (Map.Entry<Long, Integer> process : nodeOfPid.entrySet()) {
                if (holds(process.getKey(), "socket:[" + inode + "]")) {
                    return process.getValue();
                }
            }
        }
        return Network.CLIENTS;
    }

    /** {@code sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode …} */
    private static String inode(int localPort, int remotePort) {
        String local = String.format(Locale.ROOT, ":%04X", localPort);
        String remote = String.format(Locale.ROOT, ":%04X", remotePort);
        for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
            for (String line : lines(Path.of(table))) {
                String[] fields = line.strip().split("\\s+");
                if (fields.length > 9
                        && fields[1].endsWith(local)
                        && fields[2].endsWith(remote)
                        && fields[3].equals(ESTABLISHED)) {
                    return fields[9];
                }
            }
        }
        return "";
    }

    private static List<String> lines(Path table) {
        try {
            return Files.readAllLines(table);
        } catch (IOException e) {
            return List.of(); // another operating system has none
        }
    }

    private static boolean holds(long pid, String socket) {
        try (DirectoryStream<Path> links =
                Files.newDirectoryStream(Path.of("/proc/" + pid + "/fd"))) {
            for (Path link : links) {
                if (socket.equals(linked(link))) {
                    return true;
                }
            }
        } catch (IOException e) {
            return false; // the process has ended
        }
        return false;
    }

    private static String linked(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException e) {
            return ""; // closed meanwhile
        }
    }
}
