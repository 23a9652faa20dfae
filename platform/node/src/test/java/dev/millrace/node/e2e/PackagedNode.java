package dev.millrace.node.e2e;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A node of the distribution, in a process of its own, on ports that the system chose. */
public final class PackagedNode implements AutoCloseable {
    private static final Duration READY_WITHIN = Duration.ofSeconds(60);
    private static final Pattern READY =
            Pattern.compile("millrace ready in (\\d+) ms {2}kafka (\\S+) {2}console http://(\\S+)");

    private final Process process;
    private final Path errors;
    private final String kafka;
    private final String http;
    private final long readyMs;

    private PackagedNode(Process process, Path errors, Matcher ready) {
        this.errors = errors;
        this.process = process;
        this.readyMs = Long.parseLong(ready.group(1));
        this.kafka = ready.group(2);
        this.http = ready.group(3);
    }

    public static Path distribution() {
        return Path.of(System.getProperty("millrace.distribution"));
    }

    public static PackagedNode start(Path data, String... options)
            throws IOException, InterruptedException {
        return run("start", data, options);
    }

    /**
     * Waits for the ready line; fails with everything printed if the process ends or takes too
     * long.
     */
    static PackagedNode run(String command, Path data, String... options)
            throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of("--data", data.toString()));
        line.addAll(List.of(options));
        return run(command, line);
    }

    /** With options that say where everything lies. */
    static PackagedNode startWith(String... options) throws IOException, InterruptedException {
        return run("start", List.of(options));
    }

    private static PackagedNode run(String command, List<String> options)
            throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of(command));
        line.addAll(options);
        for (String address : List.of("--listen", "--http")) {
            if (!line.contains(address)) {
                line.addAll(List.of(address, "127.0.0.1:0"));
            }
        }
        Path errors = Files.createTempFile("millrace-node", ".err");
        Process process = builder(line).redirectError(errors.toFile()).start();
        BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        CompletableFuture<String> firstLine =
                CompletableFuture.supplyAsync(
                        () -> {
                            try {
                                return String.valueOf(out.readLine());
                            } catch (IOException e) {
                                return e.toString();
                            }
                        });
        try {
            String printed = firstLine.get(READY_WITHIN.toSeconds(), TimeUnit.SECONDS);
            Matcher ready = READY.matcher(printed);
            if (!ready.matches()) {
                throw new AssertionError(
                        "not a ready line: " + printed + "\n" + Files.readString(errors));
            }
            return new PackagedNode(process, errors, ready);
        } catch (ExecutionException | TimeoutException e) {
            process.destroyForcibly();
            throw new AssertionError(
                    "not ready within " + READY_WITHIN + "\n" + Files.readString(errors), e);
        }
    }

    private static ProcessBuilder builder(List<String> arguments) {
        List<String> command =
                new ArrayList<>(List.of(distribution().resolve("bin/millrace").toString()));
        command.addAll(arguments);
        return new ProcessBuilder(command);
    }

    /** What a command printed and how it ended. */
    record Outcome(int exitCode, String out, String err) {}

    /** Runs {@code millrace arguments…} to its end. */
    static Outcome millrace(String stdin, String... arguments)
            throws IOException, InterruptedException {
        Path out = Files.createTempFile("millrace", ".out");
        Path err = Files.createTempFile("millrace", ".err");
        Process process =
                builder(List.of(arguments))
                        .redirectOutput(out.toFile())
                        .redirectError(err.toFile())
                        .start();
        try (var in = process.outputWriter(StandardCharsets.UTF_8)) {
            in.write(stdin);
        }
        if (!process.waitFor(90, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError(
                    "still running after 90 s: "
                            + List.of(arguments)
                            + "\n"
                            + Files.readString(out)
                            + Files.readString(err));
        }
        return new Outcome(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    /** HOST:PORT */
    public String kafka() {
        return kafka;
    }

    /** HOST:PORT */
    String http() {
        return http;
    }

    long readyMs() {
        return readyMs;
    }

    public Map<String, Object> clientConfig() {
        return Map.of("bootstrap.servers", kafka);
    }

    /** SIGKILL: no clean-up, no flush. */
    public void kill() {
        process.destroyForcibly().onExit().join();
    }

    /** SIGTERM; the exit code. */
    public int stop() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(20, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("still running 20 s after SIGTERM");
        }
        return process.exitValue();
    }

    /** For a node that ends by itself; the exit code. */
    int awaitExit() throws InterruptedException {
        if (!process.waitFor(40, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("still running after 40 s");
        }
        return process.exitValue();
    }

    /** What it printed to stderr so far. */
    String errors() throws IOException {
        return Files.readString(errors);
    }

    @Override
    public void close() {
        kill();
    }
}
