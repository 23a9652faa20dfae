package dev.millrace.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.node.e2e.PackagedNode.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The client commands, as typed. */
class CommandsIT {
    @TempDir private static Path dir;
    private static PackagedNode node;

    @BeforeAll
    static void start() throws Exception {
        node = PackagedNode.start(dir.resolve("data"));
    }

    @AfterAll
    static void stop() throws Exception {
        node.close();
    }

    @Test
    void topics_are_created_listed_described_and_deleted() throws Exception {
        assertThat(
                        ok(
                                "",
                                "topics",
                                "create",
                                "orders",
                                "--partitions",
                                "3",
                                "--config",
                                "retention.ms=60000"))
                .isEqualTo("created orders with 3 partitions\n");
        assertThat(ok("", "topics", "list").lines().filter(line -> line.startsWith("orders")))
                .hasSize(1)
                .first()
                .asString()
                .matches("orders +3 +1 +0");
        assertThat(ok("", "topics", "describe", "orders"))
                .contains("retention.ms=60000")
                .contains("REPLICAS");
        assertThat(ok("", "topics", "describe", "orders", "--json")).contains("\"isr\":[1]");
        assertThat(failed("", "topics", "create", "orders"))
                .contains("orders")
                .contains("already exists");
        assertThat(failed("", "topics", "create", "a b")).contains("a b");
        ok("", "topics", "delete", "orders");
        assertThat(failed("", "topics", "describe", "orders")).contains("topic");
    }

    @Test
    void lines_are_produced_and_consumed() throws Exception {
        ok("ada:1\nbob:2\n", "produce", "scores", "--key-separator", ":");
        assertThat(ok("", "consume", "scores", "--from-beginning", "--max", "2", "--print-key"))
                .isEqualTo("ada\t1\nbob\t2\n");
        assertThat(ok("", "consume", "scores", "--from-beginning", "-n", "1", "--format", "json"))
                .contains("\"key\":\"ada\"")
                .contains("\"offset\":0");
        assertThat(ok("", "consume", "scores", "--group", "g", "--from-beginning", "--max", "1"))
                .isEqualTo("1\n");
        assertThat(ok("", "consume", "scores", "--group", "g", "--from-beginning", "--max", "1"))
                .isEqualTo("2\n");
        assertThat(failed("no separator\n", "produce", "scores", "--key-separator", ":"))
                .contains("line 1");
    }

    @Test
    void sql_answers_over_a_topic_that_nobody_declared() throws Exception {
        ok(
                "{\"user\":\"ada\",\"ms\":3}\n{\"user\":\"bob\",\"ms\":5}\n{\"user\":\"ada\",\"ms\":7}\n",
                "produce",
                "visits");
        String table =
                sql(
                        "SELECT user, COUNT(*) AS n, SUM(ms) AS ms FROM visits GROUP BY user ORDER BY user");
        assertThat(table).contains("ada").contains("10").contains("bob");
        assertThat(sql("SHOW TOPICS")).contains("visits");
        assertThat(failed("", "sql", "--http", node.http(), "SELECT * FROM vists"))
                .contains("visits");
        assertThat(failed("", "sql", "--http", node.http(), "SELEC 1")).contains("SELEC");
    }

    @Test
    void a_command_without_a_node_says_so_at_once() throws Exception {
        Outcome outcome = PackagedNode.millrace("", "topics", "list", "--bootstrap", "127.0.0.1:1");
        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.err().lines()).hasSize(1);
        assertThat(outcome.err()).contains("127.0.0.1:1").contains("millrace start");
        Outcome sql = PackagedNode.millrace("", "sql", "--http", "127.0.0.1:1", "SELECT 1");
        assertThat(sql.exitCode()).isEqualTo(1);
        assertThat(sql.err().lines()).hasSize(1);
    }

    @Test
    void connect_standalone_copies_a_file_through_a_topic_and_resumes() throws Exception {
        Path source = Files.writeString(dir.resolve("in.txt"), "one\ntwo\n");
        Path sink = dir.resolve("out.txt");
        List<String> command = new ArrayList<>(List.of("connect-standalone"));
        command.add(
                properties(
                        "worker",
                        "bootstrap.servers=" + node.kafka(),
                        "key.converter=org.apache.kafka.connect.storage.StringConverter",
                        "value.converter=org.apache.kafka.connect.storage.StringConverter",
                        "offset.storage.file.filename=" + dir.resolve("offsets"),
                        "offset.flush.interval.ms=200",
                        "listeners=http://127.0.0.1:0"));
        command.add(
                properties(
                        "source",
                        "name=file-source",
                        "connector.class=FileStreamSource",
                        "file=" + source,
                        "topic=copied"));
        command.add(
                properties(
                        "sink",
                        "name=file-sink",
                        "connector.class=FileStreamSink",
                        "file=" + sink,
                        "topics=copied"));
        try (RunningCommand connect = RunningCommand.start(command)) {
            connect.await(() -> Files.exists(sink) && Files.readString(sink).equals("one\ntwo\n"));
            assertThat(connect.stop()).isIn(0, 143);
        }
        Files.writeString(source, "one\ntwo\nthree\n");
        try (RunningCommand connect = RunningCommand.start(command)) {
            connect.await(() -> Files.readString(sink).endsWith("three\n"));
            connect.stop();
        }
        assertThat(Files.readString(sink)).isEqualTo("one\ntwo\nthree\n");
    }

    private static String properties(String name, String... lines) throws IOException {
        return Files.write(dir.resolve(name + ".properties"), List.of(lines)).toString();
    }

    private static String sql(String query) throws Exception {
        return succeeded(PackagedNode.millrace("", "sql", "--http", node.http(), query));
    }

    private static String ok(String stdin, String... arguments) throws Exception {
        return succeeded(PackagedNode.millrace(stdin, withBootstrap(arguments)));
    }

    private static String succeeded(Outcome outcome) {
        assertThat(outcome.exitCode()).as(outcome.err()).isZero();
        return outcome.out();
    }

    /** The one line on stderr. */
    private static String failed(String stdin, String... arguments) throws Exception {
        Outcome outcome =
                PackagedNode.millrace(
                        stdin, arguments[0].equals("sql") ? arguments : withBootstrap(arguments));
        assertThat(outcome.exitCode()).as(outcome.out()).isEqualTo(1);
        assertThat(outcome.err()).doesNotContain("Exception").doesNotContain("\tat ");
        return outcome.err();
    }

    private static String[] withBootstrap(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--bootstrap", node.kafka()));
        return all.toArray(String[]::new);
    }
}
