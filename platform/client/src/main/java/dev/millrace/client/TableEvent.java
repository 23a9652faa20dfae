package dev.millrace.client;

import org.jspecify.annotations.Nullable;

/**
 * One step of a topic read as a table.
 *
 * <pre>
 * Row* SnapshotComplete ( Row | Removed )*
 * '---- as it was ----' '-- as it moves --'
 * </pre>
 */
public sealed interface TableEvent<K, V> {

    /** The key now has this value: a row of the snapshot, or an insert or update after it. */
    record Row<K, V>(K key, V value, int partition, long offset, long timestampMs)
            implements TableEvent<K, V> {}

    /** The key has no value any more (a tombstone was read). */
    record Removed<K, V>(K key, int partition, long offset, long timestampMs)
            implements TableEvent<K, V> {}

    /** Everything that was in the topic when the subscription began has been seen. */
    record SnapshotComplete<K, V>(int rows) implements TableEvent<K, V> {}

    /** The value of a {@link Row}, else null: what a map of the table would hold for the key. */
    default @Nullable V valueOrNull() {
        return this instanceof Row<K, V> row ? row.value() : null;
    }
}
