package dev.millrace.cluster;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class VoterLossTest {
    @TempDir Path directory;

    @Test
    @Timeout(value = 3, unit = TimeUnit.MINUTES)
    void two_of_three_go_on_without_the_leader_and_it_catches_up_when_it_returns() {
        try (ThreeNodes three = new ThreeNodes(directory)) {
            Cluster lost = three.leader();
            ThreeNodes.create(lost, "before");
            three.nodes.remove(lost.nodeId());
            lost.close();

            ThreeNodes.create(three.any(), "without", 2);
            three.awaitTopicsEverywhere("before", "without");

            three.startAgain(lost.nodeId());
            three.awaitTopicsEverywhere("before", "without");
            three.nodes.values().forEach(node -> ThreeNodes.create(node, "after-" + node.nodeId()));
            three.awaitTopicsEverywhere("before", "without", "after-1", "after-2", "after-3");
        }
    }
}
