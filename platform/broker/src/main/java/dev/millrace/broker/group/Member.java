package dev.millrace.broker.group;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One member of a group.
 *
 * @param instanceId {@code group.instance.id} of a static member
 * @param protocols assignors the client supports, preferred first, each with its subscription
 * @param assignment what the leader gave it in the current generation
 * @param joinWaiter the JoinGroup request that waits for the end of the join phase, or {@link
 *     #NOBODY}
 * @param syncWaiter the SyncGroup request that waits for the leader's assignment, or {@link
 *     #NOBODY}
 */
record Member(
        String memberId,
        @Nullable String instanceId,
        String clientId,
        String clientHost,
        int rebalanceTimeoutMs,
        int sessionTimeoutMs,
        List<Protocol> protocols,
        Bytes assignment,
        long joinWaiter,
        long syncWaiter) {

    /** No request waits. */
    static final long NOBODY = -1;

    record Protocol(String name, Bytes metadata) {}

    Member {
        protocols = List.copyOf(protocols);
    }

    boolean isStatic() {
        return instanceId != null;
    }

    boolean awaitsJoin() {
        return joinWaiter != NOBODY;
    }

    boolean awaitsSync() {
        return syncWaiter != NOBODY;
    }

    boolean supports(String protocol) {
        return protocols.stream().anyMatch(p -> p.name().equals(protocol));
    }

    /** The subscription sent for {@code protocol}; empty if the member does not know it. */
    Bytes metadata(@Nullable String protocol) {
        return protocols.stream()
                .filter(p -> Objects.equals(p.name(), protocol))
                .findFirst()
                .map(Protocol::metadata)
                .orElse(Bytes.EMPTY);
    }

    Member withId(String newMemberId) {
        return new Member(
                newMemberId,
                instanceId,
                clientId,
                clientHost,
                rebalanceTimeoutMs,
                sessionTimeoutMs,
                protocols,
                assignment,
                NOBODY,
                NOBODY);
    }

    Member withJoin(GroupCommand.Join join, long waiter) {
        return new Member(
                memberId,
                instanceId,
                clientId,
                clientHost,
                join.rebalanceTimeoutMs(),
                join.sessionTimeoutMs(),
                join.protocols(),
                assignment,
                waiter,
                syncWaiter);
    }

    Member withAssignment(Bytes newAssignment) {
        return new Member(
                memberId,
                instanceId,
                clientId,
                clientHost,
                rebalanceTimeoutMs,
                sessionTimeoutMs,
                protocols,
                newAssignment,
                joinWaiter,
                syncWaiter);
    }

    Member withWaiters(long newJoinWaiter, long newSyncWaiter) {
        return new Member(
                memberId,
                instanceId,
                clientId,
                clientHost,
                rebalanceTimeoutMs,
                sessionTimeoutMs,
                protocols,
                assignment,
                newJoinWaiter,
                newSyncWaiter);
    }
}
