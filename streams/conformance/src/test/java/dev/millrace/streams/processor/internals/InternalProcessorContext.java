package dev.millrace.streams.processor.internals;

import dev.millrace.streams.processor.api.ProcessorContext;

/** Named by Kafka Streams' mocks, for what their contexts can do; no context of ours is one. */
public interface InternalProcessorContext<K, V> extends ProcessorContext<K, V> {
    void addProcessorMetadataKeyValue(String key, long value);
}
