package dev.millrace.streams.kstream;

import dev.millrace.streams.processor.ProcessorContext;

/**
 * Turns a value into another one.
 *
 * @deprecated no operator takes it any more, as in Kafka Streams: use {@code process} and {@code
 *     processValues}
 */
@Deprecated
public interface ValueTransformer<V, VR> {
    void init(ProcessorContext context);

    VR transform(V value);

    void close();
}
