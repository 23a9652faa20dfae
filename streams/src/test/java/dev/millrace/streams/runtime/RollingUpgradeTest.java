package dev.millrace.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.streams.internal.runtime.FormerClients;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Instances replaced one after the other, while others of their group work. The first ones say what
 * builds of version 2 said in the group, and understand what those understood; {@code
 * -Dmillrace.test.previous=CLASSPATH} names the classes of another version, with its {@link
 * Counting}: the first instances are then of that one.
 */
class RollingUpgradeTest {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String OWN = System.getProperty("java.class.path");
    private static final @Nullable String PREVIOUS = System.getProperty("millrace.test.previous");

    @TempDir Path directory;

    @SuppressWarnings("NullAway.Init") // by startBroker
    private Cluster cluster;

    private final Map<String, Process> children = new LinkedHashMap<>();
    private int started;

    @BeforeEach
    void startBroker() throws Exception {
        cluster = new Cluster(3);
    }

    @AfterEach
    void stopAll() throws Exception {
        for (Process child : children.values()) {
            child.destroyForcibly();
            assertThat(child.waitFor(10, TimeUnit.SECONDS)).isTrue();
        }
        cluster.close();
    }

    private void startFormer(String name) throws IOException {
        if (PREVIOUS != null) {
            start(name, PREVIOUS);
        } else {
            start(name, OWN, "default.client.supplier=" + FormerClients.class.getName());
        }
    }

    private void start(String name, String classPath, String... settings) throws IOException {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx256m",
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                "-cp",
                                classPath,
                                Counting.class.getName(),
                                cluster.bootstrapServers,
                                cluster.applicationId,
                                cluster.input,
                                cluster.output,
                                directory.resolve(name).toString(),
                                "processing.guarantee=exactly_once_v2",
                                "commit.interval.ms=100",
                                "num.standby.replicas=1",
                                "statestore.cache.max.bytes=0"));
        command.addAll(List.of(settings));
        children.put(
                name,
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(directory.resolve(name + "-" + started++ + ".log").toFile())
                        .start());
    }

    private void stop(String name) throws InterruptedException {
        Process child = Objects.requireNonNull(children.get(name));
        child.destroy(); // SIGTERM: it leaves the group
        assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }

    /** Until the group has counted more, while the load goes on. */
    private void awaitProgress(Writer writer) throws Exception {
        writer.writeMore(5);
        long before = cluster.committedEnd(cluster.output);
        await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> cluster.committedEnd(cluster.output) > before + 1000);
    }

    @Test
    void nothing_is_lost_or_counted_twice_while_versions_are_mixed_under_load() throws Exception {
        List<String> all;
        try (Writer writer = new Writer(cluster)) {
            for (String name : List.of("a", "b")) {
                startFormer(name);
            }
            awaitProgress(writer);
            for (String name : List.of("a", "b")) {
                stop(name);
                awaitProgress(writer);
                start(name, OWN);
                awaitProgress(writer);
            }
            all = writer.finish();
        }
        Map<String, Long> truth = Counting.reference(all);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(cluster.lastCounts()).isEqualTo(truth));
        cluster.assertEveryUpdateOnce(truth);
    }
}
