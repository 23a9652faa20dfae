package dev.millrace.cluster;

import static dev.millrace.cluster.TestNodes.await;
import static dev.millrace.cluster.TestNodes.freePeer;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;

/** Three voters in this process; those that run are in {@link #nodes}, by node id. */
final class ThreeNodes implements AutoCloseable {
    final Map<Integer, Cluster> nodes = new HashMap<>();
    private final Map<Integer, ClusterRules> rules = new HashMap<>();
    private final Path directory;
    private final List<PeerAddress> peers = List.of(freePeer(), freePeer(), freePeer());

    ThreeNodes(Path directory) {
        this(directory, ClusterRules.DEFAULT);
    }

    /**
     * @param rules of all three until they are started again
     */
    ThreeNodes(Path directory, ClusterRules rules) {
        this.directory = directory;
        IntStream.rangeClosed(1, 3).forEach(id -> this.rules.put(id, rules));
        List<CompletionStage<Cluster>> starting =
                IntStream.rangeClosed(1, 3).mapToObj(id -> Cluster.start(config(id))).toList();
        starting.stream().map(TestNodes::await).forEach(node -> nodes.put(node.nodeId(), node));
        nodes.values().forEach(this::register);
    }

    void stop(int nodeId) {
        Objects.requireNonNull(nodes.remove(nodeId)).close();
    }

    /** In another version, or another configuration. */
    void startAgain(int nodeId, ClusterRules other) {
        rules.put(nodeId, other);
        startAgain(nodeId);
    }

    /** What ends a node that is started in another version; it does not run afterwards. */
    Throwable refusal(int nodeId, ClusterRules other) throws Exception {
        rules.put(nodeId, other);
        CompletableFuture<Throwable> failure = new CompletableFuture<>();
        Cluster.start(config(nodeId))
                .whenComplete(
                        (started, refused) -> {
                            if (refused == null) {
                                started.onFailure(
                                        cause ->
                                                new Thread(
                                                                () -> {
                                                                    started.close();
                                                                    failure.complete(cause);
                                                                })
                                                        .start());
                            } else {
                                failure.complete(refused);
                            }
                        });
        return failure.get(60, TimeUnit.SECONDS);
    }

    void startAgain(int nodeId) {
        Cluster started = await(Cluster.start(config(nodeId)));
        nodes.put(nodeId, started);
        register(started);
        long version = started.image().version();
        // What a test asks any of them is known there, too.
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(
                        () ->
                                nodes.values().stream()
                                        .allMatch(node -> node.image().version() >= version));
    }

    Cluster node(int nodeId) {
        return Objects.requireNonNull(nodes.get(nodeId));
    }

    Cluster any() {
        return nodes.values().iterator().next();
    }

    private ClusterConfig config(int nodeId) {
        return new ClusterConfig(
                nodeId,
                directory.resolve("node-" + nodeId),
                peers.get(nodeId - 1),
                peers,
                peers,
                "rack-" + nodeId,
                Objects.requireNonNull(rules.get(nodeId)));
    }

    private void register(Cluster node) {
        BrokerSession session =
                await(
                        node.registerBroker(
                                new BrokerStart(
                                        "127.0.0.1",
                                        9091 + node.nodeId(),
                                        "rack-" + node.nodeId())));
        session.caughtUp(node.image().version());
        await(session.unfenced());
    }

    Cluster leader() {
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> knownLeader().isPresent());
        return knownLeader().orElseThrow();
    }

    private Optional<Cluster> knownLeader() {
        return nodes.values().stream()
                .filter(node -> node.image().controllerId() == node.nodeId())
                .findFirst();
    }

    void awaitTopicsEverywhere(String... names) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .untilAsserted(
                        () ->
                                assertThat(nodes.values())
                                        .allSatisfy(
                                                node ->
                                                        assertThat(node.image().topics())
                                                                .containsOnlyKeys(names)));
    }

    static MetadataImage.Topic create(Cluster node, String name) {
        return create(node, name, 3);
    }

    static MetadataImage.Topic create(Cluster node, String name, int replicationFactor) {
        return await(node.createTopic(name, 3, replicationFactor, Map.of(), Map.of()));
    }

    @Override
    public void close() {
        nodes.values().parallelStream().forEach(Cluster::close);
    }
}
