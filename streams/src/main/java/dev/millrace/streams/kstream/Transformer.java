package dev.millrace.streams.kstream;

import dev.millrace.streams.processor.ProcessorContext;

/**
 * Turns a record into another one, or null.
 *
 * @deprecated no operator takes it any more, as in Kafka Streams: use {@code process} and {@code
 *     processValues}
 */
@Deprecated
public interface Transformer<K, V, R> {
    void init(ProcessorContext context);

    R transform(K key, V value);

    void close();
}
