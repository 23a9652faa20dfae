package dev.millrace.streams.kstream;

/** A side effect per record; repeated when records are processed again after a crash. */
@FunctionalInterface
public interface ForeachAction<K, V> {
    void apply(K key, V value);
}
