package dev.millrace.broker.group;

import dev.millrace.cluster.LiveGroups;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies the members of a shard's groups to {@link LiveGroups}, one write per group at a time: what
 * changes meanwhile is written once, in its last form. Belongs to the shard's loop.
 */
final class LivePublisher {
    private static final Logger log = LoggerFactory.getLogger(LivePublisher.class);

    private final LiveGroups live;
    private final int coordinatorEpoch;
    private final Executor loop;
    private final Runnable onFenced;

    /** Groups with a write in flight; the value is what to write next, null if nothing. */
    private final Map<String, @Nullable Group> inFlight = new HashMap<>();

    /**
     * @param onFenced called when a newer coordinator has written: this one must step down
     */
    LivePublisher(LiveGroups live, int coordinatorEpoch, Executor loop, Runnable onFenced) {
        this.live = live;
        this.coordinatorEpoch = coordinatorEpoch;
        this.loop = loop;
        this.onFenced = onFenced;
    }

    int coordinatorEpoch() {
        return coordinatorEpoch;
    }

    void publish(Group group) {
        if (inFlight.containsKey(group.groupId())) {
            inFlight.put(group.groupId(), group);
        } else {
            inFlight.put(group.groupId(), null);
            write(group);
        }
    }

    void remove(String groupId) {
        live.remove(groupId, coordinatorEpoch)
                .whenComplete((removed, failure) -> warnIfFailed(groupId, failure));
    }

    private void write(Group group) {
        live.put(group.groupId(), coordinatorEpoch, LiveState.write(group))
                .whenComplete(
                        (accepted, failure) ->
                                loop.execute(() -> written(group.groupId(), accepted, failure)));
    }

    private void written(String groupId, @Nullable Boolean accepted, @Nullable Throwable failure) {
        Group next = inFlight.remove(groupId);
        warnIfFailed(groupId, failure);
        if (failure == null && Boolean.FALSE.equals(accepted)) {
            onFenced.run();
        } else if (next != null) {
            publish(next);
        }
    }

    private static void warnIfFailed(String groupId, @Nullable Throwable failure) {
        if (failure != null) {
            log.warn(
                    "live state of group {} was not shared; a fail-over now would rebalance it: {}",
                    groupId,
                    failure.toString());
        }
    }
}
