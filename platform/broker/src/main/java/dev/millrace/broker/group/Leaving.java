package dev.millrace.broker.group;

import io.vertx.core.Future;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/**
 * Brings the good-bye of a member to whoever coordinates its group. A client that is being closed
 * says it once and does not wait for the answer; where it said so to a coordinator that was
 * suspended, and has been replaced meanwhile, nobody would hear of it, and the others would wait
 * for what the member had until its session is over, 45 seconds. A member id is never used again,
 * so a good-bye that is late, or comes twice, harms nobody.
 */
final class Leaving {
    private static final int ATTEMPTS = 5;
    private static final long PAUSE_MS = 1_000;
    private static final Set<Errors> ELSEWHERE =
            Set.of(
                    Errors.NOT_COORDINATOR,
                    Errors.COORDINATOR_NOT_AVAILABLE,
                    Errors.COORDINATOR_LOAD_IN_PROGRESS);

    private final GroupCoordinator coordinator;
    private final RemoteGroups remote;

    Leaving(GroupCoordinator coordinator, RemoteGroups remote) {
        this.coordinator = coordinator;
        this.remote = remote;
    }

    /**
     * @param here asks this node's coordinator; does not fail
     * @param error of an answer
     */
    <A extends ApiMessage> Future<A> deliver(
            String groupId,
            ApiKeys api,
            short version,
            ApiMessage request,
            Class<A> type,
            Supplier<Future<A>> here,
            Function<A, Errors> error) {
        if (remote == RemoteGroups.NONE || !coordinator.hasGroups()) {
            return here.get();
        }
        Supplier<Future<A>> once =
                () -> {
                    int node = coordinator.coordinatorNode(groupId);
                    return node < 0 || coordinator.isHere(node)
                            ? here.get()
                            // Without an answer: whoever is asked here will not know better.
                            : remote.ask(node, api, version, request)
                                    .map(type::cast)
                                    .recover(lost -> here.get());
                };
        return attempt(1, once, error);
    }

    private <A> Future<A> attempt(int number, Supplier<Future<A>> once, Function<A, Errors> error) {
        return once.get()
                .compose(
                        answer ->
                                number < ATTEMPTS && ELSEWHERE.contains(error.apply(answer))
                                        ? coordinator
                                                .after(PAUSE_MS)
                                                .compose(later -> attempt(number + 1, once, error))
                                        : Future.succeededFuture(answer));
    }
}
