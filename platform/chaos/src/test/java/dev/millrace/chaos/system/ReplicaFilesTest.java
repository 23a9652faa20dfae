package dev.millrace.chaos.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplicaFilesTest {
    private static final TopicPartition PARTITION = new TopicPartition("topic", 0);

    @TempDir Path directory;

    @Test
    void replicas_may_begin_new_segments_in_different_places() throws IOException {
        segment(1, "00", "abcdef");
        segment(2, "00", "abc");
        segment(2, "03", "def");

        assertThat(compared()).isEmpty();
    }

    @Test
    void a_byte_that_differs_is_a_violation() throws IOException {
        segment(1, "00", "abcdef");
        segment(2, "00", "abcxef");

        assertThat(compared()).containsExactly("topic-0: nodes 1 and 2 differ from byte 3");
    }

    @Test
    void a_replica_that_is_shorter_is_a_violation() throws IOException {
        segment(1, "00", "abcdef");
        segment(2, "00", "abcd");

        assertThat(compared()).containsExactly("topic-0: nodes 1 and 2 differ from byte 4");
    }

    @Test
    void a_replica_that_is_missing_is_a_violation() throws IOException {
        segment(1, "00", "abcdef");
        Files.createDirectories(directory.resolve("2"));

        assertThat(compared()).containsExactly("topic-0: nodes 1 and 2 differ from byte 0");
    }

    private void segment(int node, String base, String bytes) throws IOException {
        Path replica = directory.resolve(Integer.toString(node)).resolve("topics/topic-0");
        Files.createDirectories(replica);
        Files.writeString(replica.resolve(base + ".log"), bytes);
        Files.writeString(replica.resolve(base + ".index"), "index of node " + node);
    }

    private List<String> compared() throws IOException {
        return new ReplicaFiles(Map.of(1, directory.resolve("1"), 2, directory.resolve("2")))
                .compare(List.of(PARTITION)).stream().map(v -> v.detail()).toList();
    }
}
