package dev.millrace.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.streams.KafkaStreams;
import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.processor.TaskId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Instances come and go under load, with exactly-once. Four tasks read the input, four count: the
 * latter have state.
 */
class RescalingTest {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final int PARTITIONS = 4;
    private static final int TASKS = 2 * PARTITIONS;

    @TempDir Path directory;

    @SuppressWarnings("NullAway.Init") // by startBroker
    private Cluster cluster;

    @BeforeEach
    void startBroker() throws Exception {
        cluster = new Cluster(PARTITIONS);
    }

    @AfterEach
    void stopBroker() throws Exception {
        cluster.close();
    }

    private KafkaStreams start(String state) {
        Properties properties =
                Counting.properties(
                        cluster.bootstrapServers,
                        cluster.applicationId,
                        directory.resolve(state).toString());
        properties.setProperty(
                StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        properties.setProperty(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, "100");
        properties.setProperty(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, "0");
        // Nobody leaves for being slow.
        properties.setProperty("session.timeout.ms", "60000");
        properties.setProperty("transaction.timeout.ms", "60000");
        KafkaStreams streams =
                new KafkaStreams(Counting.topology(cluster.input, cluster.output), properties);
        streams.start();
        return streams;
    }

    private static Set<TaskId> running(KafkaStreams streams) {
        Set<TaskId> running = new TreeSet<>();
        streams.metadataForLocalThreads()
                .forEach(
                        thread -> thread.activeTasks().forEach(task -> running.add(task.taskId())));
        return running;
    }

    private static Set<TaskId> withState(Set<TaskId> tasks) {
        Set<TaskId> withState = new TreeSet<>(tasks);
        withState.removeIf(task -> task.subtopology() == 0);
        return withState;
    }

    /** Until all tasks run, in instances with so many of them, so many with state. */
    private static void awaitTasks(List<KafkaStreams> instances, Integer... numbers) {
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> {
                            List<Integer> found = new ArrayList<>();
                            instances.forEach(
                                    each -> {
                                        Set<TaskId> running = running(each);
                                        found.add(running.size());
                                        found.add(withState(running).size());
                                    });
                            assertThat(found).containsExactly(numbers);
                        });
    }

    private static int opened(KafkaStreams streams) {
        return streams.metrics().entrySet().stream()
                .filter(each -> each.getKey().name().equals("task-created-total"))
                .mapToInt(each -> ((Double) each.getValue().metricValue()).intValue())
                .sum();
    }

    @Test
    void from_one_to_three_and_back_every_update_comes_out_once_and_nothing_moves_in_vain()
            throws Exception {
        List<String> all;
        try (Writer writer = new Writer(cluster);
                KafkaStreams first = start("first")) {
            awaitTasks(List.of(first), TASKS, PARTITIONS);
            writer.writeMore(5);
            try (KafkaStreams second = start("second")) {
                awaitTasks(List.of(first, second), 4, 2, 4, 2);
                Set<TaskId> ofFirst = running(first);
                Set<TaskId> ofSecond = running(second);
                writer.writeMore(5);
                try (KafkaStreams third = start("third")) {
                    awaitTasks(List.of(first, second, third), 3, 2, 3, 1, 2, 1);
                    assertThat(ofFirst).containsAll(running(first));
                    assertThat(ofSecond).containsAll(running(second));
                    writer.writeMore(5);
                    ofFirst = running(first);
                    ofSecond = running(second);
                    assertThat(opened(third)).isEqualTo(2);
                }
                awaitTasks(List.of(first, second), 4, 2, 4, 2);
                assertThat(running(first)).containsAll(ofFirst);
                assertThat(running(second)).containsAll(ofSecond);
                assertThat(opened(second)).isEqualTo(4 + 1);
                writer.writeMore(5);
            }
            awaitTasks(List.of(first), TASKS, PARTITIONS);
            assertThat(opened(first)).isEqualTo(TASKS + 1 + 4);

            all = writer.finish();
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () ->
                                    assertThat(cluster.lastCounts())
                                            .isEqualTo(Counting.reference(all)));
        }
        cluster.assertEveryUpdateOnce(Counting.reference(all));
    }
}
