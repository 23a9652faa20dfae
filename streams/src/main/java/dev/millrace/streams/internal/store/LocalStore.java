package dev.millrace.streams.internal.store;

import dev.millrace.streams.state.KeyValueStore;
import java.nio.file.Path;
import org.apache.kafka.common.utils.Bytes;

/** A store of bytes that may live in a directory. */
public interface LocalStore extends KeyValueStore<Bytes, byte[]> {
    /**
     * @param directory of the task; created when a store needs it
     */
    void open(Path directory);

    /** Closes the store and deletes what it has on disk. */
    default void destroy() {
        close();
    }
}
