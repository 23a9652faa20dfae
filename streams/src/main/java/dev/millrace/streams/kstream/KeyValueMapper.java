package dev.millrace.streams.kstream;

import org.jspecify.annotations.Nullable;

/** Key and value to whatever the operator wants: a key, a pair, or pairs. */
@FunctionalInterface
public interface KeyValueMapper<K, V, VR> {
    @Nullable VR apply(K key, V value);
}
