package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.processor.TaskId;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;

/**
 * Asks for a new placement when a task that warms up here could run here, and when the group's
 * leader could not read what this member said. For one thread.
 */
final class PlacementRequests {
    /** The leader may know of lags that a member does not see: it is not asked all the time. */
    private static final long REBALANCE_PAUSE_MS = 1500;

    private static final long CHECK_MS = 500;

    private final Consumer<byte[], byte[]> member;
    private final long acceptableLag;
    private final long probingIntervalMs;
    private boolean understood = true;
    private long lastCheckMs;
    private long lastRebalanceMs;

    PlacementRequests(Consumer<byte[], byte[]> member, StreamsConfig config) {
        this.member = member;
        this.acceptableLag = config.getLong(StreamsConfig.ACCEPTABLE_RECOVERY_LAG_CONFIG);
        this.probingIntervalMs = config.getLong(StreamsConfig.PROBING_REBALANCE_INTERVAL_MS_CONFIG);
    }

    /**
     * The group has rebalanced.
     *
     * @param understood whether the leader could read what this member said
     */
    void placed(boolean understood) {
        this.understood = understood;
        lastRebalanceMs = System.currentTimeMillis();
    }

    void check(Assignment assignment, TaskSet tasks) {
        if (!assignment.isSettled()) {
            return;
        }
        if (!understood) {
            understood = true;
            member.enforceRebalance("the group's leader speaks another version");
            return;
        }
        Set<TaskId> warmups = assignment.warmups();
        long nowMs = System.currentTimeMillis();
        if (warmups.isEmpty()
                || nowMs - lastCheckMs < CHECK_MS
                || nowMs - lastRebalanceMs < REBALANCE_PAUSE_MS) {
            return;
        }
        lastCheckMs = nowMs;
        boolean warm =
                warmups.stream()
                        .map(tasks::lag)
                        .anyMatch(lag -> lag.isPresent() && lag.getAsLong() <= acceptableLag);
        if (warm || nowMs - lastRebalanceMs >= probingIntervalMs) {
            lastRebalanceMs = nowMs;
            member.enforceRebalance(warm ? "a task has warmed up" : "probing");
        }
    }
}
