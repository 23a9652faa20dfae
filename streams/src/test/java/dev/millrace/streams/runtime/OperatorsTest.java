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
import dev.millrace.streams.kstream.KStream;
import dev.millrace.streams.kstream.Materialized;
import dev.millrace.streams.kstream.Produced;
import dev.millrace.streams.kstream.TimeWindows;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.Serdes;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Windows and global tables on a cluster, exactly once, through a restart. */
class OperatorsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(90);

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

    private Properties properties() {
        Properties properties =
                Counting.properties(
                        cluster.bootstrapServers,
                        cluster.applicationId,
                        directory.resolve("state").toString());
        properties.setProperty(
                StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        properties.setProperty(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, "0");
        return properties;
    }

    /** Words that the global table has, counted in one window that takes them all. */
    private Topology topology(String names) {
        StreamsBuilder builder = new StreamsBuilder();
        GlobalKTable<String, String> known =
                builder.globalTable(names, Consumed.with(Serdes.String(), Serdes.String()));
        KStream<String, String> lines =
                builder.stream(cluster.input, Consumed.with(Serdes.String(), Serdes.String()));
        lines.flatMapValues(line -> Arrays.asList(line.split(" ")))
                .join(known, (key, word) -> word, (word, name) -> name)
                .groupBy((key, name) -> name, Grouped.with(Serdes.String(), Serdes.String()))
                .windowedBy(TimeWindows.ofSizeWithNoGrace(Duration.ofDays(20_000)))
                .count(Materialized.as("windowed"))
                .toStream((window, count) -> window.key())
                .to(cluster.output, Produced.with(Serdes.String(), Serdes.Long()));
        return builder.build();
    }

    @Test
    void words_of_a_global_table_are_counted_in_windows_exactly_once_through_a_restart()
            throws Exception {
        String names = cluster.applicationId + "-names";
        cluster.create(names, 2);
        cluster.write(names, Map.of("word1", "one", "word2", "two", "word3", "three"));
        List<String> all = new ArrayList<>();
        for (int run = 0; run < 2; run++) {
            List<String> lines = Counting.lines(1000, 60 + run);
            cluster.write(lines);
            all.addAll(lines);
            Map<String, Long> words = Counting.reference(all);
            Map<String, Long> truth = new HashMap<>();
            truth.put("one", words.get("word1"));
            truth.put("two", words.get("word2"));
            truth.put("three", words.get("word3"));
            try (KafkaStreams streams = new KafkaStreams(topology(names), properties())) {
                streams.start();
                await().atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(cluster.lastCounts()).isEqualTo(truth));
            }
            cluster.assertEveryUpdateOnce(truth);
        }
        assertThat(cluster.readOutput()).extracting(ConsumerRecord::key).contains("one");
    }
}
