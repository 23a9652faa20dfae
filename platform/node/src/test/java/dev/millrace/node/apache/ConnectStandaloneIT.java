package dev.millrace.node.apache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.node.e2e.PackagedNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.connect.cli.ConnectStandalone;
import org.apache.kafka.connect.file.FileStreamSinkConnector;
import org.apache.kafka.connect.file.FileStreamSourceConnector;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Apache Kafka Connect, standalone: a file into a topic and out into another file. */
@Timeout(180)
class ConnectStandaloneIT {
    @TempDir private Path dir;

    @Test
    void lines_of_a_file_come_out_once_and_in_order_over_a_restart() throws Exception {
        Path in = Files.writeString(dir.resolve("in.txt"), "one\ntwo\n");
        Path out = dir.resolve("out.txt");
        try (PackagedNode node = PackagedNode.start(dir.resolve("data"))) {
            List<String> configs = configs(node.kafka(), in, out);
            try (ChildJvm connect = ChildJvm.start(ConnectStandalone.class.getName(), configs)) {
                awaitLines(connect, out, List.of("one", "two"));
                Files.writeString(in, "three\n", StandardOpenOption.APPEND);
                awaitLines(connect, out, List.of("one", "two", "three"));
                connect.stop();
            }
            Files.writeString(in, "four\n", StandardOpenOption.APPEND);
            try (ChildJvm connect = ChildJvm.start(ConnectStandalone.class.getName(), configs)) {
                awaitLines(connect, out, List.of("one", "two", "three", "four"));
                connect.stop();
            }
            try (Admin admin = Admin.create(node.clientConfig())) {
                assertThat(
                                admin.listConsumerGroupOffsets("connect-local-file-sink")
                                        .partitionsToOffsetAndMetadata()
                                        .get(20, TimeUnit.SECONDS)
                                        .values())
                        .singleElement()
                        .satisfies(offset -> assertThat(offset.offset()).isEqualTo(4));
            }
        }
    }

    private static void awaitLines(ChildJvm connect, Path file, List<String> lines)
            throws IOException {
        Callable<Boolean> there =
                () ->
                        !connect.isAlive()
                                || (Files.exists(file)
                                        && Files.readAllLines(file).size() >= lines.size());
        try {
            await().atMost(60, TimeUnit.SECONDS).until(there);
        } catch (ConditionTimeoutException e) {
            throw new AssertionError(connect.output(), e);
        }
        assertThat(file).as(connect.output()).exists();
        assertThat(Files.readAllLines(file)).isEqualTo(lines);
    }

    /**
     * As in the files that Kafka comes with, but for the places; our own plugins have the same
     * short names.
     */
    private List<String> configs(String bootstrap, Path in, Path out) throws IOException {
        Path worker =
                properties(
                        "worker",
                        Map.of(
                                "bootstrap.servers", bootstrap,
                                "key.converter", "org.apache.kafka.connect.json.JsonConverter",
                                "value.converter", "org.apache.kafka.connect.json.JsonConverter",
                                "offset.storage.file.filename", dir.resolve("offsets").toString(),
                                "offset.flush.interval.ms", "500",
                                "listeners", "http://127.0.0.1:" + freePort(),
                                "plugin.discovery", "service_load"));
        Path source =
                properties(
                        "source",
                        Map.of(
                                "name", "local-file-source",
                                "connector.class", FileStreamSourceConnector.class.getName(),
                                "tasks.max", "1",
                                "file", in.toString(),
                                "topic", "connect-test"));
        Path sink =
                properties(
                        "sink",
                        Map.of(
                                "name", "local-file-sink",
                                "connector.class", FileStreamSinkConnector.class.getName(),
                                "tasks.max", "1",
                                "file", out.toString(),
                                "topics", "connect-test"));
        return List.of(worker.toString(), source.toString(), sink.toString());
    }

    private Path properties(String name, Map<String, String> properties) throws IOException {
        return Files.write(
                dir.resolve(name + ".properties"),
                properties.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList());
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
