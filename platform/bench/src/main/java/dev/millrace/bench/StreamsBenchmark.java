package dev.millrace.bench;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * A Streams program in a process of its own, from an empty state directory until all of its input
 * is processed. The first third of the steps warms it up and is left out, but for what says "with
 * start". The output is compared with what it must be, so a lost, doubled or wrong result fails the
 * run.
 *
 * @param cacheBytes {@code statestore.cache.max.bytes}; 0: one output per input
 * @param guarantee {@code processing.guarantee}; commits every second, or every 100 ms with
 *     exactly-once, as is the default
 */
record StreamsBenchmark(
        StreamsLibrary library,
        StreamsLoad load,
        String program,
        int partitions,
        int threads,
        long cacheBytes,
        String guarantee,
        List<String> jvmOptions)
        implements Benchmark {
    private static final long PATIENCE_MS = 60_000;

    private record Mark(double seconds, double cpuSeconds, OptionalDouble brokerSeconds) {}

    @Override
    public List<Figure> run(Target target)
            throws ExecutionException, InterruptedException, IOException {
        String output = target.createTopic("output", partitions);
        Path state = Files.createTempDirectory("millrace-bench");
        try {
            return run(target, output, state);
        } finally {
            deleteRecursively(state);
        }
    }

    private List<Figure> run(Target target, String output, Path state)
            throws InterruptedException, IOException {
        long warm = load.steps() / 3;
        File errors = state.resolve("stderr").toFile();
        long startNs = System.nanoTime();
        OptionalDouble brokerAtStart = target.process().cpuSeconds();
        Process process =
                new ProcessBuilder(command(target, output, state, warm))
                        .redirectError(errors)
                        .start();
        try (BufferedReader lines = process.inputReader()) {
            Mark atWarm = mark("warm", lines, target, errors);
            Mark atDone = mark("done", lines, target, errors);
            double allSeconds = (System.nanoTime() - startNs) / 1e9;
            double resident =
                    ServerProcess.of(process.pid()).residentBytes().orElse(-1) / (1024.0 * 1024);
            String last = lines.readLine();
            if (!"closed".equals(last) || process.waitFor() != 0) {
                throw failed("does not close", errors);
            }
            check(target, output);
            long steps = load.steps() - warm;
            return List.of(
                    Figure.more("throughput", steps / (atDone.seconds - atWarm.seconds), "steps/s"),
                    Figure.less(
                            "own CPU",
                            (atDone.cpuSeconds - atWarm.cpuSeconds) * 1e6 / steps,
                            "µs/step"),
                    Figure.less(
                            "broker CPU",
                            Target.cpuMicros(atWarm.brokerSeconds, atDone.brokerSeconds, steps),
                            "µs/step"),
                    Figure.more("with start", load.steps() / allSeconds, "steps/s"),
                    Figure.less(
                            "CPU with start", atDone.cpuSeconds * 1e6 / load.steps(), "µs/step"),
                    Figure.less(
                            "broker with start",
                            Target.cpuMicros(brokerAtStart, atDone.brokerSeconds, load.steps()),
                            "µs/step"),
                    Figure.less("resident", resident, "MB"));
        } finally {
            process.destroyForcibly();
        }
    }

    private List<String> command(Target target, String output, Path state, long warm) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(jvmOptions);
        command.addAll(
                List.of(
                        "-cp",
                        library.classPath(),
                        StreamsLibrary.MAIN_CLASS,
                        program,
                        String.join(",", load.inputs()),
                        output,
                        Long.toString(warm),
                        Long.toString(load.steps()),
                        "application.id=bench-" + program + "-" + UUID.randomUUID(),
                        "bootstrap.servers=" + target.bootstrap(),
                        "state.dir=" + state,
                        "num.stream.threads=" + threads,
                        "statestore.cache.max.bytes=" + cacheBytes,
                        "processing.guarantee=" + guarantee,
                        "commit.interval.ms=" + (exactlyOnce() ? 100 : 1000)));
        return command;
    }

    private boolean exactlyOnce() {
        return guarantee.equals("exactly_once_v2");
    }

    private Mark mark(String what, BufferedReader lines, Target target, File errors)
            throws IOException {
        String line = lines.readLine();
        while (line != null && !line.startsWith(what + " ")) {
            line = lines.readLine(); // of the JVM
        }
        OptionalDouble broker = target.process().cpuSeconds();
        String[] words = line == null ? new String[0] : line.split(" ", -1);
        if (words.length != 3) {
            throw failed("ends before it says " + what, errors);
        }
        return new Mark(Long.parseLong(words[1]) / 1e9, Long.parseLong(words[2]) / 1e9, broker);
    }

    private IllegalStateException failed(String how, File errors) throws IOException {
        List<String> said = Files.readAllLines(errors.toPath());
        return new IllegalStateException(
                String.format(
                        Locale.ROOT,
                        "%s with %s %s:%n%s",
                        program,
                        library.name(),
                        how,
                        String.join(
                                System.lineSeparator(),
                                said.subList(Math.max(0, said.size() - 30), said.size()))));
    }

    /** Reads the output until it is what it must be. */
    private void check(Target target, String output) {
        Map<String, Object> config = target.clientConfig();
        config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        config.put(
                ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                exactlyOnce() ? "read_committed" : "read_uncommitted");
        Deserializer<?> values = load.newest() ? new LongDeserializer() : new StringDeserializer();
        Map<String, Object> newest = new HashMap<>();
        long digest = 0;
        long records = 0;
        try (KafkaConsumer<String, ?> consumer =
                new KafkaConsumer<>(config, new StringDeserializer(), values)) {
            List<TopicPartition> all =
                    IntStream.range(0, partitions)
                            .mapToObj(each -> new TopicPartition(output, each))
                            .toList();
            consumer.assign(all);
            consumer.seekToBeginning(all);
            Map<TopicPartition, Long> ends = consumer.endOffsets(all);
            long deadlineMs = System.currentTimeMillis() + PATIENCE_MS;
            while (all.stream()
                            .anyMatch(each -> consumer.position(each) < ends.getOrDefault(each, 0L))
                    && System.currentTimeMillis() < deadlineMs) {
                for (ConsumerRecord<String, ?> record : consumer.poll(Duration.ofMillis(200))) {
                    records++;
                    digest += StreamsLoad.digest(record.key(), record.value());
                    Object before = load.newest() ? newest.put(record.key(), record.value()) : null;
                    if (before != null) {
                        digest -= StreamsLoad.digest(record.key(), before);
                    }
                }
            }
        }
        if (digest != load.result()) {
            throw new IllegalStateException(
                    program
                            + " with "
                            + library.name()
                            + " gave a wrong result, in "
                            + records
                            + " records of "
                            + newest.size()
                            + " keys");
        }
    }

    static void deleteRecursively(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
