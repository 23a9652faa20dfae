package dev.millrace.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.streams.KafkaStreams;
import dev.millrace.streams.StreamsBuilder;
import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.Topology;
import dev.millrace.streams.kstream.Consumed;
import dev.millrace.streams.kstream.GlobalKTable;
import dev.millrace.streams.kstream.Grouped;
import dev.millrace.streams.kstream.JoinWindows;
import dev.millrace.streams.kstream.KStream;
import dev.millrace.streams.kstream.Materialized;
import dev.millrace.streams.kstream.Produced;
import dev.millrace.streams.kstream.StreamJoined;
import dev.millrace.streams.kstream.TimeWindows;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Windows, joins and global tables on a broker, with state that is lost and restored. */
class WindowedStateTest {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Duration LONG = Duration.ofDays(365);

    @TempDir Path directory;

    @SuppressWarnings("NullAway.Init") // by startBroker
    private Cluster cluster;

    @BeforeEach
    void startBroker() throws Exception {
        cluster = new Cluster(3);
    }

    @AfterEach
    void stopBroker() throws Exception {
        cluster.close();
    }

    private KafkaStreams start(Topology topology, String stateDirectory) {
        Properties properties =
                Counting.properties(
                        cluster.bootstrapServers,
                        cluster.applicationId,
                        directory.resolve(stateDirectory).toString());
        properties.setProperty(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, "exactly_once_v2");
        KafkaStreams streams = new KafkaStreams(topology, properties);
        streams.start();
        return streams;
    }

    private void awaitCounts(Map<String, Long> counts) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(cluster.lastCounts()).isEqualTo(counts));
    }

    @Test
    void windowed_counts_behind_a_global_table_go_on_when_the_local_state_is_lost()
            throws Exception {
        String names = cluster.applicationId + "-names";
        cluster.create(names, 2);
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(
                        Map.of("bootstrap.servers", cluster.bootstrapServers),
                        new StringSerializer(),
                        new StringSerializer())) {
            producer.send(new ProducerRecord<>(names, "a", "Anna"));
            producer.send(new ProducerRecord<>(names, "b", "Berta"));
        }
        Serde<String> strings = Serdes.String();
        StreamsBuilder builder = new StreamsBuilder();
        GlobalKTable<String, String> known =
                builder.globalTable(names, Consumed.with(strings, strings));
        KStream<String, String> letters =
                builder.stream(cluster.input, Consumed.with(strings, strings));
        letters.join(known, (key, letter) -> letter, (letter, name) -> name)
                .groupBy((key, name) -> name, Grouped.with(strings, strings))
                .windowedBy(TimeWindows.ofSizeWithNoGrace(LONG.multipliedBy(1000)))
                .count(Materialized.as("windowed"))
                .toStream((windowed, count) -> windowed.key())
                .to(cluster.output, Produced.with(strings, Serdes.Long()));
        Topology topology = builder.build();

        cluster.write(List.of("a", "a", "b", "unknown"));
        KafkaStreams first = start(topology, "first");
        try (first) {
            awaitCounts(Map.of("Anna", 2L, "Berta", 1L));
        }
        cluster.write(List.of("a", "b"));
        KafkaStreams second = start(topology, "second");
        try (second) {
            awaitCounts(Map.of("Anna", 3L, "Berta", 2L));
        }
        assertThat(cluster.topicConfig(cluster.applicationId + "-windowed-changelog"))
                .containsEntry("cleanup.policy", "compact,delete");
    }

    @Test
    void a_record_finds_its_partner_after_the_local_state_of_the_join_is_lost() throws Exception {
        String other = cluster.applicationId + "-other";
        cluster.create(other, 3);
        Serde<String> strings = Serdes.String();
        StreamsBuilder builder = new StreamsBuilder();
        KStream<String, String> left =
                builder.stream(cluster.input, Consumed.with(strings, strings));
        KStream<String, String> right = builder.stream(other, Consumed.with(strings, strings));
        left.selectKey((key, value) -> value)
                .join(
                        right,
                        (one, two) -> Long.parseLong(two),
                        JoinWindows.ofTimeDifferenceWithNoGrace(LONG),
                        StreamJoined.with(strings, strings, strings))
                .to(cluster.output, Produced.with(strings, Serdes.Long()));
        Topology topology = builder.build();

        cluster.write(List.of("x", "y"));
        KafkaStreams first = start(topology, "first");
        try (first) {
            await().atMost(PATIENCE).until(() -> cluster.allIsCommitted(cluster.input));
            await().atMost(PATIENCE)
                    .until(
                            () ->
                                    cluster.allIsCommitted(
                                            cluster.applicationId
                                                    + "-KSTREAM-KEY-SELECT-0000000002-repartition"));
        }
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(
                        Map.of("bootstrap.servers", cluster.bootstrapServers),
                        new StringSerializer(),
                        new StringSerializer())) {
            producer.send(new ProducerRecord<>(other, "x", "1"));
            producer.send(new ProducerRecord<>(other, "y", "2"));
        }
        KafkaStreams second = start(topology, "second");
        try (second) {
            awaitCounts(Map.of("x", 1L, "y", 2L));
        }
    }
}
