package dev.millrace.broker.replica;

import java.util.List;
import java.util.Map;

/**
 * What the metadata says of a partition to the broker that leads it.
 *
 * @param partitionEpoch grows with every change of the partition's metadata
 * @param replicas all of them, the leader too
 * @param isr of them, those in sync
 * @param minInsyncReplicas {@code min.insync.replicas}, as set
 * @param eligible brokers that may join an ISR (registered, not fenced, not shutting down), with
 *     their broker epochs
 */
public record Leadership(
        int leaderEpoch,
        int partitionEpoch,
        List<Integer> replicas,
        List<Integer> isr,
        int minInsyncReplicas,
        Map<Integer, Long> eligible) {

    /** {@code min.insync.replicas}, or all replicas if there are fewer. */
    public int effectiveMinInsyncReplicas() {
        return Math.min(minInsyncReplicas, replicas.size());
    }

    /** Whether there is nobody to wait for, now or later in this epoch. */
    public boolean isAlone() {
        return replicas.size() == 1;
    }
}
