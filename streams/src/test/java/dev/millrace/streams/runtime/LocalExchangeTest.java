package dev.millrace.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.streams.KafkaStreams;
import dev.millrace.streams.KeyValue;
import dev.millrace.streams.StreamsBuilder;
import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.Topology;
import dev.millrace.streams.errors.LogAndContinueProcessingExceptionHandler;
import dev.millrace.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import dev.millrace.streams.kstream.Consumed;
import dev.millrace.streams.kstream.Grouped;
import dev.millrace.streams.kstream.Materialized;
import dev.millrace.streams.kstream.Produced;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.Serdes;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Records that pass by their repartition topic, in one process; killed and moved ones are those of
 * {@link ExactlyOnceTest} and {@link ExactlyOnceKillTest}, which run with it.
 */
class LocalExchangeTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

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

    private Properties properties(String guarantee, String... settings) {
        Properties properties =
                Counting.properties(
                        cluster.bootstrapServers, cluster.applicationId, directory.toString());
        properties.setProperty(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, guarantee);
        for (int i = 0; i < settings.length; i += 2) {
            properties.setProperty(settings[i], settings[i + 1]);
        }
        return properties;
    }

    private KafkaStreams start(Topology topology, Properties properties) {
        KafkaStreams streams = new KafkaStreams(topology, properties);
        streams.start();
        return streams;
    }

    private KafkaStreams start(Properties properties) {
        return start(Counting.topology(cluster.input, cluster.output), properties);
    }

    private void awaitCounts(List<String> lines) {
        await().atMost(PATIENCE)
                .untilAsserted(
                        () ->
                                assertThat(cluster.lastCounts())
                                        .isEqualTo(Counting.reference(lines)));
    }

    /** Writes lines until a record goes from task to task. */
    private void awaitHandover(KafkaStreams streams, List<String> lines) {
        await().atMost(PATIENCE)
                .until(
                        () -> {
                            lines.add("first");
                            cluster.write(List.of("first"));
                            return total(streams, "local-exchange-total") > 0;
                        });
    }

    private static double total(KafkaStreams streams, String metric) {
        return streams.metrics().entrySet().stream()
                .filter(each -> each.getKey().name().equals(metric))
                .mapToDouble(each -> (Double) each.getValue().metricValue())
                .sum();
    }

    /**
     * What a task wrote may be read before the last thread has joined: the state follows, and is
     * not compared at the moment of the last record.
     */
    private static void awaitRunning(KafkaStreams streams) {
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(streams.state()).isEqualTo(KafkaStreams.State.RUNNING));
    }

    /** Records that went through the repartition topic. */
    private long travelled() throws Exception {
        return cluster.endOffsets(cluster.applicationId + "-counts-repartition").values().stream()
                .mapToLong(Long::longValue)
                .sum();
    }

    @ParameterizedTest
    @ValueSource(strings = {"at_least_once", "exactly_once_v2"})
    void where_one_thread_has_all_tasks_nothing_goes_through_the_topic(String guarantee)
            throws Exception {
        List<String> lines = new ArrayList<>();
        try (KafkaStreams streams =
                start(properties(guarantee, "statestore.cache.max.bytes", "0"))) {
            awaitHandover(streams, lines);
            awaitCounts(lines);
            long before = travelled();

            List<String> more = Counting.lines(2000, 1);
            lines.addAll(more);
            cluster.write(more);
            awaitCounts(lines);
            assertThat(travelled()).isEqualTo(before);
        }

        cluster.assertEveryUpdateOnce(Counting.reference(lines));
        assertThat(cluster.allIsCommitted(cluster.input)).isTrue();
    }

    @Test
    void records_for_tasks_of_another_thread_go_through_the_topic() throws Exception {
        List<String> lines = Counting.lines(2000, 2);

        try (KafkaStreams streams =
                start(
                        properties(
                                "exactly_once_v2",
                                "statestore.cache.max.bytes",
                                "0",
                                "num.stream.threads",
                                "2"))) {
            // Until the second thread has joined, the first has all tasks and needs no topic.
            awaitRunning(streams);
            cluster.write(lines);
            awaitCounts(lines);
            awaitRunning(streams);
        }

        assertThat(travelled()).isPositive();
        cluster.assertEveryUpdateOnce(Counting.reference(lines));
    }

    @Test
    void a_handler_that_could_ask_for_the_record_in_the_topic_finds_it_there() throws Exception {
        List<String> lines = Counting.lines(100, 3);
        cluster.write(lines);

        try (KafkaStreams streams =
                start(
                        properties(
                                "at_least_once",
                                StreamsConfig.PROCESSING_EXCEPTION_HANDLER_CLASS_CONFIG,
                                LogAndContinueProcessingExceptionHandler.class.getName()))) {
            awaitCounts(lines);
            awaitRunning(streams);
        }

        assertThat(travelled()).isPositive();
    }

    /** The values of each word, in the order in which they were aggregated. */
    private Topology texts() {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(cluster.input, Consumed.with(Serdes.String(), Serdes.String()))
                .groupBy(
                        (key, value) -> value.substring(0, 1),
                        Grouped.with("texts", Serdes.String(), Serdes.String()))
                .aggregate(
                        () -> "",
                        (key, value, text) -> text + " " + value,
                        Materialized.with(Serdes.String(), Serdes.String()))
                .toStream()
                .to(cluster.output, Produced.with(Serdes.String(), Serdes.String()));
        return builder.build();
    }

    private void awaitText(String key, String expected) {
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> {
                            List<ConsumerRecord<String, String>> all =
                                    cluster.readStrings(cluster.output);
                            assertThat(all)
                                    .filteredOn(record -> record.key().equals(key))
                                    .last()
                                    .extracting(ConsumerRecord::value)
                                    .isEqualTo(expected);
                        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"at_least_once", "exactly_once_v2"})
    void what_is_in_the_topic_already_is_not_overtaken(String guarantee) throws Exception {
        cluster.write(List.of("a1"));
        try (KafkaStreams streams = start(texts(), properties(guarantee))) {
            awaitText("a", " a1");
            awaitRunning(streams);
        }
        List<String> expected = new ArrayList<>(List.of("a1"));
        for (int i = 2; i < 500; i++) {
            // As if a former owner of the first task had sent them.
            expected.add("a" + i);
        }
        cluster.writeAll(
                cluster.applicationId + "-texts-repartition",
                "a",
                expected.subList(1, expected.size()));
        cluster.write(List.of("a500"));
        expected.add("a500");

        try (KafkaStreams streams = start(texts(), properties(guarantee))) {
            awaitText("a", " " + String.join(" ", expected));
            awaitRunning(streams);
        }
    }

    @Test
    void a_crash_between_combining_and_writing_out_loses_and_doubles_nothing() throws Exception {
        List<String> lines = Counting.lines(3000, 4);
        AtomicInteger calls = new AtomicInteger();
        AtomicInteger failures = new AtomicInteger();
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(cluster.input, Consumed.with(Serdes.String(), Serdes.String()))
                .flatMapValues(line -> Arrays.asList(line.split(" ")))
                .groupBy((key, word) -> word, Grouped.with(Serdes.String(), Serdes.String()))
                .aggregate(
                        () -> 0L,
                        (word, same, count) -> {
                            // In the middle of a task that was handed a record, its cache full.
                            if (failures.get() < 4 && calls.incrementAndGet() % 2000 == 0) {
                                failures.incrementAndGet();
                                throw new IllegalStateException("from time to time");
                            }
                            return count + 1;
                        },
                        Materialized.with(Serdes.String(), Serdes.Long()))
                .toStream()
                .to(cluster.output, Produced.with(Serdes.String(), Serdes.Long()));
        cluster.write(lines);

        Properties properties = properties("exactly_once_v2", "commit.interval.ms", "50");
        try (KafkaStreams streams = new KafkaStreams(builder.build(), properties)) {
            streams.setUncaughtExceptionHandler(
                    exception -> StreamThreadExceptionResponse.REPLACE_THREAD);
            streams.start();
            awaitCounts(lines);
        }

        assertThat(failures).hasValue(4);
    }

    @Test
    void caches_of_one_task_that_fill_those_of_another_are_all_written_out_at_a_commit()
            throws Exception {
        List<String> lines = Counting.lines(1000, 5);
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(cluster.input, Consumed.with(Serdes.String(), Serdes.String()))
                .flatMapValues(line -> Arrays.asList(line.split(" ")))
                .groupBy((key, word) -> word, Grouped.with(Serdes.String(), Serdes.String()))
                .count(Materialized.with(Serdes.String(), Serdes.Long()))
                .groupBy(
                        (word, count) -> KeyValue.pair("all", count),
                        Grouped.with(Serdes.String(), Serdes.Long()))
                .reduce(Long::sum, (all, old) -> all - old)
                .toStream()
                .to(cluster.output, Produced.with(Serdes.String(), Serdes.Long()));
        List<String> all = new ArrayList<>(lines);
        long words = words(lines);

        // A commit at the end alone: by the close.
        Properties properties = properties("at_least_once", "commit.interval.ms", "600000");
        try (KafkaStreams streams = start(builder.build(), properties)) {
            awaitHandover(streams, all);
            cluster.write(lines);
            await().atMost(PATIENCE).until(() -> total(streams, "local-exchange-total") > words);
        }

        assertThat(cluster.lastCounts()).isEqualTo(Map.of("all", words(all)));
    }

    private static long words(List<String> lines) {
        return Counting.reference(lines).values().stream().mapToLong(Long::longValue).sum();
    }
}
