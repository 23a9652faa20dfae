package dev.millrace.client;

import java.util.Iterator;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * What a reader makes of the records of a topic. Called on the reader's thread only; one object per
 * subscription.
 */
interface Projection<R> {
    /** Read from the first record on, wherever the subscriber wants its results to begin. */
    default boolean needsHistory() {
        return false;
    }

    /**
     * @param positions by partition, the offset at which {@link ReadOptions#from} begins
     */
    default void onStart(Map<Integer, Long> positions) {}

    void onRecord(ConsumerRecord<byte[], byte[]> raw, Sink<R> out);

    /**
     * Everything that was in the topic at subscription has passed {@link #onRecord}. Called once,
     * and only if {@link #needsCaughtUp}.
     */
    default void onCaughtUp(Sink<R> out) {}

    default boolean needsCaughtUp() {
        return false;
    }

    /**
     * Where a projection puts its results; they are handed down as the subscriber asks for them.
     */
    interface Sink<R> {
        void emit(R result);

        /** After what is already in the sink; the iterator is pulled only as results are wanted. */
        void emitAll(Iterator<R> results);
    }
}
