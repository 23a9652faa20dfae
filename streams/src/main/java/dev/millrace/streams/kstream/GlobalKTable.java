package dev.millrace.streams.kstream;

import org.jspecify.annotations.Nullable;

/** All partitions of a topic as a table, on every instance: to be joined by any key. */
public interface GlobalKTable<K, V> {
    /** Null when the program did not name the store. */
    @Nullable String queryableStoreName();
}
