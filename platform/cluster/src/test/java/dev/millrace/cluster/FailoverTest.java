package dev.millrace.cluster;

import static dev.millrace.cluster.TestNodes.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.cluster.MetadataImage.BrokerRegistration;
import dev.millrace.cluster.MetadataImage.Partition;
import dev.millrace.cluster.MetadataImage.Topic;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 3, unit = TimeUnit.MINUTES)
class FailoverTest {
    /** Suspicion after 2 s, and a new leader of the journal before that if it was lost too. */
    private static final Duration NEW_LEADER_WITHIN = Duration.ofSeconds(5);

    @TempDir Path directory;

    @Test
    void what_a_lost_node_led_is_led_by_others_and_it_may_come_back() {
        try (ThreeNodes three = new ThreeNodes(directory)) {
            Cluster lost = three.leader();
            Topic topic = ThreeNodes.create(lost, "t");
            three.awaitTopicsEverywhere("t");
            three.nodes.remove(lost.nodeId());

            lost.close();

            Awaitility.await()
                    .atMost(NEW_LEADER_WITHIN)
                    .untilAsserted(
                            () ->
                                    assertThat(three.nodes.values())
                                            .allSatisfy(
                                                    node -> assertWithout(node, lost.nodeId())));
            assertThat(partitions(three.any()))
                    .allSatisfy(
                            partition -> {
                                Partition before = topic.partitions().get(partition.index());
                                boolean moved = before.leader() == lost.nodeId();
                                assertThat(partition.leaderEpoch()).isEqualTo(moved ? 1 : 0);
                            });

            three.startAgain(lost.nodeId());
            joinIsr(three, lost.nodeId());
            assertThat(partitions(three.any()))
                    .allSatisfy(
                            partition ->
                                    assertThat(partition.isr()).containsExactlyInAnyOrder(1, 2, 3));
        }
    }

    private static List<Partition> partitions(Cluster node) {
        return node.image().topic("t").orElseThrow().partitions();
    }

    private static BrokerRegistration broker(MetadataImage image, int nodeId) {
        return Objects.requireNonNull(image.brokers().get(nodeId));
    }

    private static void assertWithout(Cluster node, int lost) {
        assertThat(broker(node.image(), lost).fenced()).isTrue();
        assertThat(partitions(node))
                .allSatisfy(
                        partition -> {
                            assertThat(partition.leader()).isNotIn(lost, -1);
                            assertThat(partition.isr()).hasSize(2).doesNotContain(lost);
                        });
    }

    /** As the leaders do when the follower has caught up. */
    private static void joinIsr(ThreeNodes three, int returned) {
        for (int index = 0; index < 3; index++) {
            Partition seen = partitions(three.any()).get(index);
            MetadataImage image = three.any().image();
            Map<Integer, Long> isr = new HashMap<>();
            for (int id : seen.replicas()) {
                isr.put(id, broker(image, id).brokerEpoch());
            }
            assertThat(isr).containsKey(returned);
            Partition after =
                    await(
                            three.node(seen.leader())
                                    .alterPartition(
                                            image.topic("t").orElseThrow().id(),
                                            index,
                                            seen.leaderEpoch(),
                                            seen.partitionEpoch(),
                                            isr));
            assertThat(after.isr()).hasSize(3);
            assertThat(after.partitionEpoch()).isEqualTo(seen.partitionEpoch() + 1);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(10))
                    .until(
                            () ->
                                    three.any().image().version()
                                            >= three.node(seen.leader()).image().version());
        }
    }
}
