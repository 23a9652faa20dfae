package dev.millrace.streams.kstream;

import org.jspecify.annotations.Nullable;

/** Two values of a key into one; null deletes the key's row. */
@FunctionalInterface
public interface Reducer<V> {
    @Nullable V apply(V value1, V value2);
}
