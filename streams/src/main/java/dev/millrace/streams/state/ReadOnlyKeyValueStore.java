package dev.millrace.streams.state;

import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/** Keys in ascending order of their bytes. Iterators must be closed. */
public interface ReadOnlyKeyValueStore<K, V> {
    @Nullable V get(K key);

    /**
     * @param from first key, null for the very first; to: last key, inclusive, null for the very
     *     last
     */
    KeyValueIterator<K, V> range(@Nullable K from, @Nullable K to);

    default KeyValueIterator<K, V> reverseRange(@Nullable K from, @Nullable K to) {
        throw new UnsupportedOperationException("This store has no backward iterators");
    }

    KeyValueIterator<K, V> all();

    default KeyValueIterator<K, V> reverseAll() {
        throw new UnsupportedOperationException("This store has no backward iterators");
    }

    /** The keys whose bytes begin with those of a prefix. */
    default <PS extends Serializer<P>, P> KeyValueIterator<K, V> prefixScan(
            P prefix, PS prefixKeySerializer) {
        throw new UnsupportedOperationException("This store cannot look for prefixes");
    }

    long approximateNumEntries();
}
