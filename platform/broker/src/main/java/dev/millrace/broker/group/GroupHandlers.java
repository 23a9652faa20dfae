package dev.millrace.broker.group;

import dev.millrace.broker.txn.TxnCoordinator;
import dev.millrace.wire.ApiTable;
import org.apache.kafka.common.protocol.ApiKeys;

/** The rows of the API table that the group coordinator answers. */
public final class GroupHandlers {
    private GroupHandlers() {}

    /**
     * @param transactions the coordinator of transactions, for offsets that belong to one
     * @param remote those who coordinate other groups; {@link RemoteGroups#NONE} for requests that
     *     come from them
     */
    public static void register(
            ApiTable.Builder table,
            GroupCoordinator coordinator,
            TxnCoordinator transactions,
            RemoteGroups remote) {
        Leaving leaving = new Leaving(coordinator, remote);
        MembershipHandlers membership = new MembershipHandlers(coordinator, leaving);
        OffsetCommitHandler commits = new OffsetCommitHandler(coordinator);
        OffsetFetchHandler fetches = new OffsetFetchHandler(coordinator);
        ConsumerGroupHandlers consumerGroups = new ConsumerGroupHandlers(coordinator, leaving);
        GroupQueryHandlers queries =
                new GroupQueryHandlers(coordinator, transactions::coordinatorOf);
        TxnOffsetCommitHandler txnCommits = new TxnOffsetCommitHandler(coordinator, transactions);
        table.add(ApiKeys.OFFSET_COMMIT, 2, 10, commits::commit)
                .add(ApiKeys.TXN_OFFSET_COMMIT, 0, 5, txnCommits::commit)
                .add(ApiKeys.OFFSET_FETCH, 1, 10, fetches::fetch)
                .add(ApiKeys.FIND_COORDINATOR, 0, 6, queries::find)
                .add(ApiKeys.JOIN_GROUP, 0, 9, membership::join)
                .add(ApiKeys.HEARTBEAT, 0, 4, membership::heartbeat)
                .add(ApiKeys.LEAVE_GROUP, 0, 5, membership::leave)
                .add(ApiKeys.SYNC_GROUP, 0, 5, membership::sync)
                .add(ApiKeys.DESCRIBE_GROUPS, 0, 6, queries::describe)
                .add(ApiKeys.LIST_GROUPS, 0, 5, queries::list)
                .add(ApiKeys.DELETE_GROUPS, 0, 2, queries::delete)
                .add(ApiKeys.OFFSET_DELETE, 0, 0, queries::deleteOffsets)
                .add(ApiKeys.CONSUMER_GROUP_HEARTBEAT, 0, 1, consumerGroups::heartbeat)
                .add(ApiKeys.CONSUMER_GROUP_DESCRIBE, 0, 1, consumerGroups::describe);
    }
}
