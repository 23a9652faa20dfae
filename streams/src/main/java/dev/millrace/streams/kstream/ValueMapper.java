package dev.millrace.streams.kstream;

import org.jspecify.annotations.Nullable;

/** Value to value. Must not change its argument: the same object may go to other operators too. */
@FunctionalInterface
public interface ValueMapper<V, VR> {
    @Nullable VR apply(V value);
}
