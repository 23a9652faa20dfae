package dev.millrace.broker;

import dev.millrace.log.AppendTerms;
import dev.millrace.log.TxnGuard;
import io.vertx.core.Future;
import io.vertx.core.internal.ContextInternal;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The partitions of an internal topic ({@code __consumer_offsets}, {@code __transaction_state}) as
 * a coordinator sees them: it appends records, and reads all of them back when it takes over.
 * Futures complete on the caller's context.
 */
public interface CoordinatorLog {
    /** Creates the topic if it is absent; its number of partitions. */
    Future<Integer> partitions();

    /**
     * Leader epoch of a partition led by this node; fails with NOT_COORDINATOR if another leads it.
     */
    Future<Integer> leaderEpoch(int partition);

    /**
     * Whether this broker has been cut off from the others that have the partition too: another may
     * coordinate by now. Any thread.
     */
    boolean standsAside(int partition);

    /**
     * Appends batches with the durability of {@code acks=all}.
     *
     * @param leaderEpoch under which the coordinator has loaded what it decides by. In any other
     *     nothing is written and it fails with NOT_COORDINATOR: another broker may have led, and
     *     decided, in between
     * @return offset of the last record, once the high watermark has passed it
     */
    default Future<Long> append(int partition, int leaderEpoch, ByteBuffer batches) {
        return append(partition, leaderEpoch, batches, AppendTerms.NONE);
    }

    /** The same of a transaction: its records, or the marker that ends it. */
    Future<Long> append(int partition, int leaderEpoch, ByteBuffer batches, AppendTerms terms);

    /**
     * What {@link #append} has to show for records that may open a transaction in the partition;
     * empty if it is open there.
     *
     * @see dev.millrace.log.PartitionLog#transactionGuard
     */
    Future<Optional<TxnGuard>> transactionGuard(
            int partition, long producerId, short epoch, boolean transactionV2);

    /**
     * The context of the event loop that owns the partition; work done there appends without a
     * hand-off.
     */
    ContextInternal loop(int partition);

    /**
     * Hands every batch from the log start to the log end to {@code batches}, in order; completes
     * after the last.
     */
    Future<Void> replay(int partition, Consumer<ByteBuffer> batches);
}
