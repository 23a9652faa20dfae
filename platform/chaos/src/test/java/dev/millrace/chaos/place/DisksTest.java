package dev.millrace.chaos.place;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Where file systems can be mounted; elsewhere nothing ever happens to a disk. */
@Timeout(60)
class DisksTest {
    @TempDir Path directory;
    private Disks disks;

    @BeforeEach
    void mount() throws IOException {
        disks = Disks.create(directory, 2, true);
    }

    @AfterEach
    void unmount() {
        disks.close();
    }

    @Test
    void without_power_what_was_flushed_stays_and_what_was_not_is_gone() throws IOException {
        assumeTrue(disks.canLosePower(), "mounting works here");
        Path flushed = disks.of(1).resolve("flushed");
        Path written = disks.of(1).resolve("written");
        Path elsewhere = disks.of(2).resolve("written");
        try (FileChannel file = create(flushed)) {
            file.write(ByteBuffer.wrap(new byte[100_000]));
            file.force(true);
            file.write(ByteBuffer.wrap(new byte[50_000]));
        }
        for (Path path : new Path[] {written, elsewhere}) {
            try (FileChannel file = create(path)) {
                file.write(ByteBuffer.wrap(new byte[100_000]));
            }
        }

        disks.losePower(1);

        assertThat(flushed).hasSize(100_000);
        assertThat(Files.exists(written) ? Files.size(written) : 0).isZero();
        assertThat(elsewhere).hasSize(100_000);
        Files.writeString(written, "it goes on");
        assertThat(written).hasContent("it goes on");
    }

    @Test
    void a_full_disk_takes_nothing_until_it_is_healed() throws IOException {
        assumeTrue(disks.canFail(), "mounting works here");
        disks.fill(1);

        assertThatThrownBy(() -> Files.write(disks.of(1).resolve("more"), new byte[1 << 20]))
                .isInstanceOf(IOException.class);
        Files.write(disks.of(2).resolve("more"), new byte[1 << 20]);

        disks.heal();
        Files.write(disks.of(1).resolve("more"), new byte[1 << 20]);
    }

    @Test
    void who_writes_to_a_frozen_disk_waits() throws Exception {
        assumeTrue(disks.canFail(), "mounting works here");
        disks.freeze(1);
        CompletableFuture<Path> write =
                CompletableFuture.supplyAsync(
                        () -> {
                            try {
                                return Files.writeString(disks.of(1).resolve("late"), "late");
                            } catch (IOException e) {
                                throw new IllegalStateException(e);
                            }
                        });
        Files.writeString(disks.of(2).resolve("in time"), "in time");
        assertThatThrownBy(() -> write.get(300, TimeUnit.MILLISECONDS))
                .isInstanceOf(TimeoutException.class);

        disks.thaw(1);

        assertThat(write.get(30, TimeUnit.SECONDS)).hasContent("late");
    }

    private static FileChannel create(Path path) throws IOException {
        return FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }
}
