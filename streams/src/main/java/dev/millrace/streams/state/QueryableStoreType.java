package dev.millrace.streams.state;

import dev.millrace.streams.processor.StateStore;

/**
 * A kind of store that can be queried.
 *
 * @param <T> what a query gets: it reads all partitions that are here
 */
public interface QueryableStoreType<T> {
    boolean accepts(StateStore stateStore);

    T create(StateStoreProvider storeProvider, String storeName);
}
