package dev.millrace.cluster;

import static dev.millrace.cluster.TestNodes.await;
import static dev.millrace.cluster.TestNodes.freePeer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Nodes come and go while the journal's members are what it itself says. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class GrowingClusterTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    @TempDir Path directory;
    private final Map<Integer, PeerAddress> addresses = new HashMap<>();
    private final Map<Integer, Cluster> running = new HashMap<>();

    @AfterEach
    void closeAll() {
        running.values().parallelStream().forEach(Cluster::close);
    }

    private PeerAddress address(int nodeId) {
        return addresses.computeIfAbsent(nodeId, id -> freePeer());
    }

    private ClusterConfig config(int nodeId, List<PeerAddress> peers, List<PeerAddress> voters) {
        return new ClusterConfig(
                nodeId,
                directory.resolve("node-" + nodeId),
                address(nodeId),
                peers,
                voters,
                "",
                ClusterRules.DEFAULT,
                3);
    }

    /** Of one that others can join. */
    private ClusterConfig first(int nodeId) {
        return config(nodeId, List.of(address(nodeId)), List.of(address(nodeId)));
    }

    private ClusterConfig joining(int nodeId, int... others) {
        List<PeerAddress> peers = Arrays.stream(others).mapToObj(this::address).toList();
        return config(nodeId, peers, List.of(peers.get(0)));
    }

    private Cluster start(ClusterConfig config) {
        Cluster started = await(Cluster.start(config));
        running.put(config.nodeId(), started);
        BrokerSession session =
                await(
                        started.registerBroker(
                                new BrokerStart("127.0.0.1", 9091 + config.nodeId(), "")));
        session.caughtUp(started.image().version());
        await(session.unfenced());
        return started;
    }

    private void stop(int nodeId) {
        Objects.requireNonNull(running.remove(nodeId)).close();
    }

    private Cluster node(int nodeId) {
        return Objects.requireNonNull(running.get(nodeId));
    }

    private void awaitVoters(int asked, int... nodeIds) {
        Integer[] expected = Arrays.stream(nodeIds).boxed().toArray(Integer[]::new);
        Awaitility.await()
                .atMost(SOON)
                .ignoreExceptions()
                .untilAsserted(
                        () ->
                                assertThat(await(node(asked).quorum()).voters())
                                        .extracting(QuorumState.Voter::nodeId)
                                        .containsExactlyInAnyOrder(expected));
    }

    @Test
    void a_node_that_was_alone_becomes_three_and_keeps_all() {
        Cluster alone = await(Cluster.start(ClusterConfig.alone(1, directory.resolve("node-1"))));
        await(alone.registerBroker(new BrokerStart("127.0.0.1", 9092, "")));
        MetadataImage.Topic topic = TestNodes.createTopic(alone, "kept");
        String clusterId = alone.image().clusterId();
        alone.close();

        start(first(1));
        start(joining(2, 1));
        assertThat(await(node(2).quorum()).voters()).hasSize(1);
        assertThat(node(2).image().controllerId()).isEqualTo(1);
        start(joining(3, 1));
        awaitVoters(3, 1, 2, 3);

        for (Cluster each : running.values()) {
            assertThat(each.image().clusterId()).isEqualTo(clusterId);
            assertThat(each.image().topic("kept"))
                    .map(MetadataImage.Topic::id)
                    .contains(topic.id());
        }
        stop(1);
        Awaitility.await()
                .atMost(SOON)
                .ignoreExceptions()
                .untilAsserted(
                        () -> assertThat(ThreeNodes.create(node(2), "after", 2)).isNotNull());
        stop(2);
        stop(3);

        // In any order, and nobody has to be told of the others again.
        CompletionStage<Cluster> third = Cluster.start(joining(3, 1));
        CompletionStage<Cluster> second = Cluster.start(joining(2, 1));
        running.put(3, await(third));
        running.put(2, await(second));
        Awaitility.await()
                .atMost(SOON)
                .untilAsserted(
                        () ->
                                assertThat(node(3).image().topics())
                                        .containsOnlyKeys("kept", "after"));
    }

    @Test
    void a_fourth_node_gets_all_that_was_written_and_votes_in_place_of_one_that_is_removed() {
        start(first(1));
        start(joining(2, 1));
        start(joining(3, 1));
        awaitVoters(1, 1, 2, 3);
        ConfigResource group = new ConfigResource(ConfigResource.Type.GROUP, "g");
        await(node(1).alterConfigs(group, Map.of("k", Optional.of("v"))));

        start(joining(4, 2, 3));
        assertThat(node(4).image().config(group)).containsEntry("k", "v");
        assertThat(await(node(4).quorum()).observers())
                .extracting(QuorumState.Voter::nodeId)
                .containsExactly(4);

        assertThatThrownBy(() -> await(node(1).unregisterBroker(2)))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("running");
        stop(2);
        Awaitility.await()
                .atMost(SOON)
                .until(() -> Objects.requireNonNull(node(4).image().brokers().get(2)).fenced());
        await(node(4).unregisterBroker(2));
        awaitVoters(4, 1, 3, 4);
        assertThat(node(4).image().brokers()).containsOnlyKeys(1, 3, 4);

        assertThatThrownBy(() -> await(Cluster.start(joining(2, 1, 3))))
                .isInstanceOf(ClusterStartException.class)
                .hasMessageContaining("removed from cluster")
                .hasMessageContaining("empty directory");
    }

    @Test
    void a_node_of_another_cluster_is_refused_and_so_is_a_second_of_the_same_id() {
        start(first(1));
        String ours = node(1).image().clusterId();
        ClusterConfig foreign = first(7);
        Cluster other = await(Cluster.start(foreign));
        String theirs = other.image().clusterId();
        other.close();

        assertThatThrownBy(() -> await(Cluster.start(joining(7, 1))))
                .isInstanceOf(ClusterStartException.class)
                .hasMessageContaining(ours)
                .hasMessageContaining(theirs)
                .hasMessageContaining(address(1).toString());

        ClusterConfig sameId =
                new ClusterConfig(
                        1,
                        directory.resolve("node-1-again"),
                        freePeer(),
                        List.of(address(1)),
                        List.of(address(1)),
                        "",
                        ClusterRules.DEFAULT);
        assertThatThrownBy(() -> await(Cluster.start(sameId)))
                .isInstanceOf(ClusterStartException.class)
                .hasMessageContaining("node.id 1 belongs to the node at " + address(1));
        assertThat(await(node(1).quorum()).observers()).isEmpty();
        assertThat(TestNodes.createTopic(node(1), "still-serving")).isNotNull();
    }

    @Test
    void a_node_that_joins_waits_until_there_is_a_cluster() {
        CompletionStage<Cluster> early = Cluster.start(joining(2, 1));
        Awaitility.await()
                .during(Duration.ofMillis(700))
                .atMost(SOON)
                .until(() -> !early.toCompletableFuture().isDone());

        start(first(1));

        running.put(2, await(early));
        assertThat(node(2).image().clusterId()).isEqualTo(node(1).image().clusterId());
    }
}
