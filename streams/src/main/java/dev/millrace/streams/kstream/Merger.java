package dev.millrace.streams.kstream;

import org.jspecify.annotations.Nullable;

/** The aggregates of two sessions that a record has joined into one. */
@FunctionalInterface
public interface Merger<K, V> {
    @Nullable V apply(K aggKey, V aggOne, V aggTwo);
}
