package dev.millrace.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.broker.TestBroker;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A text file to a topic to a text file, as the README of Kafka Connect shows it. */
class QuickstartTest {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Path PLUGINS = Path.of("target/plugin-path").toAbsolutePath();
    private static TestBroker broker;

    @TempDir Path directory;

    @BeforeAll
    static void start() {
        broker = TestBroker.start();
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    @Test
    void lines_are_copied_and_a_restart_goes_on_where_it_stopped() throws Exception {
        copiesAcrossARestart(new Quickstart(directory, broker.bootstrapServers()), "bär ✓");
    }

    @Test
    void the_connectors_of_apache_run_unmodified_from_the_plugin_path() throws Exception {
        Quickstart quickstart = new Quickstart(directory, broker.bootstrapServers());
        Quickstart.set(quickstart.worker, Map.of("plugin.path", PLUGINS.toString()));
        Quickstart.set(
                quickstart.source,
                Map.of(
                        "connector.class",
                        "org.apache.kafka.connect.file.FileStreamSourceConnector"));
        Quickstart.set(
                quickstart.sink,
                Map.of("connector.class", "org.apache.kafka.connect.file.FileStreamSinkConnector"));

        // Its positions count characters and not bytes: it resumes properly in ASCII files only.
        copiesAcrossARestart(quickstart, "bar");
    }

    @Test
    void our_connectors_go_on_where_those_of_apache_stopped() throws Exception {
        Quickstart quickstart = new Quickstart(directory, broker.bootstrapServers());
        Quickstart.set(quickstart.worker, Map.of("plugin.path", PLUGINS.toString()));
        quickstart.append(List.of("one", "two"));
        try (ConnectStandalone apache = quickstart.start()) {
            assertThat(apache.restPort()).isPositive();
            await().atMost(SOON).until(() -> quickstart.copied().size() == 2);
        }

        Quickstart.set(quickstart.worker, Map.of("plugin.path", ""));
        quickstart.append(List.of("three"));
        try (ConnectStandalone ours = quickstart.start()) {
            assertThat(ours.restPort()).isPositive();
            await().atMost(SOON).until(() -> quickstart.copied().size() == 3);
        }
        assertThat(quickstart.copied()).containsExactly("one", "two", "three");
    }

    private static void copiesAcrossARestart(Quickstart quickstart, String second)
            throws Exception {
        quickstart.append(List.of("foo", second));
        try (ConnectStandalone running = quickstart.start()) {
            assertThat(running.restPort()).isPositive();
            await().atMost(SOON).until(() -> quickstart.copied().size() == 2);
            quickstart.append(List.of("while running"));
            await().atMost(SOON).until(() -> quickstart.copied().size() == 3);
        }

        quickstart.append(List.of("while stopped"));
        try (ConnectStandalone running = quickstart.start()) {
            assertThat(running.restPort()).isPositive();
            await().atMost(SOON).until(() -> quickstart.copied().size() >= 4);
            quickstart.append(List.of("and on"));
            await().atMost(SOON).until(() -> quickstart.copied().size() >= 5);
        }
        assertThat(quickstart.copied())
                .containsExactly("foo", second, "while running", "while stopped", "and on");
    }

    @Test
    void after_a_kill_every_line_is_there_and_none_before_its_turn() throws Exception {
        Quickstart quickstart = new Quickstart(directory, broker.bootstrapServers());
        Quickstart.set(
                quickstart.worker,
                Map.of(
                        "offset.flush.interval.ms", "200",
                        "consumer.session.timeout.ms", "6000", // how long the dead are waited for
                        "consumer.heartbeat.interval.ms", "1000"));
        List<String> lines = IntStream.range(0, 20_000).mapToObj(i -> "line " + i).toList();
        Process first = process(quickstart, "first.log");
        try {
            quickstart.append(lines.subList(0, 10_000));
            await().atMost(SOON).until(() -> quickstart.copied().size() > 1_000);
        } finally {
            first.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        }
        assertThat(first.exitValue()).isEqualTo(128 + 9);

        quickstart.append(lines.subList(10_000, 20_000));
        Process second = process(quickstart, "second.log");
        try {
            await().atMost(SOON).until(() -> quickstart.copied().contains("line 19999"));
        } finally {
            second.destroy(); // SIGTERM: the clean end
        }
        assertThat(second.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(new LinkedHashSet<>(quickstart.copied())).containsExactlyElementsOf(lines);
    }

    private static Process process(Quickstart quickstart, String log) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName(),
                        quickstart.worker.toString(),
                        quickstart.source.toString(),
                        quickstart.sink.toString())
                .redirectErrorStream(true)
                .redirectOutput(new File(quickstart.directory.toFile(), log))
                .start();
    }

    /** What {@code connect-standalone} on the command line does. */
    static final class Main {
        public static void main(String[] args) throws InterruptedException {
            ConnectStandalone.start(Path.of(args[0]), Path.of(args[1]), Path.of(args[2]))
                    .awaitEnd();
        }
    }

    @Test
    void the_offset_file_stands_where_the_worker_left_it() throws Exception {
        Quickstart quickstart = new Quickstart(directory, broker.bootstrapServers());
        quickstart.append(List.of("1234567"));
        try (ConnectStandalone running = quickstart.start()) {
            assertThat(running.restPort()).isPositive();
            await().atMost(SOON).until(() -> quickstart.copied().size() == 1);
        }
        String raw = Files.readString(directory.resolve("offsets"), StandardCharsets.ISO_8859_1);
        assertThat(raw)
                .contains(
                        "[\"source-"
                                + quickstart.id
                                + "\",{\"filename\":\""
                                + quickstart.text
                                + "\"}]")
                .contains("{\"position\":8}");
    }
}
