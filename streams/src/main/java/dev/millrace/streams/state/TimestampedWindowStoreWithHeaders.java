package dev.millrace.streams.state;

/** A store of windows that keeps timestamp and headers of the last update of each. */
public interface TimestampedWindowStoreWithHeaders<K, V>
        extends WindowStore<K, ValueTimestampHeaders<V>> {}
