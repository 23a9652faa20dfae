package dev.millrace.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Exactly-once in processes that are killed by SIGKILL. {@code -Dmillrace.test.kills=100} for the
 * long form.
 */
class ExactlyOnceKillTest {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int KILLS = Integer.getInteger("millrace.test.kills", 5);

    @TempDir Path directory;

    @SuppressWarnings("NullAway.Init") // by startBroker
    private Cluster cluster;

    private final Map<String, Process> children = new HashMap<>();
    private int started;

    @BeforeEach
    void startBroker() throws Exception {
        cluster = new Cluster(3);
    }

    @AfterEach
    void stopAll() throws Exception {
        for (String name : List.copyOf(children.keySet())) {
            kill(name);
        }
        cluster.close();
    }

    private void startChild(String name) throws IOException {
        children.put(
                name,
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
                                directory.resolve(name).toString(),
                                "processing.guarantee=exactly_once_v2",
                                "commit.interval.ms=100",
                                "statestore.cache.max.bytes=0")
                        .redirectErrorStream(true)
                        .redirectOutput(directory.resolve(name + "-" + started++ + ".log").toFile())
                        .start());
    }

    private void kill(String name) throws InterruptedException {
        Process child = children.remove(name);
        if (child != null) {
            child.destroyForcibly();
            assertThat(child.waitFor(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void three_instances_killed_again_and_again_count_exactly() throws Exception {
        Random random = new Random(5);
        List<String> names = List.of("a", "b", "c");
        List<String> all = new ArrayList<>();
        for (String name : names) {
            startChild(name);
        }
        for (int i = 0; i < KILLS; i++) {
            List<String> lines = Counting.lines(2000, 100 + i);
            cluster.write(lines);
            all.addAll(lines);
            long wanted = cluster.committedEnd(cluster.output) + 1 + random.nextInt(500);
            await().atMost(PATIENCE)
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> cluster.committedEnd(cluster.output) >= wanted);
            String victim = names.get(random.nextInt(names.size()));
            kill(victim);
            startChild(victim);
        }

        Map<String, Long> truth = Counting.reference(all);
        await().atMost(PATIENCE)
                .pollInterval(Duration.ofSeconds(1))
                .untilAsserted(() -> assertThat(cluster.lastCounts()).isEqualTo(truth));
        cluster.assertEveryUpdateOnce(truth);
    }

    @Test
    void a_killed_process_goes_on_with_the_state_it_had_at_its_checkpoint() throws Exception {
        List<String> all = new ArrayList<>(Counting.lines(2000, 1));
        cluster.write(all);
        startChild("a");
        awaitCounts(all);
        Process first = Objects.requireNonNull(children.remove("a"));
        first.destroy(); // SIGTERM: it closes its stores
        assertThat(first.waitFor(60, TimeUnit.SECONDS)).isTrue();

        List<String> more = Counting.lines(500, 2);
        all.addAll(more);
        cluster.write(more);
        startChild("a");
        awaitCounts(all);
        kill("a");
        List<String> evenMore = Counting.lines(500, 3);
        all.addAll(evenMore);
        cluster.write(evenMore);
        startChild("a");
        awaitCounts(all);

        cluster.assertEveryUpdateOnce(Counting.reference(all));
        assertThat(Files.readString(directory.resolve("a-2.log")))
                .contains("restores ")
                .doesNotContain(" from 0 to ");
    }

    private void awaitCounts(List<String> lines) {
        await().atMost(PATIENCE)
                .untilAsserted(
                        () ->
                                assertThat(cluster.lastCounts())
                                        .isEqualTo(Counting.reference(lines)));
    }
}
