package dev.millrace.bench.program;

import com.sun.management.OperatingSystemMXBean;
import dev.millrace.streams.KafkaStreams;
import dev.millrace.streams.StreamsBuilder;
import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.kstream.Consumed;
import dev.millrace.streams.kstream.Grouped;
import dev.millrace.streams.kstream.JoinWindows;
import dev.millrace.streams.kstream.Joined;
import dev.millrace.streams.kstream.KStream;
import dev.millrace.streams.kstream.Materialized;
import dev.millrace.streams.kstream.Produced;
import dev.millrace.streams.kstream.StreamJoined;
import dev.millrace.streams.kstream.TimeWindows;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.Properties;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;

/**
 * Runs one program until it has done a number of steps, and says on standard output when it reached
 * the number that ends the warm-up, and when all were done:
 *
 * <pre>
 * warm TIME CPU
 * done TIME CPU
 * closed
 * </pre>
 *
 * both in nanoseconds, the time from an arbitrary beginning, CPU of this process since it began. A
 * step is a word counted, or a result of a join.
 */
public final class StreamsProgram {
    private static final long POLL_MS = 2;
    private static final long PATIENCE_MS = 60_000;

    private final LongAdder steps = new LongAdder();
    private final StreamsBuilder builder = new StreamsBuilder();
    private final Serde<String> strings = Serdes.String();
    private final String name;
    private final String[] inputs;
    private final String output;

    private StreamsProgram(String name, String[] inputs, String output) {
        this.name = name;
        this.inputs = inputs;
        this.output = output;
    }

    /**
     * @param args name of the program, input topics with commas between them, output topic, steps
     *     of the warm-up, steps in all, then settings as {@code name=value}
     */
    public static void main(String[] args) throws InterruptedException {
        StreamsProgram program = new StreamsProgram(args[0], args[1].split(","), args[2]);
        Properties config = new Properties();
        for (String setting : Arrays.asList(args).subList(5, args.length)) {
            int equals = setting.indexOf('=');
            config.put(setting.substring(0, equals), setting.substring(equals + 1));
        }
        config.put("auto.offset.reset", "earliest");
        program.run(config, Long.parseLong(args[3]), Long.parseLong(args[4]), System.out);
    }

    private void run(Properties config, long warm, long all, PrintStream out)
            throws InterruptedException {
        build();
        try (KafkaStreams streams = new KafkaStreams(builder.build(), new StreamsConfig(config))) {
            streams.start();
            await(streams, warm);
            report("warm", out);
            await(streams, all);
            report("done", out);
        }
        out.println("closed");
    }

    private void build() {
        switch (name) {
            case "wordcount" -> wordCount();
            case "windowed" -> windowedCount();
            case "table-join" -> joinWithTable();
            case "stream-join" -> joinOfStreams();
            default -> throw new IllegalArgumentException("No program is called " + name);
        }
    }

    private KStream<String, String> words() {
        return builder.stream(inputs[0], Consumed.with(strings, strings))
                .flatMapValues(line -> Arrays.asList(line.split(" ")));
    }

    private long counted(long before) {
        steps.increment();
        return before + 1;
    }

    private void wordCount() {
        words().groupBy((key, word) -> word, Grouped.with(strings, strings))
                .aggregate(
                        () -> 0L,
                        (word, same, count) -> counted(count),
                        Materialized.with(strings, Serdes.Long()))
                .toStream()
                .to(output, Produced.with(strings, Serdes.Long()));
    }

    private void windowedCount() {
        words().groupBy((key, word) -> word, Grouped.with(strings, strings))
                .windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofSeconds(10), Duration.ofDays(1)))
                .aggregate(
                        () -> 0L,
                        (word, same, count) -> counted(count),
                        Materialized.with(strings, Serdes.Long()))
                .toStream((windowed, count) -> windowed.key() + "@" + windowed.window().start())
                .to(output, Produced.with(strings, Serdes.Long()));
    }

    private String joined(String left, String right) {
        steps.increment();
        return left + right;
    }

    private void joinWithTable() {
        builder.stream(inputs[0], Consumed.with(strings, strings))
                .join(
                        builder.table(inputs[1], Consumed.with(strings, strings)),
                        this::joined,
                        Joined.with(strings, strings, strings))
                .to(output, Produced.with(strings, strings));
    }

    private void joinOfStreams() {
        builder.stream(inputs[0], Consumed.with(strings, strings))
                .join(
                        builder.stream(inputs[1], Consumed.with(strings, strings)),
                        this::joined,
                        JoinWindows.ofTimeDifferenceAndGrace(
                                Duration.ofMillis(1200), Duration.ofHours(1)),
                        StreamJoined.with(strings, strings, strings))
                .to(output, Produced.with(strings, strings));
    }

    private void await(KafkaStreams streams, long wanted) throws InterruptedException {
        long seen = -1;
        long sinceNs = System.nanoTime();
        for (long now = steps.sum(); now < wanted; now = steps.sum()) {
            if (now != seen) {
                seen = now;
                sinceNs = System.nanoTime();
            } else if (System.nanoTime() - sinceNs > PATIENCE_MS * 1_000_000) {
                throw new IllegalStateException(
                        name
                                + " did "
                                + now
                                + " of "
                                + wanted
                                + " steps, then nothing: "
                                + streams.state());
            }
            Thread.sleep(POLL_MS);
        }
    }

    private static void report(String what, PrintStream out) {
        long cpuNs =
                ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                        .getProcessCpuTime();
        out.println(what + " " + System.nanoTime() + " " + cpuNs);
        out.flush();
    }
}
