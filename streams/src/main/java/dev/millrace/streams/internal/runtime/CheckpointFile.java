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
 * 1                          0: at least once, 1: exactly once
 * 2                          number of lines that follow
 * app-counts-changelog 3 170 topic, partition, first offset that may be missing
 * ...
 * </pre>
 *
 * Replaced as a whole. A file that does not read so is as good as none: stores are then filled from
 * the beginning of their changelogs.
 *
 * <p>A store that was written at least once may hold what never got into its changelog, and is as
 * good as none for exactly-once. Whoever opens a store at least once says so before he writes.
 */
final class CheckpointFile {
    private static final Logger LOG = LoggerFactory.getLogger(CheckpointFile.class);
    private static final String AT_LEAST_ONCE = "0";
    private static final String EXACTLY_ONCE = "1";

    private final Path file;
    private final boolean exactlyOnce;

    /**
     * @param exactlyOnce how the stores are written
     */
    CheckpointFile(Path taskDirectory, boolean exactlyOnce) {
        file = taskDirectory.resolve(".checkpoint");
        this.exactlyOnce = exactlyOnce;
    }

    /** What {@link #read()} says, from now on under this guarantee. */
    Map<TopicPartition, Long> take() {
        Map<TopicPartition, Long> offsets = read();
        if (!offsets.isEmpty() && !exactlyOnce) {
            write(offsets);
        }
        return offsets;
    }

    Map<TopicPartition, Long> read() {
        Map<TopicPartition, Long> offsets = new HashMap<>();
        if (!Files.exists(file)) {
            return offsets;
        }
        try {
            List<String> lines = Files.readAllLines(file);
            if (lines.size() < 2
                    || !List.of(AT_LEAST_ONCE, EXACTLY_ONCE).contains(lines.get(0))
                    || Integer.parseInt(lines.get(1)) != lines.size() - 2) {
                throw new IOException("not version 0 or 1 with as many lines as it says");
            }
            if (exactlyOnce && lines.get(0).equals(AT_LEAST_ONCE)) {
                LOG.info("{} was written at least once; the stores are filled anew", file);
                return offsets;
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
        StringBuilder text =
                new StringBuilder(
                        (exactlyOnce ? EXACTLY_ONCE : AT_LEAST_ONCE)
                                + "\n"
                                + offsets.size()
                                + "\n");
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
