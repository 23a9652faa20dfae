package dev.millrace.streams.internal.store;

import dev.millrace.streams.processor.StateStore;
import java.util.List;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** A store of a task, whatever it keeps. For the task's thread. */
public sealed interface TaskStore permits RowStore, VersionedRows, CustomStore {
    String name();

    /**
     * What processors see.
     *
     * @param timestamp of an update that brings none, milliseconds since the epoch
     */
    StateStore view(LongSupplier timestamp);

    /** Writes what is held back and tells those who wait for the changes. */
    void flush();

    /** See {@link LocalStore#holdWrites()}. */
    default void holdWrites() {}

    /** See {@link LocalStore#commit()}. */
    default void commit() {}

    /** See {@link LocalStore#uncommittedBytes()}. */
    default long uncommittedBytes() {
        return 0;
    }

    /** Makes what was written durable, where the store has a disk. */
    void sync();

    /** Whether it outlives the process on the local disk. */
    boolean persistent();

    /** Puts what changelog records say into the store; nobody is told. */
    void restore(List<ConsumerRecord<byte[], byte[]>> records);

    void close();
}
