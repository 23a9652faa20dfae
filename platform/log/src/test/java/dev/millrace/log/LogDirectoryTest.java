package dev.millrace.log;

import static dev.millrace.log.LogFixture.ORDERS;
import static dev.millrace.log.LogFixture.ORDERS_ID;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogDirectoryTest {
    @TempDir Path path;

    private static LogDirectory open(Path path) throws IOException {
        return open(path, LogFixture.directoryConfig());
    }

    private static LogDirectory open(Path path, LogDirectoryConfig config) throws IOException {
        return LogDirectory.open(path, config, topic -> LogConfig.DEFAULT);
    }

    @Test
    void logs_are_found_again_with_their_topic_ids() throws IOException {
        Uuid directoryId;
        TopicPartition dashed = new TopicPartition("a-b.c_1", 12);
        try (LogDirectory directory = open(path.resolve("new"))) {
            directoryId = directory.directoryId();
            directory.create(ORDERS, ORDERS_ID, LogConfig.DEFAULT);
            directory.create(dashed, Uuid.randomUuid(), LogConfig.DEFAULT);
        }
        try (LogDirectory directory = open(path.resolve("new"))) {
            assertThat(directory.cleanShutdown()).isTrue();
            assertThat(directory.directoryId()).isEqualTo(directoryId);
            assertThat(directory.logs())
                    .extracting(PartitionLog::topicPartition)
                    .containsExactlyInAnyOrder(ORDERS, dashed);
            assertThat(directory.log(ORDERS).orElseThrow().topicId()).isEqualTo(ORDERS_ID);
        }
    }

    @Test
    void a_second_process_is_told_that_the_directory_is_in_use() throws IOException {
        try (LogDirectory first = open(path)) {
            assertThatThrownBy(() -> open(first.path()))
                    .isInstanceOf(LogDirectoryException.class)
                    .hasMessageContaining(path.toString())
                    .hasMessageContaining("in use by another process");
        }
        open(path).close();
    }

    @Test
    void directories_of_another_cluster_or_node_are_refused() throws IOException {
        open(path).close();

        assertThatThrownBy(() -> open(path, LogDirectoryConfig.of("another", 1)))
                .isInstanceOf(LogDirectoryException.class)
                .hasMessageContaining("belongs to cluster MkU3OEVBNTcwNTJENDM2Qk, this node to");
        assertThatThrownBy(() -> open(path, LogDirectoryConfig.of("MkU3OEVBNTcwNTJENDM2Qk", 2)))
                .isInstanceOf(LogDirectoryException.class)
                .hasMessageContaining("belongs to node 1, this is node 2");
        open(path).close();
    }

    @Test
    void a_directory_that_cannot_be_written_says_so() throws IOException {
        Path file = Files.writeString(path.resolve("file"), "not a directory");

        assertThatThrownBy(() -> open(file.resolve("logs")))
                .isInstanceOf(LogDirectoryException.class)
                .hasMessageContaining("cannot be written")
                .hasMessageContaining("choose another log.dirs");
    }

    @Test
    void logs_without_meta_properties_are_somebody_elses() throws IOException {
        Files.createDirectories(path.resolve("payments-3"));
        Files.write(path.resolve("payments-3/00000000000000000000.log"), new byte[10]);

        assertThatThrownBy(() -> open(path))
                .isInstanceOf(LogDirectoryException.class)
                .hasMessageContaining("payments-3")
                .hasMessageContaining("no meta.properties");
        assertThat(path.resolve("meta.properties")).doesNotExist();
    }

    @Test
    void a_log_that_exists_is_not_created_again() throws IOException {
        try (LogFixture f = new LogFixture(path)) {
            assertThatThrownBy(() -> f.directory.create(ORDERS, ORDERS_ID, LogConfig.DEFAULT))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("already");
        }
    }

    @Test
    void a_deleted_log_is_gone_at_once_and_its_files_after_the_delay() throws IOException {
        try (LogFixture f = new LogFixture(path)) {
            f.append("a");
            f.directory.delete(ORDERS);

            assertThat(f.directory.log(ORDERS)).isEmpty();
            assertThatThrownBy(() -> f.append("b"))
                    .isInstanceOf(UnknownTopicOrPartitionException.class);
            f.log.flush();
            PartitionLog again = f.directory.create(ORDERS, Uuid.randomUuid(), LogConfig.DEFAULT);
            assertThat(again.logEndOffset()).isZero();
            assertThat(folders()).isEqualTo(2);
            f.clock.advanceMs(f.config.fileDeleteDelayMs());
            f.directory.removeDeletedFiles();
            assertThat(folders()).isEqualTo(1);
        }
    }

    @Test
    void a_log_created_again_does_not_inherit_the_offsets_of_the_deleted_one() throws IOException {
        SimulatedDisk disk = new SimulatedDisk(new Random(4));
        for (boolean restartBetween : new boolean[] {false, true}) {
            LogFixture f =
                    new LogFixture(
                            Path.of("/logs" + restartBetween),
                            disk,
                            LogConfig.DEFAULT,
                            LogFixture.directoryConfig());
            f.append("a", "b", "c");
            f.log.advanceLogStartOffset(2);
            f.log.flush();
            f.directory.checkpoint();
            f.directory.delete(ORDERS);
            if (restartBetween) {
                disk.crash();
                f.reopenDirectory();
            }
            PartitionLog again = f.directory.create(ORDERS, Uuid.randomUuid(), LogConfig.DEFAULT);
            assertThat(again.logStartOffset()).isZero();
            disk.crash();
            f.reopen();
            assertThat(f.log.logStartOffset()).isZero();
            assertThat(f.log.recoveryPoint()).isZero();
            f.close();
        }
    }

    @Test
    void folders_of_deleted_logs_are_removed_at_the_next_start() throws IOException {
        LogFixture f = new LogFixture(path);
        f.directory.delete(ORDERS);
        f.close();
        assertThat(folders()).isEqualTo(1);
        open(path).close();
        assertThat(folders()).isZero();
    }

    private long folders() throws IOException {
        try (var entries = Files.list(path)) {
            return entries.filter(Files::isDirectory).count();
        }
    }

    @Test
    void a_log_whose_creation_was_cut_short_is_removed() throws IOException {
        open(path).close();
        Files.createDirectories(path.resolve("half-0"));
        Files.createFile(path.resolve("half-0/partition.metadata"));
        Files.createFile(path.resolve("half-0/00000000000000000000.log"));

        try (LogDirectory directory = open(path)) {
            assertThat(directory.logs()).isEmpty();
            assertThat(path.resolve("half-0")).doesNotExist();
        }
    }

    @Test
    void records_without_a_topic_id_are_not_touched() throws IOException {
        LogFixture f = new LogFixture(path);
        f.append("a");
        f.close();
        Files.delete(f.file("partition.metadata"));

        assertThatThrownBy(() -> open(path))
                .isInstanceOf(LogDirectoryException.class)
                .hasMessageContaining("partition.metadata");
        assertThat(f.file("00000000000000000000.log")).isNotEmptyFile();
    }

    @Test
    void a_missing_index_is_rebuilt() throws IOException {
        LogFixture f = new LogFixture(path, LogFixture.segmentBytes(300));
        for (int i = 0; i < 10; i++) {
            f.append("value" + i);
        }
        f.close();
        Files.delete(f.file("00000000000000000000.index"));
        Files.write(f.file("00000000000000000003.timeindex"), new byte[5]);
        f.reopen();
        assertThat(f.values()).hasSize(10);
        assertThat(f.log.offsetForTimestamp(LogFixture.START_MS)).isPresent();
        f.close();
    }

    @Test
    void checkpoints_that_do_not_parse_only_cost_a_scan() throws IOException {
        LogFixture f = new LogFixture(path);
        f.append("a", "b");
        f.close();
        Files.writeString(path.resolve("recovery-point-offset-checkpoint"), "garbage");
        Files.writeString(f.file("leader-epoch-checkpoint"), "0\n7\nx");
        f.reopen();
        assertThat(f.values()).containsExactly("a", "b");
        assertThat(f.log.latestEpoch()).hasValue(0);
        f.close();
    }

    @Test
    void many_logs_are_recovered_in_parallel_after_a_crash() throws IOException {
        try (LogDirectory directory = open(path)) {
            for (int i = 0; i < 30; i++) {
                directory.create(new TopicPartition("t", i), Uuid.randomUuid(), LogConfig.DEFAULT);
            }
        }
        Files.delete(path.resolve(LogFileNames.CLEAN_SHUTDOWN));
        try (LogDirectory directory = open(path)) {
            assertThat(directory.cleanShutdown()).isFalse();
            assertThat(directory.logs()).hasSize(30);
        }
    }
}
