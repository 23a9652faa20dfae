package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A volume that fills up under load, beside one that does not: a real one of a few megabytes where
 * we may mount, else a disk that counts.
 */
class FullVolumeTest {
    private static final Logger LOG = LoggerFactory.getLogger(FullVolumeTest.class);
    private static final int VOLUME_BYTES = 6 << 20;
    private static final int PARTITIONS = 4;

    @TempDir Path base;

    @ParameterizedTest
    @ValueSource(strings = {"memory", "disk"})
    void nothing_acknowledged_is_lost_once_there_is_space_again(String durability)
            throws Exception {
        Path small = base.resolve("small");
        try (SmallVolume volume = SmallVolume.at(small, VOLUME_BYTES)) {
            Map<Integer, List<String>> acknowledged = new HashMap<>();
            InMemoryCluster cluster = new InMemoryCluster(1);
            List<Path> directories = List.of(base.resolve("large"), small.resolve("logs"));
            Map<String, String> properties =
                    Map.of(
                            "millrace.ack.durability",
                            durability,
                            "log.segment.bytes",
                            "1048576",
                            "replica.high.watermark.checkpoint.interval.ms",
                            "100");
            LocalBroker broker = new LocalBroker(directories, cluster, properties, volume.disk());
            try (Admin admin = broker.clients.admin()) {
                admin.createTopics(List.of(new NewTopic("t", PARTITIONS, (short) 1)))
                        .all()
                        .get(20, TimeUnit.SECONDS);
            }
            fill(broker, acknowledged);
            assertThat(broker.broker().offlineDirectories()).containsExactly(small.resolve("logs"));
            assertThat(acknowledged.values()).allMatch(values -> !values.isEmpty());
            broker.close();

            volume.grow(10 * VOLUME_BYTES);
            broker = new LocalBroker(directories, cluster, properties, volume.disk());
            for (int i = 0; i < PARTITIONS; i++) {
                List<String> expected = acknowledged.getOrDefault(i, List.of());
                // What was refused may be there too, between or after.
                assertThat(read(broker, i, expected.size())).containsSubsequence(expected);
            }
            broker.close();
        }
    }

    /** Until the small volume is full, and then some more. */
    private static void fill(LocalBroker broker, Map<Integer, List<String>> acknowledged)
            throws Exception {
        String padding = "x".repeat(20_000);
        try (KafkaProducer<String, String> producer =
                broker.clients.producer(
                        Map.of(
                                "delivery.timeout.ms",
                                3000,
                                "request.timeout.ms",
                                2000,
                                "buffer.memory",
                                64 << 20))) {
            int count = 0;
            int roundsAfter = 3;
            while (roundsAfter > 0) {
                List<Future<?>> sent = new ArrayList<>();
                List<String> values = new ArrayList<>();
                for (int i = 0; i < 40; i++) {
                    String value = count++ + padding;
                    values.add(value);
                    sent.add(producer.send(new ProducerRecord<>("t", i % PARTITIONS, null, value)));
                }
                for (int i = 0; i < sent.size(); i++) {
                    try {
                        sent.get(i).get(20, TimeUnit.SECONDS);
                        acknowledged
                                .computeIfAbsent(i % PARTITIONS, p -> new ArrayList<>())
                                .add(values.get(i));
                    } catch (ExecutionException e) {
                        LOG.debug("refused", e);
                    }
                }
                assertThat(count).as("records on a small volume").isLessThan(4_000);
                if (!broker.broker().offlineDirectories().isEmpty()) {
                    roundsAfter--;
                }
            }
        }
    }

    private static List<String> read(LocalBroker broker, int partition, int atLeast) {
        try (KafkaConsumer<String, String> consumer = broker.clients.consumer(Map.of())) {
            TopicPartition tp = new TopicPartition("t", partition);
            consumer.assign(List.of(tp));
            List<String> values = new ArrayList<>();
            Clients.poll(consumer, atLeast).forEach(record -> values.add(record.value()));
            long end = consumer.endOffsets(List.of(tp)).getOrDefault(tp, 0L);
            while (consumer.position(tp) < end) {
                for (ConsumerRecord<String, String> record :
                        consumer.poll(Duration.ofMillis(200))) {
                    values.add(record.value());
                }
            }
            return values;
        }
    }

    @Test
    void a_full_volume_is_noticed_by_a_log_that_only_wants_to_be_created() throws Exception {
        Path small = base.resolve("small");
        try (SmallVolume volume = SmallVolume.at(small, VOLUME_BYTES)) {
            List<Path> directories = List.of(small.resolve("logs"), base.resolve("large"));
            LocalBroker broker =
                    new LocalBroker(
                            directories,
                            new InMemoryCluster(1),
                            Map.of("log.preallocate", "true", "log.segment.bytes", "1048576"),
                            volume.disk());
            volume.fill();
            try (Admin admin = broker.clients.admin()) {
                admin.createTopics(List.of(new NewTopic("t", PARTITIONS, (short) 1)))
                        .all()
                        .get(20, TimeUnit.SECONDS);
            }
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(
                            () ->
                                    IntStream.range(0, PARTITIONS)
                                            .mapToObj(i -> new TopicPartition("t", i))
                                            .allMatch(tp -> broker.broker().partition(tp) != null));
            assertThat(broker.broker().offlineDirectories()).containsExactly(directories.get(0));
            broker.close();
        }
    }
}
