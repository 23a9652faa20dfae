package dev.millrace.streams.state.internals;

import dev.millrace.streams.processor.StateStore;

/** Named by Kafka Streams' tests; no store is one. */
public interface WrappedStateStore<S extends StateStore, K, V> extends StateStore {
    S wrapped();
}
