package dev.millrace.streams.kstream;

/** Whether a record passes. */
@FunctionalInterface
public interface Predicate<K, V> {
    boolean test(K key, V value);
}
