package dev.millrace.examples.wordcount;

import dev.millrace.streams.KafkaStreams;
import dev.millrace.streams.StreamsBuilder;
import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.Topology;
import dev.millrace.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import dev.millrace.streams.kstream.Consumed;
import dev.millrace.streams.kstream.Grouped;
import dev.millrace.streams.kstream.Materialized;
import dev.millrace.streams.kstream.Produced;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.common.serialization.Serdes;

/**
 * Counts the words of a topic of lines, and writes every new count to another topic: key the word,
 * value the count as a long of 8 bytes.
 *
 * <pre>
 * WordCount --bootstrap HOST:PORT --input TOPIC --output TOPIC [--application-id ID] [--SETTING VALUE]...
 * </pre>
 *
 * Further settings are those of {@link StreamsConfig}. Both topics must exist.
 */
public final class WordCount {
    private static final String USAGE =
            "usage: WordCount --bootstrap HOST:PORT --input TOPIC --output TOPIC [--application-id ID]"
                    + " [--SETTING VALUE]...";

    private WordCount() {}

    public static Topology topology(String input, String output) {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(input, Consumed.with(Serdes.String(), Serdes.String()))
                .flatMapValues(WordCount::words)
                .groupBy((key, word) -> word, Grouped.with(Serdes.String(), Serdes.String()))
                .count(Materialized.as("counts"))
                .toStream()
                .to(output, Produced.with(Serdes.String(), Serdes.Long()));
        return builder.build();
    }

    /** The words of a line in lower case: runs of letters, digits and underscores. */
    public static List<String> words(String line) {
        return Arrays.stream(line.toLowerCase(Locale.ROOT).split("\\W+"))
                .filter(word -> !word.isEmpty())
                .toList();
    }

    /** The same counts without streams: what the application must arrive at. */
    public static Map<String, Long> reference(List<String> lines) {
        return lines.stream()
                .flatMap(line -> words(line).stream())
                .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
    }

    /** Sensible settings for an application that should show its results soon. */
    public static Properties properties(String bootstrapServers, String applicationId) {
        Properties properties = new Properties();
        properties.setProperty(StreamsConfig.APPLICATION_ID_CONFIG, applicationId);
        properties.setProperty(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        properties.setProperty(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, "1000");
        properties.setProperty("auto.offset.reset", "earliest");
        return properties;
    }

    public static void main(String[] args) throws InterruptedException {
        Properties given = new Properties();
        for (int i = 0; i < args.length; i += 2) {
            if (!args[i].startsWith("--") || i + 1 == args.length) {
                fail(USAGE);
            }
            given.setProperty(args[i].substring(2), args[i + 1]);
        }
        String bootstrap = take(given, "bootstrap", null);
        String input = take(given, "input", null);
        String output = take(given, "output", null);
        Properties properties = properties(bootstrap, take(given, "application-id", "wordcount"));
        properties.putAll(given);

        CountDownLatch ended = new CountDownLatch(1);
        KafkaStreams streams = new KafkaStreams(topology(input, output), properties);
        streams.setUncaughtExceptionHandler(
                exception -> {
                    System.err.println("wordcount: " + exception.getMessage());
                    return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
                });
        streams.setStateListener(
                (state, before) -> {
                    if (state == KafkaStreams.State.ERROR
                            || state == KafkaStreams.State.NOT_RUNNING) {
                        ended.countDown();
                    }
                });
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        streams.start();
        ended.await();
        if (streams.state() == KafkaStreams.State.ERROR) {
            System.exit(1);
        }
    }

    private static String take(
            Properties given, String name, @org.jspecify.annotations.Nullable String fallback) {
        Object value = given.remove(name);
        if (value != null) {
            return value.toString();
        }
        if (fallback == null) {
            throw fail("--" + name + " is missing\n" + USAGE);
        }
        return fallback;
    }

    private static IllegalArgumentException fail(String message) {
        System.err.println(message);
        System.exit(2);
        return new IllegalArgumentException(message);
    }
}
