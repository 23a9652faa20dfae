package dev.millrace.streams.state;

import dev.millrace.streams.processor.StateStore;
import java.util.function.Function;

/**
 * One store of one task, for readers on any thread: the task makes way between two batches of
 * records. What a reading returns must not be lazy: the store goes on when the reading ends.
 */
public interface StateStoreReader {
    /** For single keys. */
    <R> R read(Function<StateStore, R> reading);

    /** For ranges: what the cache holds back goes into the store first. */
    <R> R scan(Function<StateStore, R> reading);
}
