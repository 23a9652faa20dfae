package dev.millrace.broker.txn;

import dev.millrace.wire.ApiTable;
import java.util.function.ToIntFunction;
import org.apache.kafka.common.protocol.ApiKeys;

/** The rows of the API table that the transaction coordinator answers. */
public final class TxnHandlers {
    private TxnHandlers() {}

    /**
     * @param offsetsPartition number of the partition of {@code __consumer_offsets} that keeps a
     *     group's offsets
     */
    public static void register(
            ApiTable.Builder table,
            TxnCoordinator coordinator,
            ToIntFunction<String> offsetsPartition) {
        InitProducerIdHandler init = new InitProducerIdHandler(coordinator);
        AddToTxnHandlers add = new AddToTxnHandlers(coordinator, offsetsPartition);
        EndTxnHandler end = new EndTxnHandler(coordinator);
        TxnQueryHandlers queries = new TxnQueryHandlers(coordinator);
        table.add(ApiKeys.INIT_PRODUCER_ID, 0, 5, init::init)
                .add(ApiKeys.ADD_PARTITIONS_TO_TXN, 0, 5, add::addPartitions)
                .add(ApiKeys.ADD_OFFSETS_TO_TXN, 0, 4, add::addOffsets)
                .add(ApiKeys.END_TXN, 0, 5, end::end)
                .add(ApiKeys.DESCRIBE_TRANSACTIONS, 0, 0, queries::describe)
                .add(ApiKeys.LIST_TRANSACTIONS, 0, 2, queries::list);
    }
}
