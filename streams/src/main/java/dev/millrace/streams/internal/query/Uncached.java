package dev.millrace.streams.internal.query;

import org.jspecify.annotations.Nullable;

/** A store that can be read without what its cache holds back. */
public interface Uncached {
    /** As {@code get} of the store returns it: with a timestamp where rows have one. */
    @Nullable Object stored(Object key);
}
