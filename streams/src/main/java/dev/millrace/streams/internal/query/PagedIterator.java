package dev.millrace.streams.internal.query;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.state.KeyValueIterator;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Rows of several stores, one after the other, a page at a time: each page is read at once, and
 * between two pages the store may change.
 */
final class PagedIterator<K, V> implements KeyValueIterator<K, V> {
    static final int PAGE_ROWS = 500;

    /** Reads one page of one store. */
    @FunctionalInterface
    interface Pages<K, V> {
        /**
         * @param after key of the last row of the page before; null: the first page
         * @return up to {@link #PAGE_ROWS} rows; fewer: there are no more
         */
        List<KeyValue<K, V>> read(@Nullable K after);
    }

    private final Iterator<Pages<K, V>> stores;
    private final ArrayDeque<KeyValue<K, V>> page = new ArrayDeque<>();
    private @Nullable Pages<K, V> store;
    private @Nullable K last;
    private boolean closed;

    PagedIterator(List<Pages<K, V>> stores) {
        this.stores = stores.iterator();
    }

    /** Takes a page from an iterator, behind a key. */
    static <K, V> List<KeyValue<K, V>> page(KeyValueIterator<K, V> rows, @Nullable K after) {
        List<KeyValue<K, V>> page = new ArrayList<>();
        try (rows) {
            while (rows.hasNext() && page.size() < PAGE_ROWS) {
                KeyValue<K, V> row = rows.next();
                if (after == null || !Objects.deepEquals(after, row.key)) {
                    page.add(row);
                }
            }
        }
        return page;
    }

    @Override
    public boolean hasNext() {
        while (page.isEmpty() && !closed) {
            if (store == null) {
                if (!stores.hasNext()) {
                    return false;
                }
                store = stores.next();
                last = null;
            }
            List<KeyValue<K, V>> next = store.read(last);
            page.addAll(next);
            if (next.size() < PAGE_ROWS) {
                store = null;
            } else {
                last = next.get(next.size() - 1).key;
            }
        }
        return !page.isEmpty();
    }

    @Override
    public KeyValue<K, V> next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return page.remove();
    }

    @Override
    public K peekNextKey() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return page.element().key;
    }

    @Override
    public void close() {
        closed = true;
        page.clear();
    }
}
