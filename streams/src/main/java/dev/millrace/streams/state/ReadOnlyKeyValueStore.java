package dev.millrace.streams.state;

import org.jspecify.annotations.Nullable;

/** Keys in ascending order of their bytes. Iterators must be closed. */
public interface ReadOnlyKeyValueStore<K, V> {
    @Nullable V get(K key);

    /**
     * @param from first key, null for the very first; to: last key, inclusive, null for the very
     *     last
     */
    KeyValueIterator<K, V> range(@Nullable K from, @Nullable K to);

    KeyValueIterator<K, V> reverseRange(@Nullable K from, @Nullable K to);

    KeyValueIterator<K, V> all();

    KeyValueIterator<K, V> reverseAll();

    long approximateNumEntries();
}
