package dev.millrace.broker.group.assignor;

import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * A member to assign partitions to.
 *
 * @param topics what it reads; topics that exist
 * @param target what the last assignment meant for it
 */
public record Subscriber(
        String memberId,
        @Nullable String instanceId,
        Set<Uuid> topics,
        Map<Uuid, Set<Integer>> target) {}
