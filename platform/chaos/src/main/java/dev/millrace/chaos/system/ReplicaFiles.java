package dev.millrace.chaos.system;

import dev.millrace.chaos.check.Violation;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;

/**
 * The replicas of a partition hold the same bytes. Compared are the segments one after another:
 * where one ends and the next begins is each node's own affair.
 */
public final class ReplicaFiles {
    private static final int DEPTH = 4;

    private final Map<Integer, Path> disks;

    /**
     * @param disks of nodes that have stopped
     */
    public ReplicaFiles(Map<Integer, Path> disks) {
        this.disks = new TreeMap<>(disks);
    }

    public List<Violation> compare(List<TopicPartition> partitions) throws IOException {
        List<Violation> violations = new ArrayList<>();
        for (TopicPartition partition : partitions) {
            Map<Integer, List<Path>> replicas = new TreeMap<>();
            for (Map.Entry<Integer, Path> disk : disks.entrySet()) {
                replicas.put(disk.getKey(), segments(disk.getValue(), partition));
            }
            List<Integer> nodes = List.copyOf(replicas.keySet());
            for (int i = 1; i < nodes.size(); i++) {
                long difference =
                        firstDifference(
                                replicas.getOrDefault(nodes.get(0), List.of()),
                                replicas.getOrDefault(nodes.get(i), List.of()));
                if (difference >= 0) {
                    violations.add(
                            new Violation(
                                    "replicas hold the same bytes",
                                    partition
                                            + ": nodes "
                                            + nodes.get(0)
                                            + " and "
                                            + nodes.get(i)
                                            + " differ from byte "
                                            + difference));
                }
            }
        }
        return violations;
    }

    private static List<Path> segments(Path disk, TopicPartition partition) throws IOException {
        try (Stream<Path> files = Files.walk(disk, DEPTH)) {
            return files.filter(file -> file.toString().endsWith(".log"))
                    .filter(file -> belongs(file, partition))
                    .sorted()
                    .toList();
        }
    }

    private static boolean belongs(Path file, TopicPartition partition) {
        Path parent = file.getParent();
        return parent != null && parent.getFileName().toString().equals(partition.toString());
    }

    /** -1 if there is none. */
    private static long firstDifference(List<Path> one, List<Path> other) throws IOException {
        try (InputStream left = together(one);
                InputStream right = together(other)) {
            byte[] a = new byte[1 << 16];
            byte[] b = new byte[1 << 16];
            long at = 0;
            while (true) {
                int readA = left.readNBytes(a, 0, a.length);
                int readB = right.readNBytes(b, 0, b.length);
                int mismatch = java.util.Arrays.mismatch(a, 0, readA, b, 0, readB);
                if (mismatch >= 0) {
                    return at + mismatch;
                }
                if (readA < a.length) {
                    return -1;
                }
                at += readA;
            }
        }
    }

    private static InputStream together(List<Path> files) throws IOException {
        List<InputStream> streams = new ArrayList<>();
        for (Path file : files) {
            streams.add(Files.newInputStream(file));
        }
        return new SequenceInputStream(Collections.enumeration(streams));
    }
}
