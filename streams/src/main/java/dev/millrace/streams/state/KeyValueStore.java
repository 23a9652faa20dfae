package dev.millrace.streams.state;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.processor.StateStore;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A map that is backed by a changelog topic, unless that is switched off. A null value deletes. */
public interface KeyValueStore<K, V> extends StateStore, ReadOnlyKeyValueStore<K, V> {
    void put(K key, @Nullable V value);

    /**
     * @return the value that was there, null if the new one was stored
     */
    @Nullable V putIfAbsent(K key, V value);

    void putAll(List<KeyValue<K, V>> entries);

    /**
     * @return the deleted value
     */
    @Nullable V delete(K key);
}
