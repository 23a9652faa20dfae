package dev.millrace.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The application in a process of its own, killed by SIGKILL. */
class KillTest {
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @TempDir Path directory;

    @SuppressWarnings("NullAway.Init") // by startBroker
    private Cluster cluster;

    private final List<Process> children = new ArrayList<>();

    @BeforeEach
    void startBroker() throws Exception {
        cluster = new Cluster(2);
    }

    @AfterEach
    void stopAll() throws Exception {
        for (Process child : children) {
            kill(child);
        }
        cluster.close();
    }

    private Process startChild() throws IOException {
        Process child =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx256m",
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Counting.class.getName(),
                                cluster.bootstrapServers,
                                cluster.applicationId,
                                cluster.input,
                                cluster.output,
                                directory.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(
                                directory.resolve("child-" + children.size() + ".log").toFile())
                        .start();
        children.add(child);
        return child;
    }

    private static void kill(Process child) throws InterruptedException {
        child.destroyForcibly();
        assertThat(child.waitFor(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void killed_after_a_commit_goes_on_with_exact_counts() throws Exception {
        List<String> lines = new ArrayList<>(Counting.lines(1000, 30));
        cluster.write(lines);
        Process first = startChild();
        await().atMost(PATIENCE)
                .untilAsserted(
                        () ->
                                assertThat(cluster.lastCounts())
                                        .isEqualTo(Counting.reference(lines)));
        await().atMost(PATIENCE)
                .until(
                        () ->
                                cluster.allIsCommitted(
                                        cluster.input,
                                        cluster.applicationId + "-counts-repartition"));

        kill(first);
        List<String> more = Counting.lines(1000, 31);
        lines.addAll(more);
        cluster.write(more);
        startChild();

        await().atMost(PATIENCE)
                .untilAsserted(
                        () ->
                                assertThat(cluster.lastCounts())
                                        .isEqualTo(Counting.reference(lines)));
    }

    @Test
    void killed_in_the_middle_loses_no_word() throws Exception {
        List<String> lines = Counting.lines(20_000, 32);
        cluster.write(lines);
        Process first = startChild();
        await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> !cluster.readOutput().isEmpty());

        kill(first);
        startChild();

        Map<String, Long> truth = Counting.reference(lines);
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> {
                            Map<String, Long> counts = cluster.lastCounts();
                            assertThat(counts.keySet()).isEqualTo(truth.keySet());
                            counts.forEach(
                                    (word, count) ->
                                            assertThat(count)
                                                    .as(word)
                                                    .isGreaterThanOrEqualTo(truth.get(word)));
                        });
    }
}
