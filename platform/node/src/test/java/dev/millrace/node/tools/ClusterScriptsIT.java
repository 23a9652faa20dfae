package dev.millrace.node.tools;

import dev.millrace.node.e2e.PackagedCluster;
import dev.millrace.node.e2e.PackagedNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The tools that matter to who operates three brokers print what they printed when they were
 * recorded from three of Apache Kafka, of which one and another are killed.
 *
 * <p>To record, say as with {@link ToolScriptsIT}, but with {@code millrace.test.cluster}, the
 * addresses of brokers 1, 2 and 3, {@code millrace.test.logs} with {@code %d} for the number of a
 * broker, and {@code millrace.tools.power}, a program that is called with {@code kill} or {@code
 * start} and a number.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class ClusterScriptsIT {
    private static final @Nullable String RECORDED = System.getProperty("millrace.test.cluster");

    @TempDir private static Path dir;
    private static @Nullable PackagedCluster cluster;

    @BeforeAll
    static void start() {
        if (RECORDED == null) {
            PackagedCluster started = new PackagedCluster(dir, settings());
            cluster = started;
            Map<Integer, CompletableFuture<PackagedNode>> starting = new TreeMap<>();
            for (int id = 1; id <= PackagedCluster.NODES; id++) {
                starting.put(id, started.starting(id));
            }
            started.awaitStarted(starting);
        }
    }

    private static String[] settings() {
        List<String> settings = new ArrayList<>(List.of(ToolScriptsIT.SETTINGS));
        // Nobody is to be missed because the machine is busy. Whoever is killed is missed at once.
        settings.addAll(List.of("--set", "broker.session.timeout.ms=30000"));
        return settings.toArray(String[]::new);
    }

    @AfterAll
    static void stop() {
        if (cluster != null) {
            cluster.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"three/reassignment.script", "three/failover.script"})
    void prints_what_it_prints_against_apache_kafka(String script) throws Exception {
        Path files = Files.createDirectories(dir.resolve(script));
        try (ScriptRun run = run(files)) {
            ScriptCheck.check(script, run);
        }
    }

    private static ScriptRun run(Path files) {
        PackagedCluster started = cluster;
        if (started != null) {
            return new ScriptRun(
                    IntStream.rangeClosed(1, 3).mapToObj(started::kafka).toList(),
                    IntStream.rangeClosed(1, 3)
                            .mapToObj(id -> started.data(id).resolve("topics"))
                            .toList(),
                    files,
                    (what, id) -> {
                        if (what.equals("kill")) {
                            started.kill(id);
                        } else {
                            started.start(id);
                        }
                    });
        }
        String logs = System.getProperty("millrace.test.logs", "");
        return new ScriptRun(
                List.of(String.valueOf(RECORDED).split(",")),
                IntStream.rangeClosed(1, 3).mapToObj(id -> Path.of(logs.formatted(id))).toList(),
                files,
                ClusterScriptsIT::recordedPower);
    }

    private static void recordedPower(String what, int id)
            throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder(
                                System.getProperty("millrace.tools.power", ""),
                                what,
                                String.valueOf(id))
                        .inheritIO()
                        .start();
        if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new IOException("cannot %s broker %d".formatted(what, id));
        }
    }
}
