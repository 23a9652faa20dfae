package dev.millrace.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.streams.KafkaStreams;
import dev.millrace.streams.StreamsBuilder;
import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import dev.millrace.streams.kstream.Consumed;
import dev.millrace.streams.kstream.Grouped;
import dev.millrace.streams.kstream.Materialized;
import dev.millrace.streams.kstream.Produced;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Exactly-once in one process; see {@link ExactlyOnceKillTest} for killed ones, {@link
 * RescalingTest} for tasks that move.
 */
class ExactlyOnceTest {
    private static final Duration PATIENCE = Duration.ofSeconds(90);

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

    private Properties properties(String state, String... settings) {
        Properties properties =
                Counting.properties(
                        cluster.bootstrapServers,
                        cluster.applicationId,
                        directory.resolve(state).toString());
        properties.remove(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG);
        properties.setProperty(
                StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        properties.setProperty(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, "0");
        for (int i = 0; i < settings.length; i += 2) {
            properties.setProperty(settings[i], settings[i + 1]);
        }
        return properties;
    }

    private KafkaStreams start(Properties properties) {
        KafkaStreams streams =
                new KafkaStreams(Counting.topology(cluster.input, cluster.output), properties);
        streams.start();
        return streams;
    }

    private void awaitCounts(List<String> lines) {
        await().atMost(PATIENCE)
                .untilAsserted(
                        () ->
                                assertThat(cluster.lastCounts())
                                        .isEqualTo(Counting.reference(lines)));
    }

    @Test
    void every_update_comes_out_once_and_in_order() throws Exception {
        List<String> lines = Counting.lines(3000, 1);
        cluster.write(lines);

        try (KafkaStreams streams =
                start(properties("state", StreamsConfig.NUM_STREAM_THREADS_CONFIG, "2"))) {
            awaitCounts(lines);
            await().atMost(PATIENCE).until(() -> streams.state() == KafkaStreams.State.RUNNING);
        }

        cluster.assertEveryUpdateOnce(Counting.reference(lines));
        assertThat(
                        cluster.allIsCommitted(
                                cluster.input, cluster.applicationId + "-counts-repartition"))
                .isTrue();
    }

    @Test
    void a_thread_that_fails_in_the_middle_of_a_transaction_leaves_nothing_behind()
            throws Exception {
        List<String> lines = Counting.lines(2000, 2);
        cluster.write(lines);
        AtomicInteger failures = new AtomicInteger();
        AtomicInteger calls = new AtomicInteger();
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(cluster.input, Consumed.with(Serdes.String(), Serdes.String()))
                .flatMapValues(line -> Arrays.asList(line.split(" ")))
                .groupBy((key, word) -> word, Grouped.with(Serdes.String(), Serdes.String()))
                .count(Materialized.as("counts"))
                .toStream()
                .peek(
                        (word, count) -> {
                            if (failures.get() < 4 && calls.incrementAndGet() % 1500 == 0) {
                                failures.incrementAndGet();
                                throw new IllegalStateException("from time to time");
                            }
                        })
                .to(cluster.output, Produced.with(Serdes.String(), Serdes.Long()));

        try (KafkaStreams streams = new KafkaStreams(builder.build(), properties("state"))) {
            streams.setUncaughtExceptionHandler(
                    exception -> StreamThreadExceptionResponse.REPLACE_THREAD);
            streams.start();
            awaitCounts(lines);
        }

        assertThat(failures).hasValue(4);
        cluster.assertEveryUpdateOnce(Counting.reference(lines));
    }

    @Test
    void a_fenced_producer_is_replaced_and_its_transaction_done_again() throws Exception {
        List<String> all = new ArrayList<>();
        try (KafkaStreams streams = start(properties("state"))) {
            for (int i = 0; i < 5; i++) {
                List<String> lines = Counting.lines(800, 30 + i);
                cluster.write(lines);
                all.addAll(lines);
                fence();
            }
            awaitCounts(all);
            assertThat(streams.state().isRunningOrRebalancing()).isTrue();
        }

        cluster.assertEveryUpdateOnce(Counting.reference(all));
    }

    /** Takes the transactional id of the thread away, wherever its transaction is. */
    private void fence() throws Exception {
        Path root = directory.resolve("state").resolve(cluster.applicationId);
        await().atMost(PATIENCE).until(() -> Files.exists(root.resolve("process-id")));
        String processId = Files.readString(root.resolve("process-id")).trim();
        Map<String, Object> config =
                Map.of(
                        "bootstrap.servers",
                        cluster.bootstrapServers,
                        "transactional.id",
                        cluster.applicationId + "-" + processId + "-1");
        try (KafkaProducer<byte[], byte[]> thief =
                new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
            thief.initTransactions();
        }
    }

    @Test
    void what_was_stored_at_least_once_is_not_trusted() throws Exception {
        List<String> all = new ArrayList<>(Counting.lines(300, 7));
        cluster.write(all);
        try (KafkaStreams atLeastOnce =
                start(
                        properties(
                                "state",
                                StreamsConfig.PROCESSING_GUARANTEE_CONFIG,
                                StreamsConfig.AT_LEAST_ONCE))) {
            awaitCounts(all);
            assertThat(atLeastOnce.state().isRunningOrRebalancing()).isTrue();
        }
        List<Long> starts = java.util.Collections.synchronizedList(new ArrayList<>());
        KafkaStreams exactlyOnce =
                new KafkaStreams(
                        Counting.topology(cluster.input, cluster.output), properties("state"));
        exactlyOnce.setGlobalStateRestoreListener(new RestoreStarts(starts));
        exactlyOnce.start();
        List<String> more = Counting.lines(300, 8);
        all.addAll(more);
        cluster.write(more);
        awaitCounts(all);
        exactlyOnce.close();

        assertThat(starts).isNotEmpty().containsOnly(0L);
        cluster.assertEveryUpdateOnce(Counting.reference(all));
    }

    @Test
    void a_closed_instance_restores_nothing() throws Exception {
        List<String> all = new ArrayList<>(Counting.lines(300, 9));
        cluster.write(all);
        try (KafkaStreams first = start(properties("state"))) {
            awaitCounts(all);
            assertThat(first.state().isRunningOrRebalancing()).isTrue();
        }
        List<Long> restored = java.util.Collections.synchronizedList(new ArrayList<>());
        try (KafkaStreams second =
                new KafkaStreams(
                        Counting.topology(cluster.input, cluster.output), properties("state"))) {
            second.setGlobalStateRestoreListener(new RestoredCounts(restored));
            second.start();
            List<String> more = Counting.lines(300, 10);
            all.addAll(more);
            cluster.write(more);
            awaitCounts(all);
        }

        // A transaction's end marker is behind the last record: there may be nothing but that.
        assertThat(restored.stream().mapToLong(Long::longValue).sum()).isZero();
        cluster.assertEveryUpdateOnce(Counting.reference(all));
    }
}
