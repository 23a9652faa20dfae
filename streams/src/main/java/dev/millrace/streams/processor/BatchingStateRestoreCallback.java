package dev.millrace.streams.processor;

import dev.millrace.streams.KeyValue;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Takes several records of the changelog at once. */
public interface BatchingStateRestoreCallback extends StateRestoreCallback {
    void restoreAll(Collection<KeyValue<byte[], byte[]>> records);

    @Override
    default void restore(byte[] key, byte @Nullable [] value) {
        throw new UnsupportedOperationException("Single record restoration not supported");
    }
}
