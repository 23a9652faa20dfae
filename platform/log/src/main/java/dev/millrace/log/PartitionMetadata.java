package dev.millrace.log;

import dev.millrace.log.disk.AtomicFile;
import dev.millrace.log.disk.Disk;
import dev.millrace.log.disk.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * Which topic a folder belongs to: the id, because a name may be deleted and used again.
 *
 * <pre>
 * version: 0
 * topic_id: 4gHGkZUnT2y0NZ0F0a7OQw
 * </pre>
 */
final class PartitionMetadata {
    private static final String TOPIC_ID = "topic_id: ";

    private PartitionMetadata() {}

    /** Null if the file is missing or was not written to its end. */
    static @Nullable Uuid readTopicId(Disk disk, Path folder) throws IOException {
        String text = AtomicFile.readText(disk, folder.resolve(LogFileNames.PARTITION_METADATA));
        List<String> lines = text == null ? List.of() : text.lines().toList();
        if (lines.size() != 2
                || !lines.get(0).equals("version: 0")
                || !lines.get(1).startsWith(TOPIC_ID)) {
            return null;
        }
        try {
            return Uuid.fromString(lines.get(1).substring(TOPIC_ID.length()));
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** Into a new folder, which the caller syncs. */
    static void write(Disk disk, Path folder, Uuid topicId) throws IOException {
        try (DiskFile out = disk.open(folder.resolve(LogFileNames.PARTITION_METADATA))) {
            String text = "version: 0\n" + TOPIC_ID + topicId;
            out.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), 0);
            out.force();
        }
    }
}
