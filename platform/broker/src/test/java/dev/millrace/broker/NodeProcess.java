package dev.millrace.broker;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/** A broker with its journal in a process of its own, so that it can be killed. */
final class NodeProcess implements AutoCloseable {
    private final Path directory;
    private final int port;
    private final List<String> properties;
    private Process process;

    NodeProcess(Path directory, String... properties) throws IOException {
        this.directory = directory;
        this.properties = List.of(properties);
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        process = start();
    }

    /** {@code DIRECTORY PORT [key=value]...} */
    public static void main(String[] args) {
        Map<String, String> properties = new HashMap<>();
        for (String pair : List.of(args).subList(2, args.length)) {
            int equals = pair.indexOf('=');
            properties.put(pair.substring(0, equals), pair.substring(equals + 1));
        }
        // Whatever ends the tests ends this too.
        ProcessHandle.current()
                .parent()
                .ifPresent(tests -> tests.onExit().thenRun(() -> Runtime.getRuntime().halt(1)));
        TestBroker.startUntilKilled(Path.of(args[0]), properties, Integer.parseInt(args[1]));
    }

    String bootstrapServers() {
        return "127.0.0.1:" + port;
    }

    private Process start() throws IOException {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx256m",
                                "-XX:TieredStopAtLevel=1",
                                "-cp",
                                System.getProperty("java.class.path"),
                                NodeProcess.class.getName(),
                                directory.toString(),
                                Integer.toString(port)));
        command.addAll(properties);
        Process started =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(
                                ProcessBuilder.Redirect.appendTo(
                                        directory.resolveSibling("node.log").toFile()))
                        .start();
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> listens() || !started.isAlive());
        if (!started.isAlive()) {
            throw new IOException(
                    "the node ended with "
                            + started.exitValue()
                            + ", see "
                            + directory.resolveSibling("node.log"));
        }
        return started;
    }

    private boolean listens() {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    /** As {@code kill -9}: nothing is flushed, nothing is said to anybody. */
    void kill() {
        process.destroyForcibly();
        Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> !process.isAlive());
    }

    void startAgain() throws IOException {
        process = start();
    }

    @Override
    public void close() {
        kill();
    }
}
