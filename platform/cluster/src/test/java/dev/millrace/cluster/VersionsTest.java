package dev.millrace.cluster;

import static dev.millrace.cluster.SupportedFeatures.JOURNAL_VERSION;
import static dev.millrace.cluster.TestNodes.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.cluster.SupportedFeatures.VersionRange;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.FeatureUpdate.UpgradeType;
import org.apache.kafka.common.errors.InvalidUpdateVersionException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two versions of Millrace in one cluster, which differ in the levels that they work at. */
class VersionsTest {
    private static final ClusterRules LATER = ClusterRules.DEFAULT;
    private static final ClusterRules EARLIER = earlier();

    @TempDir Path directory;

    private static ClusterRules earlier() {
        Map<String, VersionRange> ranges = new HashMap<>(SupportedFeatures.RANGES);
        ranges.put(JOURNAL_VERSION, new VersionRange((short) 1, (short) 1));
        return ClusterRules.DEFAULT.ofVersion(ranges);
    }

    private static short level(Cluster node) {
        return node.image().features().level(JOURNAL_VERSION);
    }

    private static void update(Cluster node, int level, UpgradeType type) {
        await(
                node.updateFeatures(
                        Map.of(JOURNAL_VERSION, new FeatureUpdate((short) level, type)), false));
    }

    private static void replace(ThreeNodes cluster, int nodeId, ClusterRules version) {
        cluster.stop(nodeId);
        cluster.startAgain(nodeId, version);
    }

    @Test
    @Timeout(value = 3, unit = TimeUnit.MINUTES)
    void a_later_version_is_rolled_in_and_until_it_is_finalized_out_again() throws Exception {
        try (ThreeNodes cluster = new ThreeNodes(directory, EARLIER)) {
            for (int id = 1; id <= 3; id++) {
                replace(cluster, id, LATER);
            }
            ThreeNodes.create(cluster.any(), "by-the-later");
            assertThat(level(cluster.node(1)))
                    .as("nobody has finalized another")
                    .isEqualTo((short) 1);

            replace(cluster, 2, EARLIER);
            cluster.awaitTopicsEverywhere("by-the-later");
            assertThatThrownBy(() -> update(cluster.node(1), 2, UpgradeType.UPGRADE))
                    .isInstanceOf(InvalidUpdateVersionException.class)
                    .hasMessageMatching(
                            ".*(Broker 2|The controller) only supports versions 1-1\\.");

            replace(cluster, 2, LATER);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .ignoreExceptionsMatching(e -> e instanceof InvalidUpdateVersionException)
                    .until(
                            () -> {
                                update(cluster.node(1), 2, UpgradeType.UPGRADE);
                                return true;
                            });
            ThreeNodes.create(cluster.any(), "finalized");
            cluster.awaitTopicsEverywhere("by-the-later", "finalized");
            assertThat(level(cluster.node(3))).isEqualTo((short) 2);
            assertThatThrownBy(() -> update(cluster.node(1), 1, UpgradeType.SAFE_DOWNGRADE))
                    .isInstanceOf(InvalidUpdateVersionException.class)
                    .hasMessageContaining("what was written at level 2");

            cluster.stop(2);
            assertThat(cluster.refusal(2, EARLIER))
                    .hasMessageContaining("finalized level 2 of millrace.journal.version")
                    .hasMessageContaining("works at levels 1 to 1")
                    .hasMessageContaining("later version");
            cluster.startAgain(2, LATER);
            cluster.awaitTopicsEverywhere("by-the-later", "finalized");
        }
    }
}
