package dev.millrace.streams.state;

/** Values of a key by window start, milliseconds since the epoch. Must be closed. */
public interface WindowStoreIterator<V> extends KeyValueIterator<Long, V> {
    @Override
    void close();
}
