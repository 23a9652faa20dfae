package dev.millrace.cluster.live;

import com.hazelcast.map.EntryProcessor;
import com.hazelcast.map.IMap;
import dev.millrace.cluster.LiveGroups;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * Live groups in a map of the members, changed where the entry lives by entry processors that
 * compare coordinator epochs. Calls made while the member is starting wait for it, up to a limit.
 */
final class HazelcastLiveGroups implements LiveGroups {
    static final int MAX_WAITING = 10_000;

    private final CompletableFuture<IMap<String, byte[]>> map;
    private final AtomicInteger waiting = new AtomicInteger();

    HazelcastLiveGroups(CompletableFuture<IMap<String, byte[]>> map) {
        this.map = map;
    }

    @Override
    public CompletionStage<Boolean> put(String groupId, int coordinatorEpoch, byte[] state) {
        return execute(groupId, new PutFenced(Fenced.of(coordinatorEpoch, state)));
    }

    @Override
    public CompletionStage<Optional<byte[]>> get(String groupId) {
        return whenUp(
                groups ->
                        groups.getAsync(groupId)
                                .thenApply(
                                        value -> Optional.ofNullable(value).map(Fenced::content)));
    }

    @Override
    public CompletionStage<Boolean> remove(String groupId, int coordinatorEpoch) {
        return execute(groupId, new RemoveFenced(coordinatorEpoch));
    }

    private CompletionStage<Boolean> execute(
            String groupId, EntryProcessor<String, byte[], Boolean> processor) {
        return whenUp(groups -> groups.submitToKey(groupId, processor));
    }

    private <T> CompletionStage<T> whenUp(
            Function<IMap<String, byte[]>, CompletionStage<T>> operation) {
        if (map.isDone()) {
            return map.thenCompose(operation);
        }
        if (waiting.incrementAndGet() > MAX_WAITING) {
            waiting.decrementAndGet();
            return CompletableFuture.failedFuture(
                    new IllegalStateException(
                            MAX_WAITING
                                    + " operations on live groups are waiting for the Hazelcast"
                                    + " member to start; try again when it has"));
        }
        return map.whenComplete((up, error) -> waiting.decrementAndGet()).thenCompose(operation);
    }
}
