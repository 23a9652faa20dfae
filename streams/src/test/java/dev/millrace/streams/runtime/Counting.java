package dev.millrace.streams.runtime;

import dev.millrace.streams.KafkaStreams;
import dev.millrace.streams.StreamsBuilder;
import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.Topology;
import dev.millrace.streams.kstream.Consumed;
import dev.millrace.streams.kstream.Grouped;
import dev.millrace.streams.kstream.Materialized;
import dev.millrace.streams.kstream.Produced;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.common.serialization.Serdes;

/**
 * Word count as a program of its own, which tests may kill. Arguments: bootstrap, application id,
 * input, output, state directory.
 */
public final class Counting {
    private Counting() {}

    public static void main(String[] args) throws InterruptedException {
        Properties properties = properties(args[0], args[1], args[4]);
        KafkaStreams streams = new KafkaStreams(topology(args[2], args[3]), properties);
        streams.start();
        Thread.currentThread().join();
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
