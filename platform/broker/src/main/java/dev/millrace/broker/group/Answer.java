package dev.millrace.broker.group;

import java.util.List;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/** The answer to a request that may have waited: which request, and what it hears. */
sealed interface Answer {
    long waiter();

    /**
     * @param members everybody, for the leader that has to assign; else empty
     * @param skipAssignment the leader keeps the assignment it finds and need not compute one
     */
    record Joined(
            long waiter,
            String memberId,
            int generation,
            @Nullable String protocolType,
            @Nullable String protocol,
            String leaderId,
            List<Member> members,
            boolean skipAssignment)
            implements Answer {}

    record JoinRefused(long waiter, String memberId, Errors error) implements Answer {}

    record Synced(
            long waiter,
            String memberId,
            @Nullable String protocolType,
            @Nullable String protocol,
            Bytes assignment)
            implements Answer {}

    record SyncRefused(long waiter, Errors error) implements Answer {}
}
