package dev.millrace.node.apache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.examples.wordcount.SampleText;
import dev.millrace.node.e2e.PackagedNode;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Apache Kafka Streams counts words right: nothing lost and, where it promises, nothing twice. */
@Timeout(180)
class KafkaStreamsIT {
    private static final int PARTITIONS = 2;
    private static final int LINES = 3_000;
    private static final Duration COUNTED_WITHIN = Duration.ofSeconds(60);

    @TempDir private Path dir;

    @Test
    void at_least_once_counts_every_word() throws Exception {
        try (PackagedNode node = PackagedNode.start(dir.resolve("data"))) {
            String bootstrap = node.kafka();
            createTopics(bootstrap, "lines", "counts");
            List<String> lines = SampleText.lines(LINES);
            Properties config =
                    ApacheWordCount.config(
                            bootstrap, "counts", "at_least_once", dir.resolve("state").toString());
            try (KafkaStreams streams =
                    new KafkaStreams(ApacheWordCount.topology("lines", "counts"), config)) {
                streams.start();
                produce(bootstrap, lines);
                assertThat(counts(bootstrap, reference(lines))).isEqualTo(reference(lines));
            }
            try (Admin admin = Admin.create(node.clientConfig())) {
                assertThat(admin.listTopics().names().get(20, TimeUnit.SECONDS))
                        .contains(
                                "counts-KSTREAM-AGGREGATE-STATE-STORE-0000000003-changelog",
                                "counts-KSTREAM-AGGREGATE-STATE-STORE-0000000003-repartition");
            }
            node.stop();
        }
    }

    /** The counts are those of a run in which nothing happened, and none is written twice. */
    @Test
    void exactly_once_counts_every_word_once_though_application_and_node_are_killed()
            throws Exception {
        int port = freePort();
        String bootstrap = "127.0.0.1:" + port;
        List<String> lines = SampleText.lines(LINES);
        List<String> app =
                List.of(
                        bootstrap,
                        "lines",
                        "counts",
                        "exactly_once_v2",
                        dir.resolve("state").toString());
        PackagedNode node = PackagedNode.start(dir.resolve("data"), "--listen", bootstrap);
        try {
            createTopics(bootstrap, "lines", "counts");
            ChildJvm first = ChildJvm.start(ApacheWordCount.class.getName(), app);
            try (first) {
                produce(bootstrap, lines.subList(0, 1_000));
                awaitOutput(bootstrap, 100);
                produce(bootstrap, lines.subList(1_000, 1_500));
                first.kill();
            }
            try (ChildJvm second = ChildJvm.start(ApacheWordCount.class.getName(), app)) {
                produce(bootstrap, lines.subList(1_500, 2_000));
                awaitOutput(bootstrap, total(bootstrap) + 100);
                produce(bootstrap, lines.subList(2_000, 2_500));
                node.kill();
                node.close();
                node = PackagedNode.start(dir.resolve("data"), "--listen", bootstrap);
                produce(bootstrap, lines.subList(2_500, LINES));
                Map<String, Long> reference = reference(lines);
                Map<String, Long> counted = counts(bootstrap, reference);
                assertThat(counted).as(second.output()).isEqualTo(reference);
            }
            node.stop();
        } finally {
            node.close();
        }
    }

    /** KIP-1071 is not served, so it is not advertised, and Kafka Streams says so. */
    @Test
    void the_streams_group_protocol_is_refused_in_words() throws Exception {
        try (PackagedNode node = PackagedNode.start(dir.resolve("data"))) {
            createTopics(node.kafka(), "lines", "counts");
            Properties config =
                    ApacheWordCount.config(
                            node.kafka(), "refused", "at_least_once", dir.resolve("s").toString());
            config.put("group.protocol", "streams");
            AtomicReference<Throwable> failure = new AtomicReference<>();
            try (KafkaStreams streams =
                    new KafkaStreams(ApacheWordCount.topology("lines", "counts"), config)) {
                streams.setUncaughtExceptionHandler(
                        e -> {
                            failure.set(e);
                            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
                        });
                streams.start();
                await().atMost(COUNTED_WITHIN).until(() -> failure.get() != null);
            }
            assertThat(failure.get()).hasRootCauseInstanceOf(UnsupportedVersionException.class);
        }
    }

    private static void createTopics(String bootstrap, String... names) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            admin.createTopics(
                            Arrays.stream(names)
                                    .map(name -> new NewTopic(name, PARTITIONS, (short) 1))
                                    .toList())
                    .all()
                    .get(20, TimeUnit.SECONDS);
        }
    }

    private static void produce(String bootstrap, List<String> lines) {
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", bootstrap);
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
            lines.forEach(line -> producer.send(new ProducerRecord<>("lines", line)));
        }
    }

    private static Map<String, Long> reference(List<String> lines) {
        Map<String, Long> counts = new TreeMap<>();
        for (String line : lines) {
            for (String word : line.toLowerCase(Locale.ROOT).split("\\W+")) {
                counts.merge(word, 1L, Long::sum);
            }
        }
        return counts;
    }

    /**
     * The newest count of each word among what is committed, read until they are those expected or
     * time is up. Fails when a count does not grow: then something was counted again.
     */
    private static Map<String, Long> counts(String bootstrap, Map<String, Long> expected) {
        Map<String, Long> counts = new TreeMap<>();
        try (KafkaConsumer<String, Long> consumer = reader(bootstrap)) {
            long deadlineNs = System.nanoTime() + COUNTED_WITHIN.toNanos();
            while (!counts.equals(expected) && System.nanoTime() - deadlineNs < 0) {
                for (ConsumerRecord<String, Long> record : consumer.poll(Duration.ofMillis(200))) {
                    Long before = counts.put(record.key(), record.value());
                    assertThat(record.value())
                            .as("count of %s after %s", record.key(), before)
                            .isGreaterThan(before == null ? 0 : before);
                }
            }
        }
        return counts;
    }

    private static KafkaConsumer<String, Long> reader(String bootstrap) {
        KafkaConsumer<String, Long> consumer =
                new KafkaConsumer<>(
                        Map.of("bootstrap.servers", bootstrap, "isolation.level", "read_committed"),
                        new StringDeserializer(),
                        new LongDeserializer());
        List<TopicPartition> all =
                IntStream.range(0, PARTITIONS)
                        .mapToObj(p -> new TopicPartition("counts", p))
                        .toList();
        consumer.assign(all);
        consumer.seekToBeginning(all);
        return consumer;
    }

    /** The last stable offsets of the output, together. */
    private static long total(String bootstrap) {
        try (KafkaConsumer<String, Long> consumer = reader(bootstrap)) {
            return consumer.endOffsets(consumer.assignment()).values().stream()
                    .mapToLong(Long::longValue)
                    .sum();
        }
    }

    private static void awaitOutput(String bootstrap, long records) {
        await().atMost(COUNTED_WITHIN)
                .pollInterval(Duration.ofMillis(300))
                .until(() -> total(bootstrap) >= records);
    }

    private static int freePort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
