package dev.millrace.streams.internal;

import org.jspecify.annotations.Nullable;

/** The two places where types end: generics, and nulls that user functions may see. */
public final class Erased {
    private Erased() {}

    /** The DSL's signatures guarantee the type; the runtime moves objects. */
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    public static <T> T cast(Object object) {
        return (T) object;
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    public static <T> @Nullable T castNullable(@Nullable Object object) {
        return (T) object;
    }

    /**
     * Hands a key or value that may be null to a user function, whose parameters are not annotated:
     * that a stream has null values is the program's knowledge.
     */
    @SuppressWarnings("NullAway")
    public static Object any(@Nullable Object object) {
        return object;
    }
}
