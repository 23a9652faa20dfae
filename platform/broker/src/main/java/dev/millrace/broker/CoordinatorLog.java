package dev.millrace.broker;

import io.vertx.core.Future;
import java.nio.ByteBuffer;
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
     * Appends batches with the durability of {@code acks=all}.
     *
     * @return offset of the last record, once the high watermark has passed it
     */
    Future<Long> append(int partition, ByteBuffer batches);

    /**
     * Hands every batch from the log start to the log end to {@code batches}, in order; completes
     * after the last.
     */
    Future<Void> replay(int partition, Consumer<ByteBuffer> batches);
}
