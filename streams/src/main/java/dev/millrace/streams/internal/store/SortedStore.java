package dev.millrace.streams.internal.store;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.state.KeyValueIterator;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NoSuchElementException;
import java.util.concurrent.ConcurrentSkipListMap;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/** Rows on the heap, in order: for stores that are mostly asked for ranges. */
public final class SortedStore implements LocalStore {
    private final String name;
    private final NavigableMap<Bytes, byte[]> rows = new ConcurrentSkipListMap<>();
    private boolean open;

    public SortedStore(String name) {
        this.name = name;
    }

    @Override
    public void open(Path directory) {
        open = true;
    }

    @Override
    public byte @Nullable [] get(Bytes key) {
        return rows.get(key);
    }

    @Override
    public void put(Bytes key, byte @Nullable [] value) {
        if (value == null) {
            rows.remove(key);
        } else {
            rows.put(key, value);
        }
    }

    @Override
    public byte @Nullable [] putIfAbsent(Bytes key, byte[] value) {
        return rows.putIfAbsent(key, value);
    }

    @Override
    public void putAll(List<KeyValue<Bytes, byte[]>> entries) {
        entries.forEach(entry -> put(entry.key, entry.value));
    }

    @Override
    public byte @Nullable [] delete(Bytes key) {
        return rows.remove(key);
    }

    @Override
    public KeyValueIterator<Bytes, byte[]> range(@Nullable Bytes from, @Nullable Bytes to) {
        return new Entries(between(from, to));
    }

    @Override
    public KeyValueIterator<Bytes, byte[]> reverseRange(@Nullable Bytes from, @Nullable Bytes to) {
        return new Entries(between(from, to).descendingMap());
    }

    private NavigableMap<Bytes, byte[]> between(@Nullable Bytes from, @Nullable Bytes to) {
        if (from != null && to != null && from.compareTo(to) > 0) {
            return java.util.Collections.emptyNavigableMap();
        }
        NavigableMap<Bytes, byte[]> found = from == null ? rows : rows.tailMap(from, true);
        return to == null ? found : found.headMap(to, true);
    }

    @Override
    public KeyValueIterator<Bytes, byte[]> all() {
        return range(null, null);
    }

    @Override
    public KeyValueIterator<Bytes, byte[]> reverseAll() {
        return reverseRange(null, null);
    }

    @Override
    public long approximateNumEntries() {
        return rows.size();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void close() {
        open = false;
        rows.clear();
    }

    @Override
    public boolean persistent() {
        return false;
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    private static final class Entries implements KeyValueIterator<Bytes, byte[]> {
        private final Iterator<Map.Entry<Bytes, byte[]>> entries;
        private @Nullable KeyValue<Bytes, byte[]> next;

        Entries(NavigableMap<Bytes, byte[]> rows) {
            this.entries = rows.entrySet().iterator();
            advance();
        }

        private void advance() {
            if (entries.hasNext()) {
                Map.Entry<Bytes, byte[]> entry = entries.next();
                next = new KeyValue<>(entry.getKey(), entry.getValue());
            } else {
                next = null;
            }
        }

        @Override
        public boolean hasNext() {
            return next != null;
        }

        @Override
        public KeyValue<Bytes, byte[]> next() {
            KeyValue<Bytes, byte[]> current = next;
            if (current == null) {
                throw new NoSuchElementException();
            }
            advance();
            return current;
        }

        @Override
        public Bytes peekNextKey() {
            if (next == null) {
                throw new NoSuchElementException();
            }
            return next.key;
        }

        @Override
        public void close() {}
    }
}
