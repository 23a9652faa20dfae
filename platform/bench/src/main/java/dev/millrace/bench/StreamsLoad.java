package dev.millrace.bench;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/**
 * The input of a program, written once for all runs, and what has to come out. Event times are a
 * millisecond apart, and the same whenever it runs.
 *
 * @param inputs topics, in the order in which the program names them
 * @param steps of the program until all is done
 * @param newest whether the newest value of each key counts, or all records
 * @param result the digest of the output: of a program's results in whatever order
 */
record StreamsLoad(List<String> inputs, long steps, boolean newest, long result) {
    private static final int WORDS_PER_LINE = 8;
    private static final int VOCABULARY = 50_000;
    private static final int USERS = 20_000;
    private static final int JOIN_KEYS = 1000;
    private static final int WINDOW_MS = 10_000;
    private static final long AGE_MS = 3_600_000;

    /** Adds up to the digest of an output. */
    static long digest(String key, Object value) {
        long hash = 31L * key.hashCode() + value.hashCode();
        hash = (hash ^ (hash >>> 32)) * 0x9E3779B97F4A7C15L;
        return hash ^ (hash >>> 29);
    }

    /**
     * @param records of the first input
     */
    static StreamsLoad write(Target target, String program, int partitions, long records)
            throws ExecutionException, InterruptedException {
        return switch (program) {
            case "wordcount", "windowed" ->
                    lines(target, partitions, records, program.equals("windowed"));
            case "table-join" -> clicks(target, partitions, records);
            case "stream-join" -> twoStreams(target, partitions, records);
            default -> throw new IllegalArgumentException("No program is called " + program);
        };
    }

    private static long firstTimestamp() {
        return (System.currentTimeMillis() - AGE_MS) / WINDOW_MS * WINDOW_MS;
    }

    private static StreamsLoad lines(Target target, int partitions, long records, boolean windowed)
            throws ExecutionException, InterruptedException {
        String input = target.createTopic("lines", partitions);
        long first = firstTimestamp();
        Map<String, Long> counts = new HashMap<>();
        Random random = new Random(7);
        double scale = Math.log(VOCABULARY);
        try (KafkaProducer<String, String> producer = producer(target)) {
            for (long i = 0; i < records; i++) {
                List<String> words = new ArrayList<>();
                long at = first + i;
                for (int w = 0; w < WORDS_PER_LINE; w++) {
                    // The exponential of a uniform number is Zipf-distributed with exponent 1.
                    String word = "word" + (int) Math.exp(random.nextDouble() * scale);
                    words.add(word);
                    counts.merge(
                            windowed ? word + "@" + at / WINDOW_MS * WINDOW_MS : word,
                            1L,
                            Long::sum);
                }
                send(producer, input, at, null, String.join(" ", words));
            }
            producer.flush();
        }
        long result = 0;
        for (Map.Entry<String, Long> each : counts.entrySet()) {
            result += digest(each.getKey(), each.getValue());
        }
        return new StreamsLoad(List.of(input), records * WORDS_PER_LINE, true, result);
    }

    private static String padded(String prefix, long number) {
        return String.format(Locale.ROOT, "%s%08d........................", prefix, number);
    }

    private static StreamsLoad clicks(Target target, int partitions, long records)
            throws ExecutionException, InterruptedException {
        String clicks = target.createTopic("clicks", partitions);
        String users = target.createTopic("users", partitions);
        long first = firstTimestamp();
        Random random = new Random(7);
        long result = 0;
        try (KafkaProducer<String, String> producer = producer(target)) {
            for (int user = 0; user < USERS; user++) {
                send(producer, users, first - 1, "user" + user, padded("/name", user));
            }
            for (long i = 0; i < records; i++) {
                int user = random.nextInt(USERS);
                String click = padded("click", i);
                send(producer, clicks, first + i, "user" + user, click);
                result += digest("user" + user, click + padded("/name", user));
            }
            producer.flush();
        }
        return new StreamsLoad(List.of(clicks, users), records, false, result);
    }

    /** A record meets those of its key that are up to 1200 ms away: three, but at the ends. */
    private static StreamsLoad twoStreams(Target target, int partitions, long records)
            throws ExecutionException, InterruptedException {
        String left = target.createTopic("left", partitions);
        String right = target.createTopic("right", partitions);
        long first = firstTimestamp();
        long result = 0;
        long steps = 0;
        try (KafkaProducer<String, String> producer = producer(target)) {
            for (long i = 0; i < records; i++) {
                String key = "key" + i % JOIN_KEYS;
                send(producer, left, first + i, key, padded("left", i));
                send(producer, right, first + i, key, padded("/right", i));
                for (long other = i - JOIN_KEYS; other <= i + JOIN_KEYS; other += JOIN_KEYS) {
                    if (other >= 0 && other < records) {
                        steps++;
                        result += digest(key, padded("left", i) + padded("/right", other));
                    }
                }
            }
            producer.flush();
        }
        return new StreamsLoad(List.of(left, right), steps, false, result);
    }

    private static KafkaProducer<String, String> producer(Target target) {
        Map<String, Object> config = target.clientConfig();
        config.put(ProducerConfig.LINGER_MS_CONFIG, 10);
        config.put(ProducerConfig.BATCH_SIZE_CONFIG, 65_536);
        return new KafkaProducer<>(config, new StringSerializer(), new StringSerializer());
    }

    @SuppressWarnings("NullAway") // a record may have no key
    private static void send(
            KafkaProducer<String, String> producer,
            String topic,
            long timestamp,
            @Nullable String key,
            String value) {
        producer.send(new ProducerRecord<>(topic, null, timestamp, key, value));
    }
}
