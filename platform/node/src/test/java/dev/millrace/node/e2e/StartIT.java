package dev.millrace.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.node.e2e.PackagedNode.Outcome;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StartIT {
    @TempDir private Path dir;

    @Test
    void prints_one_line_when_ready_and_ends_cleanly_on_sigterm() throws Exception {
        try (PackagedNode node = PackagedNode.start(dir.resolve("data"))) {
            assertThat(node.kafka()).startsWith("127.0.0.1:").doesNotEndWith(":0");
            assertThat(node.http()).startsWith("127.0.0.1:").doesNotEndWith(":0");
            assertThat(node.stop()).isIn(0, 143);
        }
    }

    @Test
    void refuses_a_port_in_use_and_leaves_nothing_behind() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Path data = dir.resolve("data");
            String address = "127.0.0.1:" + taken.getLocalPort();
            Outcome outcome =
                    start("--data", data.toString(), "--listen", address, "--http", "127.0.0.1:0");
            assertRefused(outcome, address, "in use");
            assertThat(data).doesNotExist();
        }
    }

    @Test
    void refuses_a_data_directory_that_another_node_uses() throws Exception {
        Path data = dir.resolve("data");
        try (PackagedNode node = PackagedNode.start(data)) {
            Outcome outcome =
                    start(
                            "--data",
                            data.toString(),
                            "--listen",
                            "127.0.0.1:0",
                            "--http",
                            "127.0.0.1:0");
            assertRefused(outcome, data.toString(), "another");
            assertThat(node.stop()).isIn(0, 143);
        }
    }

    @Test
    void refuses_a_directory_that_holds_something_else() throws Exception {
        Path data = Files.createDirectories(dir.resolve("data"));
        Files.writeString(data.resolve("thesis.tex"), "precious");
        Outcome outcome =
                start(
                        "--data",
                        data.toString(),
                        "--listen",
                        "127.0.0.1:0",
                        "--http",
                        "127.0.0.1:0");
        assertRefused(outcome, data.toString());
        assertThat(data.resolve("thesis.tex")).hasContent("precious");
    }

    @Test
    void refuses_an_unwritable_directory() throws Exception {
        Path file = Files.writeString(dir.resolve("file"), "");
        Outcome outcome =
                start(
                        "--data",
                        file.resolve("data").toString(),
                        "--listen",
                        "127.0.0.1:0",
                        "--http",
                        "127.0.0.1:0");
        assertRefused(outcome, file.toString());
    }

    @Test
    void refuses_unknown_and_malformed_settings() throws Exception {
        assertRefused(
                start("--set", "num.partitons=3"),
                "num.partitons",
                "did you mean 'num.partitions'");
        assertRefused(
                start("--set", "num.partitions=many"), "num.partitions", "whole number", "many");
        assertRefused(start("--listen", "9092"), "--listen", "HOST:PORT");
        assertRefused(
                start("--config", dir.resolve("none.properties").toString()), "none.properties");
    }

    @Test
    void takes_the_file_and_its_overrides_as_kafka_server_start_does() throws Exception {
        String none = dir.resolve("none.properties").toString();
        assertRefused(start(none), "none.properties");
        assertRefused(start("--config", none, none), "two files of settings");
        assertRefused(start("--override", "num.partitions=many"), "num.partitions", "many");
    }

    @Test
    void wrong_usage_is_exit_code_2() throws Exception {
        for (String[] wrong :
                new String[][] {{}, {"strat"}, {"start", "--no-such-option"}, {"topics"}}) {
            Outcome outcome = PackagedNode.millrace("", wrong);
            assertThat(outcome.exitCode()).as(String.join(" ", wrong)).isEqualTo(2);
            assertThat(outcome.err()).contains("--help");
        }
    }

    @Test
    void help_is_everywhere() throws Exception {
        for (String command :
                new String[] {
                    "",
                    "start",
                    "demo",
                    "topics",
                    "produce",
                    "consume",
                    "sql",
                    "bench",
                    "connect-standalone"
                }) {
            Outcome outcome =
                    command.isEmpty()
                            ? PackagedNode.millrace("", "--help")
                            : PackagedNode.millrace("", command, "--help");
            assertThat(outcome.exitCode()).as(command).isZero();
            assertThat(outcome.out()).startsWith("Usage: millrace");
        }
    }

    private static Outcome start(String... options) throws IOException, InterruptedException {
        String[] arguments = new String[options.length + 1];
        arguments[0] = "start";
        System.arraycopy(options, 0, arguments, 1, options.length);
        return PackagedNode.millrace("", arguments);
    }

    private static void assertRefused(Outcome outcome, String... says) {
        assertThat(outcome.exitCode()).as(outcome.err()).isEqualTo(1);
        assertThat(outcome.out()).isEmpty();
        assertThat(outcome.err().strip().lines()).as(outcome.err()).hasSize(1);
        assertThat(outcome.err()).startsWith("millrace: ").contains(says);
    }
}
