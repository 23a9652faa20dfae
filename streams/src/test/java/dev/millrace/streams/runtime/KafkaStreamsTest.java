package dev.millrace.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.streams.KafkaStreams;
import dev.millrace.streams.StreamsBuilder;
import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.errors.MissingSourceTopicException;
import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import dev.millrace.streams.kstream.Consumed;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.Serdes;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KafkaStreamsTest {
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

    private Properties properties(String... settings) {
        String state = directory.resolve("state").toString();
        Properties properties =
                Counting.properties(cluster.bootstrapServers, cluster.applicationId, state);
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
    void counts_words_through_a_repartition_topic_with_two_threads() throws Exception {
        List<String> lines = Counting.lines(2000, 1);
        cluster.write(lines);

        try (KafkaStreams streams =
                start(properties(StreamsConfig.NUM_STREAM_THREADS_CONFIG, "2"))) {
            awaitCounts(lines);
            await().atMost(PATIENCE).until(() -> streams.state() == KafkaStreams.State.RUNNING);
        }

        String changelog = cluster.applicationId + "-counts-changelog";
        String repartition = cluster.applicationId + "-counts-repartition";
        assertThat(cluster.partitionsOf(changelog)).isEqualTo(3);
        assertThat(cluster.partitionsOf(repartition)).isEqualTo(3);
        assertThat(cluster.topicConfig(changelog)).containsEntry("cleanup.policy", "compact");
        assertThat(cluster.topicConfig(repartition))
                .containsEntry("cleanup.policy", "delete")
                .containsEntry("retention.ms", "-1")
                .containsEntry("segment.bytes", "52428800");
        assertThat(cluster.allIsCommitted(cluster.input, repartition)).isTrue();
    }

    @Test
    void deletes_from_repartition_topics_what_it_has_read_and_committed() throws Exception {
        List<String> lines = Counting.lines(1000, 50);
        cluster.write(lines);
        String repartition = cluster.applicationId + "-counts-repartition";

        try (KafkaStreams streams =
                start(
                        properties(
                                StreamsConfig.REPARTITION_PURGE_INTERVAL_MS_CONFIG,
                                "300",
                                StreamsConfig.LOCAL_EXCHANGE_CONFIG,
                                "false"))) {
            awaitCounts(lines);
            // What is read by the last commit is deleted after the first one that comes later.
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () ->
                                    assertThat(cluster.startOffsets(repartition))
                                            .isEqualTo(cluster.endOffsets(repartition)));
            assertThat(cluster.endOffsets(repartition).values()).anyMatch(end -> end > 100);

            List<String> all = new ArrayList<>(lines);
            List<String> more = Counting.lines(1000, 51);
            all.addAll(more);
            cluster.write(more);
            awaitCounts(all);
            assertThat(streams.state().isRunningOrRebalancing()).isTrue();
        }
    }

    @Test
    void keeps_repartition_topics_until_the_purge_interval_has_passed() throws Exception {
        List<String> lines = Counting.lines(100, 52);
        cluster.write(lines);

        try (KafkaStreams streams = start(properties())) {
            awaitCounts(lines);
            assertThat(streams.state().isRunningOrRebalancing()).isTrue();
        }

        assertThat(cluster.startOffsets(cluster.applicationId + "-counts-repartition").values())
                .containsOnly(0L);
    }

    @Test
    void without_a_cache_emits_every_update_in_order() throws Exception {
        List<String> lines = Counting.lines(300, 2);
        cluster.write(lines);

        try (KafkaStreams streams =
                start(
                        properties(
                                StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG,
                                "0",
                                StreamsConfig.DEFAULT_DSL_STORE_CONFIG,
                                StreamsConfig.IN_MEMORY))) {
            awaitCounts(lines);
            assertThat(streams.state().isRunningOrRebalancing()).isTrue();
        }

        Map<String, Long> last = new HashMap<>();
        for (ConsumerRecord<String, Long> update : cluster.readOutput()) {
            assertThat(update.value()).isEqualTo(last.getOrDefault(update.key(), 0L) + 1);
            last.put(update.key(), update.value());
        }
    }

    @Test
    void with_a_cache_combines_updates_of_a_key() throws Exception {
        List<String> lines = Counting.lines(2000, 3);
        cluster.write(lines);

        try (KafkaStreams streams = start(properties())) {
            awaitCounts(lines);
            assertThat(streams.state().isRunningOrRebalancing()).isTrue();
        }

        long words = Counting.reference(lines).values().stream().mapToLong(Long::longValue).sum();
        assertThat(cluster.readOutput().size()).isLessThan((int) words / 2);
    }

    @Test
    void goes_on_after_a_restart_with_stores_on_disk_in_memory_and_lost() throws Exception {
        List<String> all = new ArrayList<>();
        String[][] runs = {
            {StreamsConfig.ROCKS_DB, ""},
            {StreamsConfig.ROCKS_DB, ""},
            {StreamsConfig.IN_MEMORY, ""},
            {StreamsConfig.ROCKS_DB, "clean"}
        };
        for (int run = 0; run < runs.length; run++) {
            List<String> lines = Counting.lines(200, 10 + run);
            cluster.write(lines);
            all.addAll(lines);
            KafkaStreams streams =
                    new KafkaStreams(
                            Counting.topology(cluster.input, cluster.output),
                            properties(StreamsConfig.DEFAULT_DSL_STORE_CONFIG, runs[run][0]));
            if (runs[run][1].equals("clean")) {
                streams.cleanUp();
            }
            streams.start();

            awaitCounts(all);
            streams.close();
            assertThat(streams.state()).isEqualTo(KafkaStreams.State.NOT_RUNNING);
        }
    }

    @Test
    void hands_tasks_over_to_another_instance_and_back() throws Exception {
        List<String> all = new ArrayList<>(Counting.lines(500, 20));
        cluster.write(all);
        Properties other = properties();
        other.setProperty(StreamsConfig.STATE_DIR_CONFIG, directory.resolve("other").toString());

        try (KafkaStreams first = start(properties())) {
            awaitCounts(all);
            try (KafkaStreams second = start(other)) {
                await().atMost(PATIENCE).until(() -> second.state() == KafkaStreams.State.RUNNING);
                List<String> more = Counting.lines(500, 21);
                all.addAll(more);
                cluster.write(more);
                awaitCounts(all);
            }
            List<String> more = Counting.lines(500, 22);
            all.addAll(more);
            cluster.write(more);
            awaitCounts(all);
            assertThat(first.state().isRunningOrRebalancing()).isTrue();
        }
    }

    @Test
    void a_thread_added_later_takes_over_tasks_with_their_state_on_disk() throws Exception {
        List<String> all = new ArrayList<>(Counting.lines(1000, 40));
        cluster.write(all);
        try (KafkaStreams streams = start(properties())) {
            awaitCounts(all);
            for (int i = 0; i < 2; i++) {
                List<String> more = Counting.lines(1000, 41 + i);
                all.addAll(more);
                cluster.write(more);
                assertThat(streams.addStreamThread()).isPresent();
                awaitCounts(all);
                await().atMost(PATIENCE).until(() -> streams.state() == KafkaStreams.State.RUNNING);
            }
        }
    }

    @Test
    void a_failing_function_reaches_the_handler_and_stops_the_instance() throws Exception {
        cluster.write(List.of("poison"));
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(cluster.input, Consumed.with(Serdes.String(), Serdes.String()))
                .foreach(
                        (key, value) -> {
                            throw new IllegalStateException("cannot take " + value);
                        });
        CompletableFuture<Throwable> seen = new CompletableFuture<>();
        KafkaStreams streams = new KafkaStreams(builder.build(), properties());
        streams.setUncaughtExceptionHandler(
                exception -> {
                    seen.complete(exception);
                    return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
                });

        streams.start();

        assertThat(seen.get(PATIENCE.toSeconds(), java.util.concurrent.TimeUnit.SECONDS))
                .isInstanceOf(StreamsException.class)
                .hasMessageContaining("offset=0")
                .hasMessageContaining("cannot take poison");
        await().atMost(PATIENCE).until(() -> streams.state() == KafkaStreams.State.ERROR);
        assertThat(streams.close(Duration.ofSeconds(1))).isTrue();
    }

    @Test
    void a_replaced_thread_takes_over_at_the_last_commit() throws Exception {
        cluster.write(List.of("flaky", "after"));
        AtomicInteger calls = new AtomicInteger();
        List<String> taken = java.util.Collections.synchronizedList(new ArrayList<>());
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(cluster.input, Consumed.with(Serdes.String(), Serdes.String()))
                .foreach(
                        (key, value) -> {
                            if (value.equals("flaky") && calls.incrementAndGet() == 1) {
                                throw new IllegalStateException("the first time");
                            }
                            taken.add(value);
                        });
        try (KafkaStreams streams = new KafkaStreams(builder.build(), properties())) {
            streams.setUncaughtExceptionHandler(
                    exception -> StreamThreadExceptionResponse.REPLACE_THREAD);

            streams.start();

            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(taken).contains("flaky", "after"));
            await().atMost(PATIENCE).until(() -> streams.state() == KafkaStreams.State.RUNNING);
        }
    }

    @Test
    void a_state_directory_serves_one_instance() throws Exception {
        try (KafkaStreams first = start(properties());
                KafkaStreams second =
                        new KafkaStreams(
                                Counting.topology(cluster.input, cluster.output), properties())) {
            assertThatThrownBy(second::start)
                    .isInstanceOf(StreamsException.class)
                    .hasMessageContaining("state.dir");
            assertThat(first.state().isRunningOrRebalancing()).isTrue();
        }
    }

    @Test
    void a_missing_source_topic_is_named() throws Exception {
        CompletableFuture<Throwable> seen = new CompletableFuture<>();
        KafkaStreams streams =
                new KafkaStreams(
                        Counting.topology(cluster.input + "-absent", cluster.output), properties());
        streams.setUncaughtExceptionHandler(
                exception -> {
                    seen.complete(exception);
                    return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
                });
        streams.start();

        assertThat(seen.get(PATIENCE.toSeconds(), java.util.concurrent.TimeUnit.SECONDS))
                .isInstanceOf(MissingSourceTopicException.class)
                .hasMessageContaining(cluster.input + "-absent");
        streams.close();
    }
}
