package dev.millrace.log;

import dev.millrace.log.disk.AtomicFile;
import dev.millrace.log.disk.Disk;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.Properties;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * Whose a log directory is: {@code meta.properties}, as Kafka writes it since 3.3.
 *
 * <pre>
 * version=1
 * cluster.id=MkU3OEVBNTcwNTJENDM2Qk
 * node.id=1
 * directory.id=J8aAPcfLQt2bqs1JT_rMgQ
 * </pre>
 */
record MetaProperties(String clusterId, int nodeId, Uuid directoryId) {

    /** Null if the directory has none. */
    static @Nullable MetaProperties read(Disk disk, Path file) throws IOException {
        String text = AtomicFile.readText(disk, file);
        if (text == null) {
            return null;
        }
        Properties properties = new Properties();
        properties.load(new StringReader(text));
        String version = properties.getProperty("version");
        String clusterId = properties.getProperty("cluster.id");
        String nodeId = properties.getProperty("node.id");
        String directoryId = properties.getProperty("directory.id");
        if (!"1".equals(version) || clusterId == null || nodeId == null) {
            throw new LogDirectoryException(
                    file + " is not a meta.properties of version 1 with cluster.id and node.id");
        }
        try {
            return new MetaProperties(
                    clusterId,
                    Integer.parseInt(nodeId),
                    directoryId == null ? Uuid.ZERO_UUID : Uuid.fromString(directoryId));
        } catch (IllegalArgumentException e) {
            throw new LogDirectoryException(
                    file + " has a malformed node.id or directory.id: " + e.getMessage(), e);
        }
    }

    void write(Disk disk, Path file) throws IOException {
        AtomicFile.write(
                disk,
                file,
                "version=1\ncluster.id="
                        + clusterId
                        + "\nnode.id="
                        + nodeId
                        + "\ndirectory.id="
                        + directoryId
                        + "\n");
    }
}
