package dev.millrace.streams.internal.query;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.state.KeyValueIterator;
import java.util.ArrayDeque;
import java.util.List;

/** Rows that were read already. */
public final class ListIterator<K, V> implements KeyValueIterator<K, V> {
    private final ArrayDeque<KeyValue<K, V>> rows;

    public ListIterator(List<KeyValue<K, V>> rows) {
        this.rows = new ArrayDeque<>(rows);
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
