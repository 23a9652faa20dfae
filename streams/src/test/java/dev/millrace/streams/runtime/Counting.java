package dev.millrace.streams.runtime;

import dev.millrace.streams.KafkaStreams;
import dev.millrace.streams.StreamsBuilder;
import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.Topology;
import dev.millrace.streams.kstream.Consumed;
import dev.millrace.streams.kstream.Grouped;
import dev.millrace.streams.kstream.Materialized;
import dev.millrace.streams.kstream.Produced;
import dev.millrace.streams.processor.StateRestoreListener;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Serdes;

/**
 * Word count as a program of its own, which tests may kill. Arguments: bootstrap, application id,
 * input, output, state directory, settings as NAME=VALUE. It prints where it begins to restore, and
 * closes on SIGTERM.
 */
public final class Counting {
    private Counting() {}

    public static void main(String[] args) throws InterruptedException {
        Properties properties = properties(args[0], args[1], args[4]);
        for (int i = 5; i < args.length; i++) {
            String[] setting = args[i].split("=", 2);
            properties.setProperty(setting[0], setting[1]);
        }
        KafkaStreams streams = new KafkaStreams(topology(args[2], args[3]), properties);
        streams.setGlobalStateRestoreListener(new Printed());
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        streams.start();
        Thread.currentThread().join();
    }

    private static final class Printed implements StateRestoreListener {
        @Override
        public void onRestoreStart(TopicPartition changelog, String store, long start, long end) {
            System.out.println("restores " + changelog + " from " + start + " to " + end);
        }

        @Override
        public void onBatchRestored(
                TopicPartition changelog, String store, long last, long count) {}

        @Override
        public void onRestoreEnd(TopicPartition changelog, String store, long total) {}
    }

    static Topology topology(String input, String output) {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(input, Consumed.with(Serdes.String(), Serdes.String()))
                .flatMapValues(line -> Arrays.asList(line.split(" ")))
                .groupBy((key, word) -> word, Grouped.with(Serdes.String(), Serdes.String()))
                .count(Materialized.as("counts"))
                .toStream()
                .to(output, Produced.with(Serdes.String(), Serdes.Long()));
        return builder.build();
    }

    static Properties properties(
            String bootstrapServers, String applicationId, String stateDirectory) {
        Properties properties = new Properties();
        properties.setProperty(StreamsConfig.APPLICATION_ID_CONFIG, applicationId);
        properties.setProperty(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        properties.setProperty(StreamsConfig.STATE_DIR_CONFIG, stateDirectory);
        properties.setProperty(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, "200");
        properties.setProperty("session.timeout.ms", "6000");
        properties.setProperty("heartbeat.interval.ms", "500");
        return properties;
    }

    /** Lines of words, the same for the same seed. */
    static List<String> lines(int count, long seed) {
        Random random = new Random(seed);
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            StringBuilder line = new StringBuilder("word" + random.nextInt(5));
            for (int word = random.nextInt(8); word > 0; word--) {
                line.append(" word").append((int) Math.abs(random.nextGaussian() * 100));
            }
            lines.add(line.toString());
        }
        return lines;
    }

    static Map<String, Long> reference(List<String> lines) {
        return lines.stream()
                .flatMap(line -> Arrays.stream(line.split(" ")))
                .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
    }
}
