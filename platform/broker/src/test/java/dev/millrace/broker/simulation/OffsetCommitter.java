package dev.millrace.broker.simulation;

import dev.millrace.broker.group.TestGroupShard;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** Commits ever greater offsets of a group, and asks for them. */
final class OffsetCommitter {
    private static final String GROUP = "h";
    private static final long PATIENCE_MS = 400;

    private final SimulatedCluster cluster;
    private final GroupCoordinators groups;
    private final TopicPartition partition;
    private long sent;
    private long acknowledged = -1;
    private boolean waits;
    private long sentMs;

    OffsetCommitter(SimulatedCluster cluster, GroupCoordinators groups, TopicPartition partition) {
        this.cluster = cluster;
        this.groups = groups;
        this.partition = partition;
    }

    long acknowledged() {
        return acknowledged;
    }

    void commit() {
        int node = cluster.leaderSeenByAnybody(GroupCoordinators.PARTITION);
        if (node < 0 || (waits && cluster.nowMs() - sentMs < PATIENCE_MS)) {
            return;
        }
        waits = true;
        sentMs = cluster.nowMs();
        long offset = sent++;
        cluster.network()
                .send(
                        SimulatedNetwork.CLIENTS,
                        node,
                        () -> {
                            TestGroupShard shard = groups.at(node).shard();
                            if (shard != null && offset == sent - 1) {
                                shard.commit(
                                        GROUP,
                                        partition,
                                        offset,
                                        failure -> answer(node, offset, failure));
                            }
                        });
    }

    private void answer(int node, long offset, @Nullable Throwable failure) {
        cluster.network()
                .send(
                        node,
                        SimulatedNetwork.CLIENTS,
                        () -> {
                            if (offset == sent - 1) {
                                waits = false;
                            }
                            if (failure == null) {
                                acknowledged = Math.max(acknowledged, offset);
                            }
                        });
    }

    /** What the coordinator knows, if it is the one. */
    void check(int node) {
        GroupCoordinators.Here here = groups.at(node);
        TestGroupShard shard = here.shard();
        if (shard != null && here.isTheOne()) {
            long known = shard.offset(GROUP, partition);
            if (known < acknowledged) {
                throw new Violation(
                        "CommittedOffsetsNeverGoBack",
                        "broker %d says %d, acknowledged was %d"
                                .formatted(node, known, acknowledged));
            }
        }
    }
}
