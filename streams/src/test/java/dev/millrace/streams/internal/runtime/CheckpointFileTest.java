package dev.millrace.streams.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointFileTest {
    @TempDir Path directory;

    @Test
    void reads_what_was_written_last() throws Exception {
        CheckpointFile file = new CheckpointFile(directory.resolve("0_1"), false);
        file.write(Map.of(new TopicPartition("t", 1), 5L));
        file.write(Map.of(new TopicPartition("t", 1), 7L, new TopicPartition("u", 1), 9L));

        assertThat(file.read())
                .containsOnly(
                        Map.entry(new TopicPartition("t", 1), 7L),
                        Map.entry(new TopicPartition("u", 1), 9L));
        assertThat(Files.readString(directory.resolve("0_1/.checkpoint")))
                .isEqualTo("0\n2\nt 1 7\nu 1 9\n");
    }

    @Test
    void an_absent_file_says_nothing() {
        assertThat(new CheckpointFile(directory, true).read()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "0",
                "2\n0\n",
                "0\n2\nt 1 7\n",
                "0\nx\n",
                "0\n1\nt one 7\n",
                "0\n1\nt 1\n"
            })
    void a_damaged_file_says_nothing(String text) throws Exception {
        Files.writeString(directory.resolve(".checkpoint"), text);

        assertThat(new CheckpointFile(directory, true).read()).isEmpty();
    }

    @Test
    void what_was_written_at_least_once_is_nothing_to_exactly_once_and_not_the_other_way()
            throws Exception {
        CheckpointFile atLeastOnce = new CheckpointFile(directory, false);
        CheckpointFile exactlyOnce = new CheckpointFile(directory, true);
        Map<TopicPartition, Long> offsets = Map.of(new TopicPartition("t", 1), 5L);

        atLeastOnce.write(offsets);
        assertThat(exactlyOnce.take()).isEmpty();

        exactlyOnce.write(offsets);
        assertThat(exactlyOnce.take()).isEqualTo(offsets);
        assertThat(atLeastOnce.take()).isEqualTo(offsets);
        assertThat(exactlyOnce.read()).as("after it was taken at least once").isEmpty();
    }
}
