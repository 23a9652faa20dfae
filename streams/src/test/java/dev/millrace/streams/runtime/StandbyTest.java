package dev.millrace.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.streams.KafkaStreams;
import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.processor.StandbyUpdateListener;
import dev.millrace.streams.processor.TaskId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Copies of state in other instances, kept for good or until a task moves there. */
class StandbyTest {
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

    private Properties properties(String state, String... settings) {
        Properties properties =
                Counting.properties(
                        cluster.bootstrapServers,
                        cluster.applicationId,
                        directory.resolve(state).toString());
        properties.setProperty(
                StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        properties.setProperty(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, "0");
        for (int i = 0; i < settings.length; i += 2) {
            properties.setProperty(settings[i], settings[i + 1]);
        }
        return properties;
    }

    private KafkaStreams create(Properties properties) {
        return new KafkaStreams(Counting.topology(cluster.input, cluster.output), properties);
    }

    private void awaitCounts(List<String> lines) {
        await().atMost(PATIENCE)
                .untilAsserted(
                        () ->
                                assertThat(cluster.lastCounts())
                                        .isEqualTo(Counting.reference(lines)));
    }

    /** What standby tasks of an instance read. */
    private static final class Followed implements StandbyUpdateListener {
        final AtomicLong records = new AtomicLong();
        final List<SuspendReason> ends = Collections.synchronizedList(new ArrayList<>());

        @Override
        public void onUpdateStart(TopicPartition changelog, String store, long start) {}

        @Override
        public void onBatchLoaded(
                TopicPartition changelog,
                String store,
                TaskId task,
                long last,
                long count,
                long end) {
            records.addAndGet(count);
        }

        @Override
        public void onUpdateSuspended(
                TopicPartition changelog,
                String store,
                long offset,
                long end,
                SuspendReason reason) {
            ends.add(reason);
        }
    }

    @Test
    void a_standby_takes_over_without_reading_the_changelog_again() throws Exception {
        for (String kind : List.of(StreamsConfig.IN_MEMORY, StreamsConfig.ROCKS_DB)) {
            takesOver(kind);
        }
    }

    private void takesOver(String kind) throws Exception {
        String[] settings = {
            StreamsConfig.NUM_STANDBY_REPLICAS_CONFIG,
            "1",
            StreamsConfig.DEFAULT_DSL_STORE_CONFIG,
            kind
        };
        Followed followed = new Followed();
        List<Long> restored = Collections.synchronizedList(new ArrayList<>());
        KafkaStreams first = create(properties(kind + "-first", settings));
        KafkaStreams second = create(properties(kind + "-second", settings));
        second.setStandbyUpdateListener(followed);
        second.setGlobalStateRestoreListener(new RestoredCounts(restored));
        try (first;
                second) {
            first.start();
            second.start();
            await().atMost(PATIENCE)
                    .until(
                            () ->
                                    first.state() == KafkaStreams.State.RUNNING
                                            && second.state() == KafkaStreams.State.RUNNING);
            String changelog = cluster.applicationId + "-counts-changelog";
            List<String> lines = Counting.lines(2000, 1);
            cluster.write(lines);
            long before = followed.records.get();
            await().atMost(PATIENCE).until(() -> followed.records.get() > before);
            await().atMost(PATIENCE)
                    .until(
                            () ->
                                    cluster.allIsCommitted(
                                            cluster.input,
                                            cluster.applicationId + "-counts-repartition"));
            awaitQuiet(followed.records);

            restored.clear();
            first.close();
            cluster.write(lines);
            await().atMost(PATIENCE)
                    .until(
                            () ->
                                    cluster.allIsCommitted(
                                            cluster.input,
                                            cluster.applicationId + "-counts-repartition"));

            assertThat(followed.ends).contains(StandbyUpdateListener.SuspendReason.PROMOTED);
            long written =
                    cluster.endOffsets(changelog).values().stream()
                            .mapToLong(Long::longValue)
                            .sum();
            assertThat(restored.stream().mapToLong(Long::longValue).sum())
                    .as("of %d records in the changelog", written)
                    .isLessThan(written / 10);
        }
    }

    private static void awaitQuiet(AtomicLong counter) {
        long[] last = {-1};
        await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(400))
                .until(
                        () -> {
                            long before = last[0];
                            last[0] = counter.get();
                            return before == last[0];
                        });
    }

    @Test
    void a_new_instance_warms_up_before_it_takes_over_tasks_with_much_state() throws Exception {
        String[] settings = {StreamsConfig.ACCEPTABLE_RECOVERY_LAG_CONFIG, "100"};
        List<String> all = new ArrayList<>(Counting.lines(3000, 2));
        cluster.write(all);
        Followed followed = new Followed();
        List<Long> restored = Collections.synchronizedList(new ArrayList<>());
        KafkaStreams second = create(properties("second", settings));
        second.setStandbyUpdateListener(followed);
        second.setGlobalStateRestoreListener(new RestoredCounts(restored));
        try (KafkaStreams first = create(properties("first", settings));
                second) {
            first.start();
            awaitCounts(all);

            second.start();

            await().atMost(PATIENCE)
                    .untilAsserted(
                            () ->
                                    assertThat(followed.ends)
                                            .contains(
                                                    StandbyUpdateListener.SuspendReason.PROMOTED));
            assertThat(followed.records).hasValueGreaterThan(100); // more than is acceptable
            List<String> more = Counting.lines(500, 3);
            cluster.write(more);
            all.addAll(more);
            awaitCounts(all);
            assertThat(restored.stream().mapToLong(Long::longValue).sum()).isLessThan(500);
        }
        cluster.assertEveryUpdateOnce(Counting.reference(all));
    }
}
