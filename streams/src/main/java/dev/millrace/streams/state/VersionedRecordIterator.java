package dev.millrace.streams.state;

import java.io.Closeable;
import java.util.Iterator;

/** Versions of a key. Must be closed. */
public interface VersionedRecordIterator<V> extends Iterator<VersionedRecord<V>>, Closeable {
    @Override
    void close();
}
