package dev.millrace.streams.kstream;

import org.jspecify.annotations.Nullable;

/** Value to value, with the key to read: changing it would break the partitioning. */
@FunctionalInterface
public interface ValueMapperWithKey<K, V, VR> {
    @Nullable VR apply(K readOnlyKey, V value);
}
