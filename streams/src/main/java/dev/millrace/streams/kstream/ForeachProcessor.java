package dev.millrace.streams.kstream;

import dev.millrace.streams.processor.api.Processor;
import dev.millrace.streams.processor.api.Record;

/**
 * Calls an action for each record, and forwards nothing.
 *
 * @deprecated as in Kafka Streams: it never was meant for programs
 */
@Deprecated
public class ForeachProcessor<K, V> implements Processor<K, V, Void, Void> {
    private final ForeachAction<K, V> action;

    public ForeachProcessor(ForeachAction<K, V> action) {
        this.action = action;
    }

    @Override
    public void process(Record<K, V> record) {
        action.apply(record.key(), record.value());
    }
}
