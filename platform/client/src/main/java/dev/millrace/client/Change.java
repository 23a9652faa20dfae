package dev.millrace.client;

import org.jspecify.annotations.Nullable;

/**
 * One change of one key.
 *
 * @param before null for an INSERT
 * @param after null for a DELETE
 * @param timestampMs of the record that made the change
 */
public record Change<K, V>(
        Kind kind,
        K key,
        @Nullable V before,
        @Nullable V after,
        int partition,
        long offset,
        long timestampMs) {

    public enum Kind {
        INSERT,
        UPDATE,
        DELETE
    }
}
