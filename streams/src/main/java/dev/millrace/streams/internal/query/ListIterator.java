package dev.millrace.streams.internal.query;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.state.KeyValueIterator;
import dev.millrace.streams.state.VersionedRecord;
import dev.millrace.streams.state.VersionedRecordIterator;
import dev.millrace.streams.state.WindowStoreIterator;
import java.util.ArrayDeque;
import java.util.List;

/** Rows that were read already. */
public class ListIterator<K, V> implements KeyValueIterator<K, V> {
    private final ArrayDeque<KeyValue<K, V>> rows;

    public ListIterator(List<KeyValue<K, V>> rows) {
        this.rows = new ArrayDeque<>(rows);
    }

    /** By window start. */
    public static final class OfWindows<V> extends ListIterator<Long, V>
            implements WindowStoreIterator<V> {
        public OfWindows(List<KeyValue<Long, V>> rows) {
            super(rows);
        }

        @Override
        public void close() {
            super.close();
        }
    }

    /** Versions of a key. */
    public static final class OfVersions<V> implements VersionedRecordIterator<V> {
        private final ArrayDeque<VersionedRecord<V>> versions;

        public OfVersions(List<VersionedRecord<V>> versions) {
            this.versions = new ArrayDeque<>(versions);
        }

        @Override
        public boolean hasNext() {
            return !versions.isEmpty();
        }

        @Override
        public VersionedRecord<V> next() {
            return versions.remove();
        }

        @Override
        public void close() {
            versions.clear();
        }
    }

    @Override
    public boolean hasNext() {
        return !rows.isEmpty();
    }

    @Override
    public KeyValue<K, V> next() {
        return rows.remove();
    }

    @Override
    public K peekNextKey() {
        return rows.element().key;
    }

    @Override
    public void close() {
        rows.clear();
    }
}
