package dev.millrace.streams.processor;

import dev.millrace.streams.query.Position;
import dev.millrace.streams.query.PositionBound;
import dev.millrace.streams.query.Query;
import dev.millrace.streams.query.QueryConfig;
import dev.millrace.streams.query.QueryResult;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** State of one task. Used by the thread that runs the task, and by no other. */
public interface StateStore {
    String name();

    /**
     * Before the first use. A store of your own registers how it is restored; the built-in ones
     * need nothing.
     *
     * @param root the outermost store of this name
     */
    default void init(StateStoreContext context, StateStore root) {}

    /** Writes what is held back to the store below, without a promise of durability. */
    default void flush() {}

    /**
     * Makes it durable; only a store that {@link #persistent() outlives the process} has to.
     *
     * @param changelogOffsets how far it holds its changelog, for a store that keeps that itself;
     *     empty without a changelog
     */
    default void commit(Map<TopicPartition, Long> changelogOffsets) {
        flush();
    }

    /** Up to where it holds its changelog, of a store that keeps that itself; else null. */
    default @Nullable Long committedOffset(TopicPartition partition) {
        return null;
    }

    /**
     * Whether {@link #committedOffset} says more than null.
     *
     * @deprecated as in Kafka Streams: all stores are to, one day
     */
    @Deprecated
    default boolean managesOffsets() {
        return false;
    }

    void close();

    /** Whether it outlives the process on the local disk. */
    boolean persistent();

    boolean isOpen();

    /**
     * For stores of your own; the built-in ones are asked through {@code KafkaStreams.query()}.
     * Called while the task rests.
     */
    default <R> QueryResult<R> query(
            Query<R> query, PositionBound positionBound, QueryConfig config) {
        return QueryResult.forUnknownQueryType(query, this);
    }

    /** Last records that the store has seen; for stores of your own. */
    default Position getPosition() {
        throw new UnsupportedOperationException(
                "getPosition is not implemented by this StateStore (" + getClass() + ")");
    }
}
