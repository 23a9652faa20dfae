package dev.millrace.streams.state;

import dev.millrace.streams.kstream.Windowed;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Values by key and window start. Bounds of time are inclusive and are those of window starts;
 * iterators must be closed.
 */
public interface ReadOnlyWindowStore<K, V> {
    /**
     * @param time start of the window, milliseconds since the epoch
     */
    @Nullable V fetch(K key, long time);

    /** The windows of a key, earliest first. */
    WindowStoreIterator<V> fetch(K key, Instant timeFrom, Instant timeTo);

    default WindowStoreIterator<V> backwardFetch(K key, Instant timeFrom, Instant timeTo) {
        throw new UnsupportedOperationException("This store has no backward iterators");
    }

    /**
     * @param keyFrom null for the very first
     * @param keyTo inclusive, null for the very last
     */
    KeyValueIterator<Windowed<K>, V> fetch(
            @Nullable K keyFrom, @Nullable K keyTo, Instant timeFrom, Instant timeTo);

    default KeyValueIterator<Windowed<K>, V> backwardFetch(
            @Nullable K keyFrom, @Nullable K keyTo, Instant timeFrom, Instant timeTo) {
        throw new UnsupportedOperationException("This store has no backward iterators");
    }

    KeyValueIterator<Windowed<K>, V> all();

    default KeyValueIterator<Windowed<K>, V> backwardAll() {
        throw new UnsupportedOperationException("This store has no backward iterators");
    }

    KeyValueIterator<Windowed<K>, V> fetchAll(Instant timeFrom, Instant timeTo);

    default KeyValueIterator<Windowed<K>, V> backwardFetchAll(Instant timeFrom, Instant timeTo) {
        throw new UnsupportedOperationException("This store has no backward iterators");
    }
}
