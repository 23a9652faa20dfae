package dev.millrace.streams.processor;

import org.jspecify.annotations.Nullable;

/** Puts a record of the changelog back into a store. */
@FunctionalInterface
public interface StateRestoreCallback {
    /**
     * @param value null deletes
     */
    void restore(byte[] key, byte @Nullable [] value);
}
