package dev.millrace.streams.internal.store;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.state.KeyValueIterator;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.function.Predicate;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/** Entries of a store with newer ones laid over them; both in the same order. */
final class OverlayIterator implements KeyValueIterator<Bytes, byte[]> {
    private final Iterator<Map.Entry<Bytes, byte[]>> newer;
    private final KeyValueIterator<Bytes, byte[]> older;
    private final Predicate<byte[]> deleted;
    private final int sign;
    private Map.@Nullable Entry<Bytes, byte[]> nextNewer;
    private @Nullable KeyValue<Bytes, byte[]> nextOlder;
    private @Nullable KeyValue<Bytes, byte[]> next;

    /**
     * @param newer keys that differ from each other
     * @param deleted whether a newer value says that the key is not there
     */
    OverlayIterator(
            Iterator<Map.Entry<Bytes, byte[]>> newer,
            KeyValueIterator<Bytes, byte[]> older,
            Predicate<byte[]> deleted,
            boolean reverse) {
        this.newer = newer;
        this.older = older;
        this.deleted = deleted;
        this.sign = reverse ? -1 : 1;
        nextNewer = newer.hasNext() ? newer.next() : null;
        nextOlder = older.hasNext() ? older.next() : null;
        advance();
    }

    private void advance() {
        next = null;
        while (next == null) {
            Map.Entry<Bytes, byte[]> fresh = nextNewer;
            KeyValue<Bytes, byte[]> stored = nextOlder;
            if (fresh == null && stored == null) {
                return;
            }
            int order =
                    fresh == null
                            ? 1
                            : stored == null ? -1 : sign * fresh.getKey().compareTo(stored.key);
            if (order >= 0) {
                nextOlder = older.hasNext() ? older.next() : null;
            }
            if (order > 0) {
                next = stored;
            } else if (fresh != null) {
                if (!deleted.test(fresh.getValue())) {
                    next = new KeyValue<>(fresh.getKey(), fresh.getValue());
                }
                nextNewer = newer.hasNext() ? newer.next() : null;
            }
        }
    }

    @Override
    public boolean hasNext() {
        return next != null;
    }

    @Override
    public KeyValue<Bytes, byte[]> next() {
        KeyValue<Bytes, byte[]> entry = next;
        if (entry == null) {
            throw new NoSuchElementException();
        }
        advance();
        return entry;
    }

    @Override
    public Bytes peekNextKey() {
        if (next == null) {
            throw new NoSuchElementException();
        }
        return next.key;
    }

    @Override
    public void close() {
        older.close();
    }
}
