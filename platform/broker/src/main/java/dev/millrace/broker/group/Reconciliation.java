package dev.millrace.broker.group;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.ToIntBiFunction;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.FencedMemberEpochException;
import org.jspecify.annotations.Nullable;

/**
 * One step of a member towards its target. A member first gives up what it shall not have, in its
 * old epoch; then it enters the target's epoch with everything that is free; what others still hold
 * follows once they have given it up.
 *
 * @param targetEpoch epoch of {@code target}
 * @param subscribed topics that the member reads now: what it does not read is taken from it,
 *     whatever the target says
 * @param subscribesToNothing not even to topics that do not exist
 * @param subscriptionChanged it reads other topics than before
 * @param ownerEpoch epoch of whoever has a partition, {@link ConsumerGroup#NO_OWNER} if nobody
 * @param owned what the member says it has; null if it says nothing
 */
record Reconciliation(
        int targetEpoch,
        Map<Uuid, Set<Integer>> target,
        Set<Uuid> subscribed,
        boolean subscribesToNothing,
        boolean subscriptionChanged,
        ToIntBiFunction<Uuid, Integer> ownerEpoch,
        @Nullable Map<Uuid, Set<Integer>> owned) {

    /**
     * @return the assignment itself if there is nothing to do yet
     * @throws FencedMemberEpochException the member's state is of a newer version
     */
    MemberAssignment next(MemberAssignment current) {
        switch (current.state()) {
            case STABLE -> {
                if (current.epoch() != targetEpoch) {
                    return towardsTarget(current, current.epoch());
                }
                return subscriptionChanged ? withoutUnsubscribed(current) : current;
            }
            case UNREVOKED_PARTITIONS -> {
                if (!stillOwnsAnyOf(current.revoking())) {
                    return towardsTarget(current, current.epoch());
                }
                return subscriptionChanged ? withoutUnsubscribed(current) : current;
            }
            case UNRELEASED_PARTITIONS -> {
                return towardsTarget(current, current.epoch());
            }
            case UNKNOWN -> {
                if (owned == null || !owned.isEmpty()) {
                    throw new FencedMemberEpochException(
                            "a newer version of the coordinator wrote this member's state; it has to"
                                    + " give up all partitions and join again");
                }
                return towardsTarget(current, targetEpoch);
            }
        }
        throw new IllegalStateException("a new state: " + current.state());
    }

    /** Until it says what it owns, it owns everything. */
    private boolean stillOwnsAnyOf(Map<Uuid, Map<Integer, Integer>> partitions) {
        if (owned == null) {
            return true;
        }
        for (Map.Entry<Uuid, Set<Integer>> topic : owned.entrySet()) {
            Map<Integer, Integer> among = partitions.getOrDefault(topic.getKey(), Map.of());
            for (int partition : topic.getValue()) {
                if (among.containsKey(partition)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** The epoch stays; topics that are not read any more go. */
    private MemberAssignment withoutUnsubscribed(MemberAssignment current) {
        Map<Uuid, Map<Integer, Integer>> assigned = new HashMap<>();
        Map<Uuid, Map<Integer, Integer>> revoking = new HashMap<>(current.revoking());
        current.assigned()
                .forEach(
                        (topic, partitions) -> {
                            if (subscribed.contains(topic)) {
                                assigned.put(topic, partitions);
                            } else {
                                revoking.merge(topic, partitions, Reconciliation::union);
                            }
                        });
        boolean hasNothing = current.assigned().isEmpty() && current.revoking().isEmpty();
        if (hasNothing && subscribesToNothing) {
            // It has nothing to tell of an earlier epoch either.
            return new MemberAssignment(
                    current.epoch(), current.epoch(), current.state(), Map.of(), Map.of());
        }
        if (assigned.size() == current.assigned().size()) {
            return current;
        }
        return !revoking.isEmpty() && stillOwnsAnyOf(revoking)
                ? new MemberAssignment(
                        current.epoch(),
                        current.epoch(),
                        MemberState.UNREVOKED_PARTITIONS,
                        assigned,
                        revoking)
                : new MemberAssignment(
                        current.epoch(),
                        current.epoch(),
                        current.state(),
                        assigned,
                        current.revoking());
    }

    private static Map<Integer, Integer> union(Map<Integer, Integer> a, Map<Integer, Integer> b) {
        Map<Integer, Integer> union = new HashMap<>(a);
        union.putAll(b);
        return union;
    }

    /**
     * @param epoch the member's, unless it is not known
     */
    private MemberAssignment towardsTarget(MemberAssignment current, int epoch) {
        Set<Uuid> topics = new HashSet<>(target.keySet());
        topics.addAll(current.assigned().keySet());
        Map<Uuid, Map<Integer, Integer>> assigned = new HashMap<>();
        Map<Uuid, Map<Integer, Integer>> revoking = new HashMap<>();
        Map<Uuid, Map<Integer, Integer>> arriving = new HashMap<>();
        boolean waits = false;
        for (Uuid topic : topics) {
            Set<Integer> wanted =
                    subscribed.contains(topic) ? target.getOrDefault(topic, Set.of()) : Set.of();
            Map<Integer, Integer> had = current.assigned().getOrDefault(topic, Map.of());
            had.forEach(
                    (partition, since) ->
                            put(
                                    wanted.contains(partition) ? assigned : revoking,
                                    topic,
                                    partition,
                                    since));
            for (int partition : wanted) {
                if (had.containsKey(partition)) {
                    continue;
                }
                if (isFree(current, topic, partition)) {
                    put(arriving, topic, partition, targetEpoch);
                } else {
                    waits = true;
                }
            }
        }
        if (!revoking.isEmpty() && stillOwnsAnyOf(revoking)) {
            return new MemberAssignment(
                    epoch, current.epoch(), MemberState.UNREVOKED_PARTITIONS, assigned, revoking);
        }
        arriving.forEach(
                (topic, partitions) ->
                        partitions.forEach(
                                (partition, since) -> put(assigned, topic, partition, since)));
        return new MemberAssignment(
                targetEpoch,
                current.epoch(),
                waits ? MemberState.UNRELEASED_PARTITIONS : MemberState.STABLE,
                assigned,
                Map.of());
    }

    /** What it is just giving up itself it may have back at once. */
    private boolean isFree(MemberAssignment current, Uuid topic, int partition) {
        return ownerEpoch.applyAsInt(topic, partition) == ConsumerGroup.NO_OWNER
                || current.revoking().getOrDefault(topic, Map.of()).containsKey(partition);
    }

    private static void put(
            Map<Uuid, Map<Integer, Integer>> partitions, Uuid topic, int partition, int epoch) {
        partitions.computeIfAbsent(topic, t -> new HashMap<>()).put(partition, epoch);
    }
}
