package dev.millrace.streams.processor;

/** Chooses the topic of a record; the topic must exist. */
@FunctionalInterface
public interface TopicNameExtractor<K, V> {
    String extract(K key, V value, RecordContext recordContext);
}
