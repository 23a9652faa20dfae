package dev.millrace.log;

import dev.millrace.log.disk.Disk;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import org.apache.kafka.common.Uuid;

/** Makes an entry of {@code log.dirs} ours, or says why it cannot be. */
final class DirectoryClaim {
    private DirectoryClaim() {}

    static Closeable lock(Path path, Disk disk) throws IOException {
        try {
            disk.createDirectory(path);
            return disk.lock(path.resolve(LogFileNames.LOCK));
        } catch (Disk.LockedException e) {
            throw new LogDirectoryException(
                    "log directory "
                            + path
                            + " is in use by another process; stop it, or choose another log.dirs",
                    e);
        } catch (IOException e) {
            throw LogDirectoryException.unusable(path, e);
        }
    }

    static Uuid identify(Path path, LogDirectoryConfig config, Disk disk) throws IOException {
        Path file = path.resolve(LogFileNames.META_PROPERTIES);
        MetaProperties found = MetaProperties.read(disk, file);
        if (found == null) {
            requireNoForeignLogs(path, disk);
            MetaProperties mine =
                    new MetaProperties(config.clusterId(), config.nodeId(), Uuid.randomUuid());
            mine.write(disk, file);
            return mine.directoryId();
        }
        if (!found.clusterId().equals(config.clusterId())) {
            throw new LogDirectoryException(
                    "log directory "
                            + path
                            + " belongs to cluster "
                            + found.clusterId()
                            + ", this node to "
                            + config.clusterId()
                            + "; choose another log.dirs");
        }
        if (found.nodeId() != config.nodeId()) {
            throw new LogDirectoryException(
                    "log directory "
                            + path
                            + " belongs to node "
                            + found.nodeId()
                            + ", this is node "
                            + config.nodeId()
                            + "; choose another log.dirs or node.id");
        }
        return found.directoryId();
    }

    private static void requireNoForeignLogs(Path path, Disk disk) throws IOException {
        for (String name : disk.list(path)) {
            if (LogFileNames.topicPartition(name).isPresent() && isLogFolder(disk, path, name)) {
                throw new LogDirectoryException(
                        "log directory "
                                + path
                                + " has logs ("
                                + name
                                + ") but no meta.properties that says whose; choose another"
                                + " log.dirs");
            }
        }
    }

    static boolean isLogFolder(Disk disk, Path path, String name) throws IOException {
        Path folder = path.resolve(name);
        return disk.isDirectory(folder)
                && disk.list(folder).stream().anyMatch(file -> file.endsWith(LogFileNames.LOG));
    }
}
