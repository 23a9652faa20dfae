package dev.millrace.streams.kstream;

import org.jspecify.annotations.Nullable;

/** One step of an aggregation; null deletes the key's row. */
@FunctionalInterface
public interface Aggregator<K, V, VAgg> {
    @Nullable VAgg apply(K key, V value, VAgg aggregate);
}
