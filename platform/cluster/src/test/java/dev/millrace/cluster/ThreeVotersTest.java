package dev.millrace.cluster;

import static dev.millrace.cluster.TestNodes.await;
import static dev.millrace.cluster.TestNodes.freePort;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.cluster.ClusterConfig.Peer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.common.errors.TopicExistsException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 3, unit = TimeUnit.MINUTES)
class ThreeVotersTest {
    @TempDir Path directory;
    private final Map<Integer, Cluster> nodes = new HashMap<>();
    private List<Peer> voters = List.of();

    @BeforeEach
    void startThree() {
        voters =
                IntStream.rangeClosed(1, 3)
                        .mapToObj(id -> new Peer(id, "127.0.0.1", freePort(), freePort()))
                        .toList();
        List<CompletionStage<Cluster>> starting =
                voters.stream().map(voter -> Cluster.start(config(voter))).toList();
        starting.stream().map(TestNodes::await).forEach(node -> nodes.put(node.nodeId(), node));
        nodes.values().forEach(this::register);
    }

    @AfterEach
    void closeAll() {
        nodes.values().parallelStream().forEach(Cluster::close);
    }

    private ClusterConfig config(Peer voter) {
        return new ClusterConfig(
                voter.nodeId(),
                directory.resolve("node-" + voter.nodeId()),
                voter.host(),
                voter.journalPort(),
                voter.hazelcastPort(),
                "rack-" + voter.nodeId(),
                voters);
    }

    private void register(Cluster node) {
        await(node.registerBroker("127.0.0.1", 9091 + node.nodeId(), "rack-" + node.nodeId()));
    }

    private Cluster leader() {
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> knownLeader().isPresent());
        return knownLeader().orElseThrow();
    }

    private Optional<Cluster> knownLeader() {
        return nodes.values().stream()
                .filter(node -> node.image().controllerId() == node.nodeId())
                .findFirst();
    }

    private void awaitTopicsEverywhere(String... names) {
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

    private static MetadataImage.Topic create(Cluster node, String name) {
        return await(node.createTopic(name, 3, 3, Map.of(), Map.of()));
    }

    @Test
    void every_node_can_be_asked_and_sees_its_own_change_at_once() {
        for (Cluster node : nodes.values()) {
            String name = "by-" + node.nodeId();
            MetadataImage.Topic topic = create(node, name);
            assertThat(node.image().topic(name)).contains(topic);
        }

        awaitTopicsEverywhere("by-1", "by-2", "by-3");
        assertThat(nodes.values())
                .extracting(node -> node.image().clusterId())
                .containsOnly(leader().image().clusterId());
        assertThatThrownBy(() -> create(nodes.values().iterator().next(), "by-2"))
                .isInstanceOf(TopicExistsException.class);
    }

    @Test
    void two_of_three_go_on_without_the_leader_and_it_catches_up_when_it_returns() {
        create(leader(), "before");
        Cluster lost = leader();
        nodes.remove(lost.nodeId());
        lost.close();

        create(nodes.values().iterator().next(), "without");
        awaitTopicsEverywhere("before", "without");

        Peer voter = voters.get(lost.nodeId() - 1);
        nodes.put(lost.nodeId(), await(Cluster.start(config(voter))));
        awaitTopicsEverywhere("before", "without");
        nodes.values().forEach(node -> create(node, "after-" + node.nodeId()));
        awaitTopicsEverywhere("before", "without", "after-1", "after-2", "after-3");
    }

    @Test
    void producer_ids_from_all_nodes_do_not_overlap() {
        List<Long> firsts = new ArrayList<>();
        List<CompletionStage<Long>> asked = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            nodes.values().forEach(node -> asked.add(node.allocateProducerIds(10)));
        }
        asked.forEach(stage -> firsts.add(await(stage)));

        assertThat(firsts).hasSize(60).doesNotHaveDuplicates().allMatch(first -> first % 10 == 0);
        assertThat(firsts).allMatch(first -> first < 600);
    }

    @Test
    void live_groups_are_shared_by_the_members() {
        nodes.values().forEach(node -> await(node.hazelcast()));
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .untilAsserted(
                        () ->
                                assertThat(nodes.values())
                                        .allSatisfy(
                                                node ->
                                                        assertThat(
                                                                        await(node.hazelcast())
                                                                                .getCluster()
                                                                                .getMembers())
                                                                .hasSize(3)));
        LiveGroups first = nodes.values().iterator().next().liveGroups();

        assertThat(await(first.put("g", 2, new byte[] {7}))).isTrue();

        for (Cluster node : nodes.values()) {
            assertThat(await(node.liveGroups().get("g"))).contains(new byte[] {7});
            assertThat(await(node.liveGroups().put("g", 1, new byte[] {8}))).isFalse();
        }
    }
}
