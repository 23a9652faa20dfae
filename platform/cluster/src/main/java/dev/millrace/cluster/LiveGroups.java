package dev.millrace.cluster;

import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * The live part of consumer groups (members, generation, assignment), opaque bytes written only by
 * the coordinator of the group and fenced by its leader epoch. Rebuildable: losing an entry costs a
 * rebalance, never an offset.
 */
public interface LiveGroups {
    /**
     * Written if {@code coordinatorEpoch} is at least the stored one; false if a newer coordinator
     * has written already.
     */
    CompletionStage<Boolean> put(String groupId, int coordinatorEpoch, byte[] state);

    CompletionStage<Optional<byte[]>> get(String groupId);

    CompletionStage<Boolean> remove(String groupId, int coordinatorEpoch);
}
