package dev.millrace.broker.group;

import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * What a member of a consumer group may read now, as the coordinator has told it.
 *
 * @param epoch {@link #LEFT} after it left; {@link #STATIC_LEFT} while a static member is expected
 *     back
 * @param previousEpoch an answer with {@code epoch} may have been lost: the member then still
 *     speaks with this one
 * @param assigned topic, partition, and the epoch in which the member got it
 * @param revoking the same, of what it must give up before it can go on
 */
record MemberAssignment(
        int epoch,
        int previousEpoch,
        MemberState state,
        Map<Uuid, Map<Integer, Integer>> assigned,
        Map<Uuid, Map<Integer, Integer>> revoking) {

    static final int LEFT = -1;
    static final int STATIC_LEFT = -2;

    /** Of a member that has just been heard of. */
    static final MemberAssignment NONE =
            new MemberAssignment(0, -1, MemberState.STABLE, Map.of(), Map.of());

    boolean isReconciledTo(int targetEpoch) {
        return state == MemberState.STABLE && epoch == targetEpoch;
    }

    /** The epoch in which the member got a partition it still answers for, null if none. */
    @Nullable Integer epochOf(Uuid topic, int partition) {
        Integer epoch = assigned.getOrDefault(topic, Map.of()).get(partition);
        return epoch != null ? epoch : revoking.getOrDefault(topic, Map.of()).get(partition);
    }
}
