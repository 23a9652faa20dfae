package dev.millrace.broker;

import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What partitions need to know of the other brokers.
 *
 * @param clustered whether there are other brokers, now or later
 * @param maxLagMs {@code replica.lag.time.max.ms}: a follower that has not had all for longer
 *     leaves the ISR
 * @param maxSilenceMs {@code millrace.replica.silence.max.ms}: and so does one that asks for
 *     nothing for longer, while there is something that it does not have
 * @param current whether the cluster has heard of this broker lately: if not, another may lead by
 *     now what this one leads; any thread
 * @param readReplicas sends consumers to the nearest replica; null where all read from leaders
 * @param throttle of replicas that topics name
 */
record Replication(
        int nodeId,
        boolean clustered,
        long maxLagMs,
        long maxSilenceMs,
        BooleanSupplier current,
        IsrChanges changes,
        ReplicationSource source,
        @Nullable ReadReplicas readReplicas,
        ReplicationThrottle throttle) {}
