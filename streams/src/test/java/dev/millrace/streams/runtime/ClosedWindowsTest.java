package dev.millrace.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.streams.KafkaStreams;
import dev.millrace.streams.KeyValue;
import dev.millrace.streams.StreamsBuilder;
import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.Topology;
import dev.millrace.streams.kstream.Consumed;
import dev.millrace.streams.kstream.EmitStrategy;
import dev.millrace.streams.kstream.KGroupedStream;
import dev.millrace.streams.kstream.KTable;
import dev.millrace.streams.kstream.Named;
import dev.millrace.streams.kstream.Produced;
import dev.millrace.streams.kstream.SessionWindows;
import dev.millrace.streams.kstream.SlidingWindows;
import dev.millrace.streams.kstream.Suppressed;
import dev.millrace.streams.kstream.TimeWindows;
import dev.millrace.streams.kstream.Windowed;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Results that are told when a window closes, where the instance fails after it has told one and
 * before that is committed, is closed, and loses its disk.
 */
class ClosedWindowsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration SIZE = Duration.ofMillis(100);
    private static final List<String> KINDS = List.of("time", "session", "sliding", "suppressed");

    @TempDir Path directory;

    @SuppressWarnings("NullAway.Init") // by startBroker
    private Cluster cluster;

    /** Kind of the result at which the program fails; empty: none. */
    private final AtomicReference<String> failsAt = new AtomicReference<>("");

    private final Map<Long, Boolean> processed = new ConcurrentHashMap<>();

    @BeforeEach
    void startBroker() throws Exception {
        cluster = new Cluster(1);
    }

    @AfterEach
    void stopBroker() throws Exception {
        cluster.close();
    }

    private Topology topology() {
        StreamsBuilder builder = new StreamsBuilder();
        KGroupedStream<String, String> grouped =
                builder.stream(cluster.input, Consumed.with(Serdes.String(), Serdes.String()))
                        .groupByKey();
        TimeWindows windows = TimeWindows.ofSizeWithNoGrace(SIZE);
        tell(
                "time",
                grouped.windowedBy(windows)
                        .emitStrategy(EmitStrategy.onWindowClose())
                        .count(Named.as("time")));
        tell(
                "session",
                grouped.windowedBy(SessionWindows.ofInactivityGapWithNoGrace(SIZE))
                        .emitStrategy(EmitStrategy.onWindowClose())
                        .count(Named.as("session")));
        tell(
                "sliding",
                grouped.windowedBy(SlidingWindows.ofTimeDifferenceWithNoGrace(SIZE))
                        .emitStrategy(EmitStrategy.onWindowClose())
                        .count(Named.as("sliding")));
        tell(
                "suppressed",
                grouped.windowedBy(windows)
                        .count(Named.as("all"))
                        .suppress(
                                Suppressed.untilWindowCloses(Suppressed.BufferConfig.unbounded())
                                        .withName("suppressed")));
        builder.stream(cluster.input, Consumed.with(Serdes.String(), Serdes.String()))
                .foreach((key, timestamp) -> processed.put(Long.valueOf(timestamp), true));
        return builder.build();
    }

    private void tell(String kind, KTable<Windowed<String>, Long> results) {
        results.toStream()
                .map(
                        (key, count) ->
                                KeyValue.pair(
                                        kind + " " + key.key() + "@" + key.window().start(), count))
                .peek(
                        (key, count) -> {
                            if (kind.equals(failsAt.get())) {
                                throw new IllegalStateException("after it was told");
                            }
                        })
                .to(cluster.output, Produced.with(Serdes.String(), Serdes.Long()));
    }

    private KafkaStreams start(String guarantee, boolean losesDisk) {
        Properties properties =
                Counting.properties(
                        cluster.bootstrapServers,
                        cluster.applicationId,
                        directory.resolve("state").toString());
        properties.setProperty(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, guarantee);
        properties.setProperty(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, "100");
        properties.setProperty(
                StreamsConfig.InternalConfig.EMIT_INTERVAL_MS_KSTREAMS_WINDOWED_AGGREGATION, "0");
        properties.setProperty("default.key.serde", Serdes.StringSerde.class.getName());
        properties.setProperty("default.value.serde", Serdes.StringSerde.class.getName());
        KafkaStreams streams = new KafkaStreams(topology(), properties);
        if (losesDisk) {
            streams.cleanUp();
        }
        streams.start();
        return streams;
    }

    private void write(String key, long... timestamps) {
        Map<String, Object> config =
                Map.of("bootstrap.servers", cluster.bootstrapServers, "acks", "all");
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
            for (long timestamp : timestamps) {
                producer.send(
                        new ProducerRecord<>(
                                cluster.input, null, timestamp, key, Long.toString(timestamp)));
            }
            producer.flush();
        }
    }

    private void awaitProcessed(long timestamp) throws Exception {
        await().atMost(PATIENCE).until(() -> processed.containsKey(timestamp));
        await().atMost(PATIENCE).until(() -> cluster.allIsCommitted(cluster.input));
    }

    /** Counts that were told, by kind, key and begin of the window. */
    private Map<String, List<Long>> told() {
        Map<String, List<Long>> told = new TreeMap<>();
        for (ConsumerRecord<String, Long> each : cluster.readOutput()) {
            told.computeIfAbsent(each.key(), key -> new ArrayList<>()).add(each.value());
        }
        return told;
    }

    @ParameterizedTest
    @CsvSource({"exactly_once_v2", "at_least_once"})
    void each_is_told_though_the_instance_fails_in_between(String guarantee) throws Exception {
        boolean exactlyOnce = guarantee.equals(StreamsConfig.EXACTLY_ONCE_V2);
        try (KafkaStreams streams = start(guarantee, false)) {
            write("a", 10, 20);
            write("b", 30);
            awaitProcessed(30);
            assertThat(streams.state().isRunningOrRebalancing()).isTrue();
        }
        assertThat(told()).isEmpty();

        for (String kind : KINDS) { // each further attempt fails at another kind of window
            failsAt.set(kind);
            try (KafkaStreams streams = start(guarantee, false)) {
                write("c", 1000);
                await().atMost(PATIENCE).until(() -> streams.state() == KafkaStreams.State.ERROR);
            }
        }
        failsAt.set("");
        try (KafkaStreams streams = start(guarantee, false)) {
            awaitProcessed(1000);
            assertThat(streams.state().isRunningOrRebalancing()).isTrue();
        }

        Map<String, List<Long>> first = told();
        assertThat(first)
                .containsOnlyKeys(
                        "session a@10",
                        "session b@30",
                        "sliding a@0",
                        "sliding a@11",
                        "sliding b@0",
                        "suppressed a@0",
                        "suppressed b@0",
                        "time a@0",
                        "time b@0");
        if (exactlyOnce) {
            assertThat(first.values()).allSatisfy(counts -> assertThat(counts).hasSize(1));
            assertThat(first)
                    .containsEntry("time a@0", List.of(2L))
                    .containsEntry("suppressed a@0", List.of(2L))
                    .containsEntry("session a@10", List.of(2L))
                    .containsEntry("sliding a@0", List.of(2L));
        }

        // What was told and committed is not told again: by the same disk, or without it.
        try (KafkaStreams streams = start(guarantee, false)) {
            write("d", 1500);
            awaitProcessed(1500);
            assertThat(streams.state().isRunningOrRebalancing()).isTrue();
        }
        Map<String, List<Long>> second = told();
        try (KafkaStreams streams = start(guarantee, true)) {
            write("e", 2000);
            awaitProcessed(2000);
            assertThat(streams.state().isRunningOrRebalancing()).isTrue();
        }
        Map<String, List<Long>> third = told();

        first.forEach(
                (key, counts) -> {
                    assertThat(second).containsEntry(key, counts);
                    assertThat(third).containsEntry(key, counts);
                });
        assertThat(second).containsKeys("time c@1000", "suppressed c@1000", "session c@1000");
        assertThat(third).containsKeys("time d@1500", "suppressed d@1500", "session d@1500");
        if (exactlyOnce) {
            assertThat(third.values()).allSatisfy(counts -> assertThat(counts).hasSize(1));
        }
    }
}
