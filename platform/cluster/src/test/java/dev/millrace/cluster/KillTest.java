package dev.millrace.cluster;

import static dev.millrace.cluster.TestNodes.alone;
import static dev.millrace.cluster.TestNodes.await;
import static dev.millrace.cluster.TestNodes.start;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class KillTest {
    private static final int ROUNDS = 3;
    private static final int FIRST_ROUND_ACKNOWLEDGEMENTS = 60;

    @TempDir Path directory;

    @Test
    @Timeout(value = 3, unit = TimeUnit.MINUTES)
    void what_was_acknowledged_before_kill_9_is_there_and_ids_do_not_come_twice() throws Exception {
        Set<String> topics = new HashSet<>();
        List<Long> ids = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
            int enough = FIRST_ROUND_ACKNOWLEDGEMENTS * (1 << round);
            for (String line : acknowledgedUntilKilled("round" + round + "-", enough)) {
                if (line.startsWith("topic ")) {
                    topics.add(line.substring("topic ".length()));
                } else {
                    assertThat(line).startsWith("ids ");
                    ids.add(Long.parseLong(line.substring("ids ".length())));
                }
            }
        }

        try (Cluster cluster = start(alone(directory))) {
            assertThat(cluster.image().topics()).containsKeys(topics.toArray(String[]::new));
            ids.add(await(cluster.allocateProducerIds(KilledNode.IDS_PER_BLOCK)));
            assertThat(topics).hasSizeGreaterThan(ROUNDS * FIRST_ROUND_ACKNOWLEDGEMENTS / 2);
            assertThat(ids)
                    .doesNotHaveDuplicates()
                    .allMatch(first -> first % KilledNode.IDS_PER_BLOCK == 0);
            assertThat(ids.get(ids.size() - 1))
                    .isEqualTo(ids.stream().mapToLong(i -> i).max().orElseThrow());
        }
    }

    /** Whole lines only: the last may have been cut by the kill. */
    private List<String> acknowledgedUntilKilled(String prefix, int enough) throws IOException {
        Process process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                "-cp",
                                classPath(),
                                KilledNode.class.getName(),
                                directory.toString(),
                                prefix)
                        .redirectError(new File("target/killed-node.log"))
                        .start();
        List<String> acknowledged = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        try (BufferedReader out =
                new BufferedReader(
                        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (int c = out.read(); c >= 0; c = out.read()) {
                if (c != '\n') {
                    line.append((char) c);
                    continue;
                }
                // The journal's own log lines go to standard output too.
                if (line.indexOf("topic ") == 0 || line.indexOf("ids ") == 0) {
                    acknowledged.add(line.toString());
                }
                line.setLength(0);
                if (acknowledged.size() == enough) {
                    process.toHandle().destroyForcibly(); // SIGKILL; keeps the pipe readable
                }
            }
        } finally {
            process.destroyForcibly();
        }
        assertThat(acknowledged).hasSizeGreaterThanOrEqualTo(enough);
        return acknowledged;
    }

    private static String classPath() {
        return System.getProperty(
                "surefire.test.class.path", System.getProperty("java.class.path"));
    }
}
