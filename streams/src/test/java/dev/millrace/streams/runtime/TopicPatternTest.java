package dev.millrace.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.streams.KafkaStreams;
import dev.millrace.streams.StreamsBuilder;
import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.StreamsMetadata;
import dev.millrace.streams.Topology;
import dev.millrace.streams.kstream.Consumed;
import dev.millrace.streams.kstream.Grouped;
import dev.millrace.streams.kstream.Materialized;
import dev.millrace.streams.kstream.Produced;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A source of all topics whose names match, also of those that are created later. */
class TopicPatternTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir Path directory;

    @SuppressWarnings("NullAway.Init") // by startBroker
    private Cluster cluster;

    @BeforeEach
    void startBroker() throws Exception {
        cluster = new Cluster(2);
    }

    @AfterEach
    void stopBroker() throws Exception {
        cluster.close();
    }

    private KafkaStreams create(String name, Topology topology) {
        Properties properties =
                Counting.properties(
                        cluster.bootstrapServers,
                        cluster.applicationId,
                        directory.resolve(name).toString());
        properties.setProperty("metadata.max.age.ms", "300");
        properties.setProperty(StreamsConfig.APPLICATION_SERVER_CONFIG, "localhost:" + name);
        return new KafkaStreams(topology, properties);
    }

    private Topology byValue() {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(
                        Pattern.compile("ORDERS-.*", Pattern.CASE_INSENSITIVE),
                        Consumed.with(Serdes.String(), Serdes.String()))
                .groupBy((key, value) -> value, Grouped.with(Serdes.String(), Serdes.String()))
                .count(Materialized.as("counts"))
                .toStream()
                .to(cluster.output, Produced.with(Serdes.String(), Serdes.Long()));
        return builder.build();
    }

    private Topology byKey() {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(Pattern.compile(".*-in"), Consumed.with(Serdes.String(), Serdes.String()))
                .groupByKey()
                .count(Materialized.as("counts"))
                .toStream()
                .to(cluster.output, Produced.with(Serdes.String(), Serdes.Long()));
        return builder.build();
    }

    private void awaitCounts(Map<String, Long> truth) {
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(new TreeMap<>(cluster.lastCounts())).isEqualTo(truth));
    }

    @Test
    void topics_that_come_later_are_read_and_counted_by_all_instances() throws Exception {
        try (KafkaStreams first = create("7001", byValue());
                KafkaStreams second = create("7002", byValue())) {
            first.start();
            second.start();
            await().atMost(PATIENCE)
                    .until(
                            () ->
                                    first.state() == KafkaStreams.State.RUNNING
                                            && second.state() == KafkaStreams.State.RUNNING);

            cluster.create("orders-1", 2);
            cluster.write("orders-1", Map.of("a", "tea", "b", "rice", "c", "tea"));
            awaitCounts(Map.of("tea", 2L, "rice", 1L));

            cluster.create("orders-2", 1);
            cluster.create("bills-1", 1);
            cluster.write("bills-1", Map.of("a", "tea"));
            cluster.write("orders-2", Map.of("a", "tea", "b", "salt"));
            cluster.write("orders-1", Map.of("d", "salt"));
            awaitCounts(Map.of("tea", 3L, "rice", 1L, "salt", 2L));
            Collection<StreamsMetadata> instances = first.metadataForAllStreamsClients();
            assertThat(instances)
                    .flatExtracting(StreamsMetadata::topicPartitions)
                    .extracting(String::valueOf)
                    .contains("orders-1-0", "orders-1-1", "orders-2-0")
                    .doesNotContain("bills-1-0");
            assertThat(
                            first.queryMetadataForKey("counts", "tea", new StringSerializer())
                                    .partition())
                    .isBetween(0, 1);
        }
    }

    @Test
    void a_task_that_gets_one_more_topic_goes_on_where_it_was() throws Exception {
        cluster.create("one-in", 2);
        cluster.write("one-in", Map.of("a", "x", "b", "x"));
        try (KafkaStreams streams = create("7001", byKey())) {
            streams.start();
            awaitCounts(Map.of("a", 1L, "b", 1L));

            cluster.create("two-in", 2);
            cluster.write("two-in", Map.of("a", "x", "c", "x"));
            cluster.write("one-in", Map.of("a", "x"));

            awaitCounts(Map.of("a", 3L, "b", 1L, "c", 1L));
            await().atMost(PATIENCE).until(() -> streams.state() == KafkaStreams.State.RUNNING);
        }
        cluster.write("one-in", Map.of("b", "x"));
        try (KafkaStreams streams = create("7001", byKey())) {
            streams.start();
            awaitCounts(Map.of("a", 3L, "b", 2L, "c", 1L));
        }
    }
}
