package dev.millrace.cluster;

import static dev.millrace.cluster.TestNodes.alone;
import static dev.millrace.cluster.TestNodes.await;
import static dev.millrace.cluster.TestNodes.createTopic;
import static dev.millrace.cluster.TestNodes.start;
import static dev.millrace.cluster.TestNodes.startAndRegister;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.BrokerNotAvailableException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterTest {
    @TempDir Path directory;

    @Test
    void a_first_start_formats_and_leads() {
        try (Cluster cluster = start(alone(directory))) {
            assertThat(cluster.image().clusterId()).hasSize(22);
            assertThat(cluster.image().controllerId()).isEqualTo(1);
            assertThat(cluster.image().topics()).isEmpty();
        }
    }

    @Test
    void a_restart_shows_everything_that_was_changed() {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, "orders");
        MetadataImage before;
        try (Cluster cluster = startAndRegister(directory)) {
            createTopic(cluster, "gone");
            createTopic(cluster, "orders");
            await(cluster.createPartitions("orders", 4, List.of()));
            await(cluster.alterConfigs(resource, Map.of("retention.ms", Optional.of("5"))));
            Uuid gone = cluster.image().topic("gone").orElseThrow().id();
            await(cluster.deleteTopic(gone));
            before = cluster.image();
        }
        try (Cluster cluster = start(alone(directory))) {
            assertThat(cluster.image()).isEqualTo(before);
            assertThat(cluster.image().topic("orders").orElseThrow().partitions()).hasSize(4);
            assertThat(cluster.image().config(resource)).containsEntry("retention.ms", "5");
        }
    }

    @Test
    void the_image_shows_a_change_as_soon_as_its_stage_completes() {
        try (Cluster cluster = startAndRegister(directory)) {
            MetadataImage.Topic topic = createTopic(cluster, "a");

            assertThat(cluster.image().topic("a")).contains(topic);
            assertThat(cluster.image().topic(topic.id())).contains(topic);
        }
    }

    @Test
    void listeners_see_a_change_before_its_stage_completes_and_never_go_back() {
        try (Cluster cluster = startAndRegister(directory)) {
            List<MetadataImage> seen = new CopyOnWriteArrayList<>();
            cluster.onChange(seen::add);

            for (int i = 0; i < 20; i++) {
                String name = "t" + i;
                createTopic(cluster, name);
                assertThat(seen.get(seen.size() - 1).topic(name)).isPresent();
            }

            assertThat(seen).extracting(MetadataImage::version).isSorted();
        }
    }

    @Test
    void a_listener_that_throws_does_not_silence_the_others() {
        try (Cluster cluster = startAndRegister(directory)) {
            List<Long> seen = new CopyOnWriteArrayList<>();
            cluster.onChange(
                    image -> {
                        throw new IllegalStateException("on purpose");
                    });
            cluster.onChange(image -> seen.add(image.version()));

            createTopic(cluster, "a");

            assertThat(seen).contains(cluster.image().version());
        }
    }

    @Test
    void refusals_are_the_public_exceptions_of_kafka_clients() {
        try (Cluster cluster = startAndRegister(directory)) {
            createTopic(cluster, "a");

            assertThatThrownBy(() -> createTopic(cluster, "a"))
                    .isInstanceOf(TopicExistsException.class)
                    .hasMessageContaining("'a' already exists");
            assertThatThrownBy(() -> createTopic(cluster, "a/b"))
                    .isInstanceOf(InvalidTopicException.class);
            assertThatThrownBy(() -> await(cluster.createTopic("b", 0, 1, Map.of(), Map.of())))
                    .isInstanceOf(InvalidPartitionsException.class);
            assertThatThrownBy(() -> await(cluster.createTopic("b", 1, 2, Map.of(), Map.of())))
                    .isInstanceOf(InvalidReplicationFactorException.class);
            assertThatThrownBy(() -> await(cluster.deleteTopic(Uuid.randomUuid())))
                    .isInstanceOf(UnknownTopicIdException.class);
            assertThatThrownBy(() -> await(cluster.createPartitions("no", 3, List.of())))
                    .isInstanceOf(UnknownTopicOrPartitionException.class);
        }
    }

    @Test
    void a_stage_fails_with_the_exception_itself_not_wrapped() {
        try (Cluster cluster = startAndRegister(directory)) {
            createTopic(cluster, "a");
            CompletableFuture<Throwable> seen = new CompletableFuture<>();

            cluster.createTopic("a", 1, 1, Map.of(), Map.of())
                    .whenComplete((topic, error) -> seen.complete(Objects.requireNonNull(error)));

            assertThat(await(seen)).isInstanceOf(TopicExistsException.class);
        }
    }

    @Test
    void many_changes_at_once_are_all_made() {
        try (Cluster cluster = startAndRegister(directory)) {
            List<CompletableFuture<MetadataImage.Topic>> created = new ArrayList<>();
            for (int i = 0; i < 2_000; i++) {
                created.add(
                        cluster.createTopic("t" + i, 1, 1, Map.of(), Map.of())
                                .toCompletableFuture());
            }

            created.forEach(TestNodes::await);

            assertThat(cluster.image().topics()).hasSize(2_000);
            assertThat(cluster.image().topicsById()).hasSize(2_000);
        }
    }

    @Test
    void of_many_that_create_the_same_topic_one_wins() {
        try (Cluster cluster = startAndRegister(directory)) {
            List<CompletableFuture<Uuid>> results =
                    Stream.generate(
                                    () ->
                                            cluster.createTopic("same", 1, 1, Map.of(), Map.of())
                                                    .thenApply(MetadataImage.Topic::id)
                                                    .exceptionally(refused -> Uuid.ZERO_UUID)
                                                    .toCompletableFuture())
                            .limit(50)
                            .toList();

            List<Uuid> won =
                    results.stream()
                            .map(TestNodes::await)
                            .filter(id -> !Uuid.ZERO_UUID.equals(id))
                            .toList();

            assertThat(won).containsExactly(cluster.image().topic("same").orElseThrow().id());
        }
    }

    @Test
    void producer_ids_never_repeat_over_restarts() {
        List<Long> firsts = new ArrayList<>();
        for (int restart = 0; restart < 3; restart++) {
            try (Cluster cluster = start(alone(directory))) {
                firsts.add(await(cluster.allocateProducerIds(1_000)));
                firsts.add(await(cluster.allocateProducerIds(1_000)));
            }
        }

        assertThat(firsts).containsExactly(0L, 1_000L, 2_000L, 3_000L, 4_000L, 5_000L);
    }

    @Test
    void a_broker_epoch_is_the_journal_index_and_grows_with_every_registration() {
        try (Cluster cluster = startAndRegister(directory)) {
            long first = brokerEpoch(cluster);
            assertThat(first).isEqualTo(cluster.image().version());

            createTopic(cluster, "a");
            await(cluster.registerBroker(new BrokerStart("127.0.0.1", 9093, "r1")));

            assertThat(brokerEpoch(cluster))
                    .isGreaterThan(first)
                    .isEqualTo(cluster.image().version());
        }
    }

    private static long brokerEpoch(Cluster cluster) {
        return Objects.requireNonNull(cluster.image().brokers().get(1)).brokerEpoch();
    }

    @Test
    void a_directory_in_use_is_refused_in_one_line() {
        try (Cluster cluster = start(alone(directory))) {
            assertThat(cluster.nodeId()).isEqualTo(1);
            assertThatThrownBy(() -> start(alone(directory)))
                    .isInstanceOf(ClusterStartException.class)
                    .hasMessageContaining(directory.toString())
                    .hasMessageContaining("in use")
                    .hasMessageNotContaining("\n");
        }
    }

    @Test
    void a_directory_of_another_node_is_refused() {
        start(alone(directory)).close();

        assertThatThrownBy(() -> start(ClusterConfig.alone(2, directory)))
                .isInstanceOf(ClusterStartException.class)
                .hasMessageContaining("node.id=1")
                .hasMessageContaining("node.id=2");
    }

    @Test
    void a_directory_with_other_files_is_refused_and_left_alone() throws IOException {
        Files.writeString(directory.resolve("holiday.jpg"), "x");

        assertThatThrownBy(() -> start(alone(directory)))
                .isInstanceOf(ClusterStartException.class)
                .hasMessageContaining("holiday.jpg");

        assertThat(directory.resolve("journal.properties")).doesNotExist();
    }

    @Test
    void a_damaged_journal_is_refused_in_one_line() throws IOException {
        try (Cluster cluster = startAndRegister(directory)) {
            for (int i = 0; i < 50; i++) {
                createTopic(cluster, "topic-" + i);
            }
        }
        Path segment = segments(directory).get(0);
        byte[] bytes = Files.readAllBytes(segment);
        bytes[bytes.length / 2] ^= 0x10;
        Files.write(segment, bytes);

        assertThatThrownBy(() -> start(alone(directory)))
                .isInstanceOf(ClusterStartException.class)
                .hasMessageContaining("does not open")
                .hasMessageNotContaining("\n");
    }

    private static List<Path> segments(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(file -> file.getFileName().toString().startsWith("log_")).toList();
        }
    }

    @Test
    void a_port_in_use_is_refused_in_one_line() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            ClusterConfig config =
                    new ClusterConfig(
                            1,
                            directory,
                            new PeerAddress("127.0.0.1", taken.getLocalPort() - 1),
                            List.of(),
                            List.of(),
                            "",
                            ClusterRules.DEFAULT);

            assertThatThrownBy(() -> start(config))
                    .isInstanceOf(ClusterStartException.class)
                    .hasMessageContaining(Integer.toString(taken.getLocalPort()))
                    .hasMessageNotContaining("\n");
        }
    }

    @Test
    void what_waits_when_the_node_closes_is_refused_not_forgotten() {
        Cluster cluster = startAndRegister(directory);
        cluster.close();

        assertThatThrownBy(() -> createTopic(cluster, "late"))
                .isInstanceOf(BrokerNotAvailableException.class);
    }

    @Test
    void closing_leaves_no_thread_behind() {
        // A node id of its own, since other tests' threads may still be ending.
        Cluster cluster = start(ClusterConfig.alone(17, directory));
        await(cluster.hazelcast());
        assertThat(threadsOf(cluster)).isNotEmpty();

        cluster.close();
        cluster.close();

        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(threadsOf(cluster)).isEmpty());
    }

    private static List<Thread> threadsOf(Cluster cluster) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(
                        thread ->
                                thread.getName().contains("millrace-" + cluster.nodeId() + "-")
                                        || thread.getName().contains("node-" + cluster.nodeId()))
                .toList();
    }
}
