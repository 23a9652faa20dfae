package dev.millrace.broker.group;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What members ask of their group, as the machine sees it. */
sealed interface GroupCommand {

    /**
     * @param waiter names the request; the answer carries it
     * @param memberId empty for a member that has no id yet
     * @param newMemberId the id to use in that case
     * @param memberIdRequired the client (JoinGroup v4 and later) must come back with its new id
     *     before it is a member, so that a lost answer leaves no member behind
     * @param canSkipAssignment the client (v9 and later) understands a leader that need not assign
     */
    record Join(
            long waiter,
            String memberId,
            String newMemberId,
            @Nullable String instanceId,
            String clientId,
            String clientHost,
            int sessionTimeoutMs,
            int rebalanceTimeoutMs,
            String protocolType,
            List<Member.Protocol> protocols,
            boolean memberIdRequired,
            boolean canSkipAssignment)
            implements GroupCommand {
        public Join {
            protocols = List.copyOf(protocols);
        }
    }

    /**
     * @param protocolType null before SyncGroup v5
     * @param protocol null before SyncGroup v5
     * @param assignments by member id; empty unless the leader asks
     */
    record Sync(
            long waiter,
            String memberId,
            @Nullable String instanceId,
            int generation,
            @Nullable String protocolType,
            @Nullable String protocol,
            Map<String, Bytes> assignments)
            implements GroupCommand {}

    /**
     * @param memberId empty if an operator removes a static member by its instance id
     */
    record Leave(String memberId, @Nullable String instanceId) implements GroupCommand {}
}
