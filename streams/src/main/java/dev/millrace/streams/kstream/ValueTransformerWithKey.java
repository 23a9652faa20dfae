package dev.millrace.streams.kstream;

import dev.millrace.streams.processor.ProcessorContext;
import org.jspecify.annotations.Nullable;

/** A value to value step with state; one instance per task. */
public interface ValueTransformerWithKey<K, V, VR> {
    void init(ProcessorContext context);

    @Nullable VR transform(K readOnlyKey, V value);

    void close();
}
