package dev.millrace.streams.kstream;

import org.jspecify.annotations.Nullable;

/** Two values of a join into one, with the key to read. */
@FunctionalInterface
public interface ValueJoinerWithKey<K1, V1, V2, VR> {
    @Nullable VR apply(K1 readOnlyKey, V1 value1, V2 value2);
}
