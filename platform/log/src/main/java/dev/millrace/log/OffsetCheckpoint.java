package dev.millrace.log;

import dev.millrace.log.disk.AtomicFile;
import dev.millrace.log.disk.Disk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One offset for each log of a directory.
 *
 * <pre>
 * 0                        version
 * 2                        entries
 * orders 0 1700            topic, partition, offset
 * orders 1 1650
 * </pre>
 *
 * A file that does not parse counts as empty: the offsets in it only save work, or are found again.
 * Not thread-safe.
 */
final class OffsetCheckpoint {
    private static final Logger LOG = LoggerFactory.getLogger(OffsetCheckpoint.class);

    private final Disk disk;
    private final Path file;
    private @Nullable Map<String, Long> written;

    OffsetCheckpoint(Disk disk, Path file) {
        this.disk = disk;
        this.file = file;
    }

    Map<TopicPartition, Long> read() throws IOException {
        String text = AtomicFile.readText(disk, file);
        if (text == null) {
            return Map.of();
        }
        try {
            return parse(text.lines().toList());
        } catch (IllegalArgumentException e) {
            LOG.warn("{} is not an offset checkpoint and is ignored: {}", file, e.getMessage());
            return Map.of();
        }
    }

    private static Map<TopicPartition, Long> parse(List<String> lines) {
        if (lines.size() < 2
                || !lines.get(0).equals("0")
                || Integer.parseInt(lines.get(1)) != lines.size() - 2) {
            throw new IllegalArgumentException("unknown version or wrong count");
        }
        Map<TopicPartition, Long> offsets = new HashMap<>();
        for (String line : lines.subList(2, lines.size())) {
            String[] fields = line.split(" ", -1);
            if (fields.length != 3) {
                throw new IllegalArgumentException("line '" + line + "'");
            }
            offsets.put(
                    new TopicPartition(fields[0], Integer.parseInt(fields[1])),
                    Long.parseLong(fields[2]));
        }
        return offsets;
    }

    /** Durable when this returns; writes nothing if nothing changed. */
    void write(Map<TopicPartition, Long> offsets) throws IOException {
        Map<String, Long> sorted = new TreeMap<>();
        offsets.forEach((tp, offset) -> sorted.put(tp.topic() + " " + tp.partition(), offset));
        if (sorted.equals(written)) {
            return;
        }
        StringBuilder text = new StringBuilder("0\n").append(sorted.size()).append('\n');
        sorted.forEach((tp, offset) -> text.append(tp).append(' ').append(offset).append('\n'));
        AtomicFile.write(disk, file, text.toString());
        written = sorted;
    }
}
