package dev.millrace.cluster;

import static dev.millrace.cluster.TestNodes.alone;
import static dev.millrace.cluster.TestNodes.start;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A child process that may write files of so many bytes only: to its journal, the disk is full. No
 * mount, no rights needed.
 */
class FullDiskTest {
    private static final int LIMIT_KB = 1024;

    @TempDir Path directory;

    @Test
    @Timeout(value = 2, unit = TimeUnit.MINUTES)
    void a_journal_that_cannot_be_written_says_so_and_keeps_what_was_acknowledged()
            throws Exception {
        Path output = directory.resolve("output.txt");
        Process process =
                new ProcessBuilder(
                                "sh",
                                "-c",
                                "ulimit -f "
                                        + LIMIT_KB * 1024 / 512
                                        + "; exec \"$0\" -XX:+UseSerialGC -XX:TieredStopAtLevel=1"
                                        + " -XX:-UsePerfData -cp \"$1\" "
                                        + FullDiskNode.class.getName()
                                        + " \"$2\"",
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                System.getProperty(
                                        "surefire.test.class.path",
                                        System.getProperty("java.class.path")),
                                directory.resolve("journal").toString())
                        .redirectOutput(output.toFile())
                        .redirectError(new File("target/full-disk-node.log"))
                        .start();
        try {
            assertThat(process.waitFor(90, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }

        assertThat(process.exitValue()).isEqualTo(FullDiskNode.STOPPED);
        List<String> lines = Files.readAllLines(output);
        long acknowledged = lines.stream().filter(line -> line.startsWith("done ")).count();
        assertThat(lines).anyMatch(line -> line.startsWith("failed: The metadata journal in "));
        assertThat(acknowledged).isGreaterThan(2);
        try (Cluster cluster = start(alone(directory.resolve("journal")))) {
            assertThat(cluster.image().config(FullDiskNode.GROUP))
                    .hasSizeGreaterThanOrEqualTo((int) acknowledged);
        }
    }
}
