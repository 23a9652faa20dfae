package dev.millrace.streams.state;

/** A store that keeps timestamp and headers of the last update of each key. */
public interface TimestampedKeyValueStoreWithHeaders<K, V>
        extends KeyValueStore<K, ValueTimestampHeaders<V>> {}
