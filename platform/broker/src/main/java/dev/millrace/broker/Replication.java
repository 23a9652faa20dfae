package dev.millrace.broker;

import java.util.function.BooleanSupplier;

/**
 * What partitions need to know of the other brokers.
 *
 * @param clustered whether there are other brokers, now or later
 * @param maxLagMs {@code replica.lag.time.max.ms}: a follower that has not had all for longer
 *     leaves the ISR
 * @param current whether the cluster has heard of this broker lately: if not, another may lead by
 *     now what this one leads; any thread
 */
record Replication(
        int nodeId,
        boolean clustered,
        long maxLagMs,
        BooleanSupplier current,
        IsrChanges changes,
        ReplicationSource source) {}
