package dev.millrace.broker;

import dev.millrace.cluster.LiveGroups;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/** Live group state that several brokers of one process share, fenced by epochs. */
final class SharedLiveGroups implements LiveGroups {
    private static final class Live {
        private final int coordinatorEpoch;
        private final byte[] state;

        Live(int coordinatorEpoch, byte[] state) {
            this.coordinatorEpoch = coordinatorEpoch;
            this.state = state;
        }
    }

    private final Map<String, Live> states = new ConcurrentHashMap<>();

    @Override
    public CompletionStage<Boolean> put(String groupId, int coordinatorEpoch, byte[] state) {
        AtomicBoolean taken = new AtomicBoolean();
        states.compute(
                groupId,
                (id, before) -> {
                    taken.set(before == null || before.coordinatorEpoch <= coordinatorEpoch);
                    return taken.get() || before == null
                            ? new Live(coordinatorEpoch, state)
                            : before;
                });
        return CompletableFuture.completedFuture(taken.get());
    }

    @Override
    public CompletionStage<Optional<byte[]>> get(String groupId) {
        return CompletableFuture.completedFuture(
                Optional.ofNullable(states.get(groupId)).map(live -> live.state));
    }

    @Override
    public CompletionStage<Boolean> remove(String groupId, int coordinatorEpoch) {
        Live before = states.get(groupId);
        boolean mayGo = before == null || before.coordinatorEpoch <= coordinatorEpoch;
        if (mayGo && before != null) {
            states.remove(groupId, before);
        }
        return CompletableFuture.completedFuture(mayGo);
    }
}
