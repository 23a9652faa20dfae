package dev.millrace.streams.state;

import java.util.List;

/** The stores of one name that this instance has now, one for each task. */
public interface StateStoreProvider {
    /**
     * @throws dev.millrace.streams.errors.InvalidStateStoreException when none is here, or not yet
     */
    List<StateStoreReader> stores(String storeName);
}
