package dev.millrace.streams.internal.store;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.state.KeyValueStore;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.utils.Bytes;

/**
 * A store of bytes that may live in a directory.
 *
 * <p>With exactly-once, what reaches the disk must have been committed: a store that outlives the
 * process keeps its writes in memory from {@link #holdWrites()} on, and takes them over in {@link
 * #commit()}, which follows the transaction that carries them into the changelog. Reads see both.
 * To roll back, close it: what was not committed is gone. A store in memory needs none of it: it is
 * filled anew after a roll back.
 */
public interface LocalStore extends KeyValueStore<Bytes, byte[]> {
    /**
     * Before {@link #open}.
     *
     * @param configs of the application
     */
    default void configure(Map<String, Object> configs) {}

    /**
     * @param directory of the task; created when a store needs it
     */
    void open(Path directory);

    /** Closes the store and deletes what it has on disk. */
    default void destroy() {
        close();
    }

    /** Before {@link #open}: from now on writes wait for {@link #commit()}. */
    default void holdWrites() {}

    /** The writes until now are safe in the changelog. */
    default void commit() {}

    /** Memory of the writes that wait for {@link #commit()}. */
    default long uncommittedBytes() {
        return 0;
    }

    /** Entries of the changelog: committed, whatever the guarantee. */
    default void restore(List<KeyValue<Bytes, byte[]>> entries) {
        putAll(entries);
    }
}
