package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.log.disk.LocalDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EpochFilesTest {
    private static final long UNKNOWN = -1;

    @TempDir Path first;
    @TempDir Path second;
    private EpochFiles running;

    private EpochFiles files(String bootId) {
        return new EpochFiles(LocalDisk.INSTANCE, List.of(first, second), bootId);
    }

    @BeforeEach
    void run() {
        running = files("boot-1");
        running.running(42);
    }

    @Test
    void a_new_broker_has_no_epoch(@TempDir Path empty) {
        assertThat(new EpochFiles(LocalDisk.INSTANCE, List.of(empty), "boot-1").previous())
                .isEqualTo(UNKNOWN);
    }

    @Test
    void nothing_is_missing_when_only_the_process_has_ended() {
        assertThat(files("boot-1").previous()).isEqualTo(42);
    }

    @Test
    void records_may_be_missing_when_the_system_has_ended() {
        assertThat(files("boot-2").previous()).isEqualTo(UNKNOWN);
    }

    @Test
    void nothing_is_missing_after_a_clean_stop_whatever_happens_to_the_system() {
        running.stopped();

        assertThat(files("boot-2").previous()).isEqualTo(42);
    }

    @Test
    void a_system_that_does_not_name_its_boots_is_not_believed() {
        EpochFiles nameless = files("-");
        nameless.running(43);

        assertThat(files("-").previous()).isEqualTo(UNKNOWN);
        nameless.stopped();
        assertThat(files("-").previous()).isEqualTo(43);
    }

    @Test
    void records_may_be_missing_when_a_directory_was_replaced() throws IOException {
        running.stopped();
        Files.delete(second.resolve("millrace-broker-epoch"));

        assertThat(files("boot-1").previous()).isEqualTo(UNKNOWN);
    }

    @Test
    void records_may_be_missing_when_a_directory_is_of_another_time() throws IOException {
        Path file = second.resolve("millrace-broker-epoch");
        Files.writeString(file, Files.readString(file).replace("42", "41"));

        assertThat(files("boot-1").previous()).isEqualTo(UNKNOWN);
    }

    @Test
    void records_may_be_missing_after_a_directory_failed_even_if_the_stop_was_clean() {
        running.lost();
        running.stopped();

        assertThat(files("boot-1").previous()).isEqualTo(UNKNOWN);
    }

    @Test
    void nor_if_the_directory_that_failed_can_not_be_told_so() {
        FaultyDisk full = new FaultyDisk();
        EpochFiles alone = new EpochFiles(full, List.of(first), "boot-1");
        alone.running(43);
        full.limit(first, 0);

        alone.lost();

        assertThat(new EpochFiles(LocalDisk.INSTANCE, List.of(first), "boot-1").previous())
                .isEqualTo(UNKNOWN);
    }

    @Test
    void what_does_not_parse_is_not_believed() throws IOException {
        Files.writeString(first.resolve("millrace-broker-epoch"), "0\nmany\nboot-1\nrunning\n");

        assertThat(files("boot-1").previous()).isEqualTo(UNKNOWN);
    }
}
