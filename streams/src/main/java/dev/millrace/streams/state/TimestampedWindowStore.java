package dev.millrace.streams.state;

/** What a windowed table is kept in: values with the timestamp of their last update. */
public interface TimestampedWindowStore<K, V> extends WindowStore<K, ValueAndTimestamp<V>> {}
