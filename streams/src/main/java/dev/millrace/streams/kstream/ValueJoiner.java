package dev.millrace.streams.kstream;

import org.jspecify.annotations.Nullable;

/** Two values of a join into one. The side without a partner is null in left and outer joins. */
@FunctionalInterface
public interface ValueJoiner<V1, V2, VR> {
    @Nullable VR apply(V1 value1, V2 value2);
}
