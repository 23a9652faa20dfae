package dev.millrace.streams.kstream;

import dev.millrace.streams.processor.ConnectedStoreProvider;

/**
 * A transformer for each task.
 *
 * @deprecated with {@link ValueTransformer}
 */
@Deprecated
@FunctionalInterface
public interface ValueTransformerSupplier<V, VR> extends ConnectedStoreProvider {
    ValueTransformer<V, VR> get();
}
