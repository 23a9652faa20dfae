package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.errors.StreamsException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Up to where the persistent stores of a task hold their changelogs, in {@code <task
 * directory>/.checkpoint}.
 *
 * <pre>
 * 0                          version
 * 2                          number of lines that follow
 * app-counts-changelog 3 170 topic, partition, first offset that may be missing
 * ...
 * </pre>
 *
 * Replaced as a whole. A file that does not read so is as good as none: stores are then filled from
 * the beginning of their changelogs.
 */
final class CheckpointFile {
    private static final Logger LOG = LoggerFactory.getLogger(CheckpointFile.class);
    private static final String VERSION = "0";

    private final Path file;

    CheckpointFile(Path taskDirectory) {
        file = taskDirectory.resolve(".checkpoint");
    }

    Map<TopicPartition, Long> read() {
        Map<TopicPartition, Long> offsets = new HashMap<>();
        if (!Files.exists(file)) {
            return offsets;
        }
        try {
            List<String> lines = Files.readAllLines(file);
            if (lines.size() < 2
                    || !lines.get(0).equals(VERSION)
                    || Integer.parseInt(lines.get(1)) != lines.size() - 2) {
                throw new IOException("not version " + VERSION + " with as many lines as it says");
            }
            for (String line : lines.subList(2, lines.size())) {
                String[] words = line.split(" ");
                offsets.put(
                        new TopicPartition(words[0], Integer.parseInt(words[1])),
                        Long.parseLong(words[2]));
            }
            return offsets;
        } catch (IOException | RuntimeException e) {
            LOG.warn("{} is unreadable; the stores are filled from their changelogs", file, e);
            return new HashMap<>();
        }
    }

    void write(Map<TopicPartition, Long> offsets) {
        StringBuilder text = new StringBuilder(VERSION + "\n" + offsets.size() + "\n");
        Map<String, String> sorted = new TreeMap<>();
        offsets.forEach(
                (partition, offset) ->
                        sorted.put(
                                partition.toString(),
                                partition.topic()
                                        + " "
                                        + partition.partition()
                                        + " "
                                        + offset
                                        + "\n"));
        sorted.values().forEach(text::append);
        Path temporary = file.resolveSibling(".checkpoint.tmp");
        try {
            Files.createDirectories(file.getParent());
            Files.writeString(temporary, text);
            try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            Files.move(
                    temporary,
                    file,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new StreamsException("Cannot write the checkpoint " + file, e);
        }
    }
}
