package dev.millrace.streams.state;

/** What a table is kept in: values with the timestamp of their last update. */
public interface TimestampedKeyValueStore<K, V> extends KeyValueStore<K, ValueAndTimestamp<V>> {}
