package dev.millrace.streams.processor.api;

import dev.millrace.streams.state.StoreBuilder;
import java.util.Set;

/** Makes processors: a new one at every call. */
@FunctionalInterface
public interface ProcessorSupplier<KIn, VIn, KOut, VOut> {
    Processor<KIn, VIn, KOut, VOut> get();

    /** Stores that come with the processor, and are connected to it. */
    default Set<StoreBuilder<?>> stores() {
        return Set.of();
    }
}
