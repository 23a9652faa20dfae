package dev.millrace.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.streams.KafkaStreams;
import dev.millrace.streams.tools.ApplicationReset;
import dev.millrace.streams.tools.ApplicationReset.Plan;
import dev.millrace.streams.tools.ApplicationReset.Target;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.tools.StreamsResetter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Applications taken back to the beginning: by our tool, and by Kafka's own. */
class ApplicationResetTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir Path directory;

    @SuppressWarnings("NullAway.Init") // by startBroker
    private Cluster cluster;

    @SuppressWarnings("NullAway.Init") // by startBroker
    private Admin admin;

    private final List<String> said = new ArrayList<>();
    private final List<String> lines = new ArrayList<>(Counting.lines(200, 9));

    @BeforeEach
    void startBroker() throws Exception {
        cluster = new Cluster(2);
        admin = Admin.create(Map.of("bootstrap.servers", cluster.bootstrapServers));
        cluster.write(lines);
    }

    @AfterEach
    void stopBroker() throws Exception {
        admin.close();
        cluster.close();
    }

    private KafkaStreams create() {
        Properties properties =
                Counting.properties(
                        cluster.bootstrapServers, cluster.applicationId, directory.toString());
        return new KafkaStreams(Counting.topology(cluster.input, cluster.output), properties);
    }

    /** Until everything is counted and committed. */
    private void run() {
        try (KafkaStreams streams = create()) {
            streams.cleanUp();
            streams.start();
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () ->
                                    assertThat(cluster.lastCounts())
                                            .isEqualTo(Counting.reference(lines)));
            await().atMost(PATIENCE).until(() -> cluster.allIsCommitted(cluster.input));
        }
    }

    private boolean reset(Target target, boolean dryRun, boolean force) {
        said.clear();
        return new ApplicationReset(admin, said::add)
                .run(
                        new Plan(
                                cluster.applicationId,
                                List.of(cluster.input),
                                target,
                                List.of(),
                                dryRun,
                                force));
    }

    private Map<Integer, Long> committed() throws Exception {
        Map<Integer, Long> offsets = new HashMap<>();
        admin.listConsumerGroupOffsets(cluster.applicationId)
                .partitionsToOffsetAndMetadata()
                .get()
                .forEach(
                        (partition, offset) -> {
                            if (partition.topic().equals(cluster.input)) {
                                offsets.put(partition.partition(), offset.offset());
                            }
                        });
        return offsets;
    }

    private Set<String> topics() throws Exception {
        return admin.listTopics().names().get();
    }

    @Test
    void a_reset_application_counts_all_from_the_beginning() throws Exception {
        run();
        Map<Integer, Long> ends = committed();
        assertThat(ends.values()).allMatch(offset -> offset > 0);
        String changelog = cluster.applicationId + "-counts-changelog";

        assertThat(reset(new Target.Earliest(), true, false)).isTrue();
        assertThat(committed()).as("a dry run only says it").isEqualTo(ends);
        assertThat(topics()).contains(changelog);
        assertThat(said).contains("Topic: " + cluster.input + " Partition: 1 Offset: 0");

        assertThat(reset(new Target.Earliest(), false, false)).isTrue();
        assertThat(committed()).isEqualTo(Map.of(0, 0L, 1, 0L));
        assertThat(topics()).contains(cluster.input).doesNotContain(changelog);
        int before = cluster.readOutput().size();
        run();
        assertThat(cluster.readOutput().size()).isGreaterThan(before);
    }

    @Test
    void every_target_is_the_offset_that_kafka_s_tool_chooses() throws Exception {
        run();
        Map<String, Target> targets =
                Map.of(
                        "--to-latest", new Target.Latest(),
                        "--to-offset 7", new Target.Offset(7),
                        "--to-offset 1000000", new Target.Offset(1_000_000),
                        "--shift-by -3", new Target.Shift(-3),
                        "--to-datetime 2020-01-01T00:00:00.000",
                                new Target.Time(1_577_836_800_000L),
                        "--to-datetime 2090-01-01T00:00:00.000",
                                new Target.Time(3_786_912_000_000L));
        for (Map.Entry<String, Target> each : targets.entrySet()) {
            reset(new Target.Latest(), false, false);
            assertThat(stockTool(each.getKey())).as(each.getKey()).isZero();
            Map<Integer, Long> theirs = committed();

            reset(new Target.Latest(), false, false);
            reset(each.getValue(), false, false);

            assertThat(committed()).as(each.getKey()).isEqualTo(theirs);
        }
        // Records without keys may all have gone to one of the partitions.
        TopicPartition filled =
                Collections.max(
                                cluster.endOffsets(cluster.input).entrySet(),
                                Map.Entry.comparingByValue())
                        .getKey();
        reset(new Target.Offsets(Map.of(filled, 5L)), false, false);
        assertThat(committed()).containsEntry(filled.partition(), 5L);
    }

    private int stockTool(String target) {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "--bootstrap-server",
                                cluster.bootstrapServers,
                                "--application-id",
                                cluster.applicationId,
                                "--input-topics",
                                cluster.input));
        arguments.addAll(List.of(target.split(" ")));
        return new StreamsResetter().execute(arguments.toArray(String[]::new));
    }

    @Test
    void kafka_s_own_tool_resets_our_applications() throws Exception {
        run();
        assertThat(stockTool("--to-earliest")).isZero();

        assertThat(committed()).isEqualTo(Map.of(0, 0L, 1, 0L));
        assertThat(topics())
                .contains(cluster.input, cluster.output)
                .noneMatch(topic -> topic.endsWith("-changelog") || topic.endsWith("-repartition"));
        run();
    }

    @Test
    void an_application_that_runs_is_left_alone_unless_forced() throws Exception {
        try (KafkaStreams streams = create()) {
            streams.start();
            await().atMost(PATIENCE).until(() -> streams.state() == KafkaStreams.State.RUNNING);
            assertThatThrownBy(() -> reset(new Target.Earliest(), false, false))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("still active");
            assertThat(reset(new Target.Earliest(), true, true)).isTrue();
            assertThat(said).anyMatch(line -> line.startsWith("Force deleting all active members"));
            // Members that were removed join again.
            await().atMost(PATIENCE).until(() -> streams.state() == KafkaStreams.State.RUNNING);
        }
    }

    @Test
    void what_is_not_there_is_said_and_what_is_not_internal_is_not_deleted() {
        said.clear();
        ApplicationReset tool = new ApplicationReset(admin, said::add);
        Plan plan =
                new Plan(
                        "never-ran",
                        List.of("nowhere"),
                        new Target.Earliest(),
                        List.of(),
                        false,
                        false);

        assertThat(tool.run(plan)).isFalse();
        assertThat(said)
                .contains("Following input topics are not found, skipping them", "Topic: nowhere");
        assertThatThrownBy(
                        () ->
                                tool.run(
                                        new Plan(
                                                cluster.applicationId,
                                                List.of(),
                                                new Target.Earliest(),
                                                List.of(cluster.input),
                                                false,
                                                false)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("--internal-topics");
    }
}
