package dev.millrace.node.tools;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.utils.Exit;
import org.jspecify.annotations.Nullable;

/**
 * Runs a tool's {@code main}: in this process where the tool leaves it by {@link Exit}, which a
 * test can catch, in a process of its own where it calls {@code System.exit}. One at a time,
 * because both ways of ending and the standard streams belong to the whole process.
 */
final class StockTool {
    private static final long TIMEOUT_S = 60;

    private static final Map<String, String> CLASSES =
            Map.ofEntries(
                    Map.entry("kafka-acls", "AclCommand"),
                    Map.entry("kafka-broker-api-versions", "BrokerApiVersionsCommand"),
                    Map.entry("kafka-client-metrics", "ClientMetricsCommand"),
                    Map.entry("kafka-cluster", "ClusterTool"),
                    Map.entry("kafka-configs", "kafka.admin.ConfigCommand"),
                    Map.entry("kafka-console-consumer", "consumer.ConsoleConsumer"),
                    Map.entry("kafka-console-producer", "ConsoleProducer"),
                    Map.entry("kafka-consumer-groups", "consumer.group.ConsumerGroupCommand"),
                    Map.entry("kafka-consumer-perf-test", "ConsumerPerformance"),
                    Map.entry("kafka-delete-records", "DeleteRecordsCommand"),
                    Map.entry("kafka-dump-log", "DumpLogSegments"),
                    Map.entry("kafka-e2e-latency", "EndToEndLatency"),
                    Map.entry("kafka-features", "FeatureCommand"),
                    Map.entry("kafka-get-offsets", "GetOffsetShell"),
                    Map.entry("kafka-groups", "GroupsCommand"),
                    Map.entry("kafka-leader-election", "LeaderElectionCommand"),
                    Map.entry("kafka-log-dirs", "LogDirsCommand"),
                    Map.entry("kafka-metadata-quorum", "MetadataQuorumCommand"),
                    Map.entry("kafka-producer-perf-test", "ProducerPerformance"),
                    Map.entry("kafka-reassign-partitions", "reassign.ReassignPartitionsCommand"),
                    Map.entry("kafka-replica-verification", "ReplicaVerificationTool"),
                    Map.entry("kafka-streams-application-reset", "StreamsResetter"),
                    Map.entry("kafka-topics", "TopicCommand"),
                    Map.entry("kafka-transactions", "TransactionsCommand"),
                    Map.entry("kafka-verifiable-consumer", "VerifiableConsumer"),
                    Map.entry("kafka-verifiable-producer", "VerifiableProducer"));

    /** They call {@code System.exit}. */
    private static final List<String> LEAVE_THE_PROCESS =
            List.of("kafka-verifiable-consumer", "kafka-verifiable-producer");

    /** They go on until they are stopped: when they have printed this. */
    private static final Map<String, String> ENDLESS =
            Map.of("kafka-replica-verification", "max lag");

    private StockTool() {}

    /**
     * @param output what it printed to stdout and stderr, as it came
     */
    record Outcome(int exitCode, String output) {}

    /**
     * @param name as the scripts of Kafka's distribution are called, without {@code .sh}
     */
    static synchronized Outcome run(String name, List<String> arguments, String stdin)
            throws Exception {
        String simpleName = CLASSES.get(name);
        if (simpleName == null) {
            throw new IllegalArgumentException("no tool is called " + name);
        }
        String className =
                simpleName.startsWith("kafka.")
                        ? simpleName
                        : "org.apache.kafka.tools." + simpleName;
        if (LEAVE_THE_PROCESS.contains(name) || ENDLESS.containsKey(name)) {
            return inItsOwnProcess(className, arguments, ENDLESS.get(name));
        }
        return inThisProcess(className, arguments, stdin);
    }

    /** The tool has ended; thrown by {@link Exit#exit}. */
    private static final class Ended extends Error {
        private static final long serialVersionUID = 1;

        final int exitCode;

        Ended(int exitCode) {
            super("exit " + exitCode, null, false, false);
            this.exitCode = exitCode;
        }
    }

    /** Collects what is printed until the tool ends: its own error handlers must not add to it. */
    private static final class Collected extends OutputStream {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private boolean ended;

        @Override
        public synchronized void write(int b) {
            if (!ended) {
                bytes.write(b);
            }
        }

        @Override
        public synchronized void write(byte[] source, int offset, int length) {
            if (!ended) {
                bytes.write(source, offset, length);
            }
        }

        synchronized void end() {
            ended = true;
        }

        synchronized String text() {
            return bytes.toString(StandardCharsets.UTF_8);
        }
    }

    private static Outcome inThisProcess(String className, List<String> arguments, String stdin)
            throws Exception {
        PrintStream out = System.out;
        PrintStream err = System.err;
        InputStream in = System.in;
        Collected collected = new Collected();
        AtomicReference<Integer> exitCode = new AtomicReference<>();
        ConcurrentLinkedDeque<Runnable> hooks = new ConcurrentLinkedDeque<>();
        Exit.Procedure end =
                (code, message) -> {
                    collected.end();
                    exitCode.compareAndSet(null, code);
                    throw new Ended(code);
                };
        Exit.setExitProcedure(end);
        Exit.setHaltProcedure(end);
        Exit.setShutdownHookAdder((hookName, hook) -> hooks.add(hook));
        PrintStream print = new PrintStream(collected, true, StandardCharsets.UTF_8);
        System.setOut(print);
        System.setErr(print);
        System.setIn(new ByteArrayInputStream(stdin.getBytes(StandardCharsets.UTF_8)));
        try {
            AtomicReference<Throwable> thrown = new AtomicReference<>();
            Thread main =
                    new Thread(
                            () -> {
                                try {
                                    call(className, arguments);
                                } catch (Ended e) {
                                    // its exit code is already known
                                    exitCode.compareAndSet(null, e.exitCode);
                                } catch (Throwable e) {
                                    e.printStackTrace(print);
                                    thrown.set(e);
                                }
                            },
                            className);
            main.setDaemon(true);
            main.start();
            main.join(TimeUnit.SECONDS.toMillis(TIMEOUT_S));
            if (main.isAlive()) {
                String where = Arrays.toString(main.getStackTrace());
                main.interrupt();
                throw new AssertionError(
                        "%s %s is still running after %d s, at %s, having printed%n%s"
                                .formatted(
                                        className, arguments, TIMEOUT_S, where, collected.text()));
            }
            hooks.forEach(StockTool::runHook);
            int code = thrown.get() != null ? 1 : 0;
            if (exitCode.get() != null) {
                code = exitCode.get();
            }
            return new Outcome(code, collected.text());
        } finally {
            System.setOut(out);
            System.setErr(err);
            System.setIn(in);
            Exit.resetShutdownHookAdder();
        }
    }

    private static void runHook(Runnable hook) {
        try {
            hook.run();
        } catch (Ended e) {
            throw new AssertionError("a shutdown hook called exit", e);
        }
    }

    private static void call(String className, List<String> arguments) throws Throwable {
        try {
            Class.forName(className)
                    .getMethod("main", String[].class)
                    .invoke(null, (Object) arguments.toArray(String[]::new));
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private static Outcome inItsOwnProcess(
            String className, List<String> arguments, @Nullable String enough)
            throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx256m",
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                "-Dlogback.statusListenerClass=ch.qos.logback.core.status.NopStatusListener",
                                "-cp",
                                System.getProperty("java.class.path"),
                                className));
        command.addAll(arguments);
        Path output = Files.createTempFile("tool", ".out");
        Process process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                        .redirectOutput(output.toFile())
                        .start();
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(TIMEOUT_S);
        boolean ended = false;
        boolean stopped = false;
        while (!ended && !stopped && System.nanoTime() - deadlineNs < 0) {
            ended = process.waitFor(200, TimeUnit.MILLISECONDS);
            stopped = enough != null && Files.readString(output).contains(enough);
        }
        process.destroyForcibly().waitFor();
        String printed = Files.readString(output);
        Files.delete(output);
        if (!ended && !stopped) {
            throw new AssertionError(
                    "still running after %d s: %s%n%s".formatted(TIMEOUT_S, arguments, printed));
        }
        return new Outcome(ended ? process.exitValue() : 0, printed);
    }
}
