package dev.millrace.bench;

import dev.millrace.streams.KafkaStreams;
import dev.millrace.streams.StreamsBuilder;
import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.kstream.Consumed;
import dev.millrace.streams.kstream.Grouped;
import dev.millrace.streams.kstream.Produced;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Properties;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * WordCount with the Streams DSL: {@code lines} lines of eight words over a Zipf vocabulary of
 * 50,000. Done when the newest counts of all words add up to the number of words written; the sum
 * is checked, so a lost or doubled word fails the run.
 */
record WordCountBenchmark(long lines, int partitions, long cacheBytes) implements Benchmark {
    private static final int WORDS_PER_LINE = 8;
    private static final int VOCABULARY = 50_000;
    private static final long PATIENCE_MS = 120_000;

    @Override
    public List<Figure> run(Target target)
            throws ExecutionException, InterruptedException, IOException {
        String input = target.createTopic("lines", partitions);
        String output = target.createTopic("counts", partitions);
        writeLines(target, input);

        Path state = Files.createTempDirectory("millrace-bench");
        OptionalDouble cpuBefore = target.process().cpuSeconds();
        double ownBefore = ownCpuSeconds();
        long startNs = System.nanoTime();
        try (KafkaStreams streams =
                new KafkaStreams(topology(input, output), config(target, state))) {
            streams.start();
            awaitCounts(target, output, lines * WORDS_PER_LINE);
        } finally {
            deleteRecursively(state);
        }
        double seconds = (System.nanoTime() - startNs) / 1e9;
        return List.of(
                Figure.more("throughput", lines / seconds, "lines/s"),
                Figure.more("words", lines * WORDS_PER_LINE / seconds, "words/s"),
                Figure.less("own CPU", (ownCpuSeconds() - ownBefore) * 1e6 / lines, "µs/line"),
                Figure.less(
                        "server CPU",
                        Target.cpuMicros(cpuBefore, target.process().cpuSeconds(), lines),
                        "µs/line"));
    }

    private static dev.millrace.streams.Topology topology(String input, String output) {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(input, Consumed.with(Serdes.String(), Serdes.String()))
                .flatMapValues(line -> Arrays.asList(line.split(" ")))
                .groupBy((key, word) -> word, Grouped.with(Serdes.String(), Serdes.String()))
                .count()
                .toStream()
                .to(output, Produced.with(Serdes.String(), Serdes.Long()));
        return builder.build();
    }

    private Properties config(Target target, Path state) {
        Properties config = new Properties();
        config.put(StreamsConfig.APPLICATION_ID_CONFIG, "bench-wordcount-" + UUID.randomUUID());
        config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, target.bootstrap());
        config.put(StreamsConfig.STATE_DIR_CONFIG, state.toString());
        config.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, cacheBytes);
        config.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 1000);
        config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        return config;
    }

    private void writeLines(Target target, String topic) {
        Map<String, Object> config = target.clientConfig();
        config.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, StringSerializer.class);
        config.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, StringSerializer.class);
        config.put(ProducerConfig.LINGER_MS_CONFIG, 10);
        config.put(ProducerConfig.BATCH_SIZE_CONFIG, 65_536);
        Random random = new Random(7);
        double scale = Math.log(VOCABULARY);
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(config)) {
            StringBuilder line = new StringBuilder();
            for (long i = 0; i < lines; i++) {
                line.setLength(0);
                for (int w = 0; w < WORDS_PER_LINE; w++) {
                    // The exponential of a uniform number is Zipf-distributed with exponent 1.
                    int rank = (int) Math.exp(random.nextDouble() * scale);
                    line.append(w == 0 ? "" : " ").append("word").append(rank);
                }
                producer.send(new ProducerRecord<>(topic, line.toString()));
            }
            producer.flush();
        }
    }

    private void awaitCounts(Target target, String output, long expected) {
        Map<String, Object> config = target.clientConfig();
        config.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, StringDeserializer.class);
        config.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, LongDeserializer.class);
        config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        Map<String, Long> counts = new HashMap<>();
        long sum = 0;
        try (KafkaConsumer<String, Long> consumer = new KafkaConsumer<>(config)) {
            List<TopicPartition> all =
                    Stream.iterate(0, p -> p + 1)
                            .limit(partitions)
                            .map(p -> new TopicPartition(output, p))
                            .toList();
            consumer.assign(all);
            consumer.seekToBeginning(all);
            long lastNs = System.nanoTime();
            while (sum < expected) {
                for (ConsumerRecord<String, Long> record : consumer.poll(Duration.ofMillis(200))) {
                    Long before = counts.put(record.key(), record.value());
                    sum += record.value() - (before == null ? 0 : before);
                    lastNs = System.nanoTime();
                }
                if ((System.nanoTime() - lastNs) / 1_000_000 > PATIENCE_MS) {
                    throw new IllegalStateException(
                            "counted " + sum + " of " + expected + " words, then nothing");
                }
            }
        }
        if (sum != expected) {
            throw new IllegalStateException("the counts add up to " + sum + ", not " + expected);
        }
    }

    private static double ownCpuSeconds() {
        return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO).toMillis()
                / 1000.0;
    }

    private static void deleteRecursively(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
