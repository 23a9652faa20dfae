package dev.millrace.streams.kstream;

import dev.millrace.streams.processor.ConnectedStoreProvider;
import java.util.function.Supplier;

/** Makes transformers: a new one at every call. */
@FunctionalInterface
public interface ValueTransformerWithKeySupplier<K, V, VR>
        extends ConnectedStoreProvider, Supplier<ValueTransformerWithKey<K, V, VR>> {
    @Override
    ValueTransformerWithKey<K, V, VR> get();
}
