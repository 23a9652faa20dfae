package dev.millrace.broker.txn;

import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** What producers ask of their transactional id, as the machine sees it. */
sealed interface TxnCommand {
    /**
     * InitProducerId.
     *
     * @param expected what the producer has now and wants to go on with (KIP-360); null for a new
     *     producer, which takes the id over from whoever has it
     */
    record Init(int timeoutMs, @Nullable ProducerIdAndEpoch expected) implements TxnCommand {}

    /**
     * AddPartitionsToTxn, AddOffsetsToTxn, or the first record in a partition.
     *
     * @param version of the transaction protocol the client speaks: 0 or 2
     */
    record Add(long producerId, short epoch, Set<TopicPartition> partitions, short version)
            implements TxnCommand {
        public Add {
            partitions = Set.copyOf(partitions);
        }
    }

    /**
     * EndTxn.
     *
     * @param version of the transaction protocol the client speaks: 0 or 2
     */
    record End(long producerId, short epoch, boolean commit, short version) implements TxnCommand {}

    /** The coordinator aborts what is ongoing, because it has taken too long. */
    record Expire(long producerId, short epoch) implements TxnCommand {}

    record ProducerIdAndEpoch(long producerId, short epoch) {}
}
