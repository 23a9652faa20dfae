package dev.millrace.streams.state;

import dev.millrace.streams.processor.StateStore;

/** Makes the innermost store of a task. */
public interface StoreSupplier<T extends StateStore> {
    String name();

    T get();

    /** Kind of store, as it is named in metrics. */
    String metricsScope();
}
