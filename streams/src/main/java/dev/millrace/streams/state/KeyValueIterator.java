package dev.millrace.streams.state;

import dev.millrace.streams.KeyValue;
import java.io.Closeable;
import java.util.Iterator;

/** Must be closed: it may hold resources of the store. */
public interface KeyValueIterator<K, V> extends Iterator<KeyValue<K, V>>, Closeable {
    @Override
    void close();

    /** The next key, without moving. */
    K peekNextKey();
}
