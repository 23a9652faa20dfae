package dev.millrace.streams.internal.task;

import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.processor.ProcessorContext;
import dev.millrace.streams.processor.StateRestoreCallback;
import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.processor.To;
import dev.millrace.streams.processor.api.RecordMetadata;
import java.util.Set;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/** What a transformer sees of its task. */
final class TransformerContext extends NodeContext implements ProcessorContext {
    private static final String NO_FORWARD =
            "ProcessorContext#forward() not supported: a transformer's result is forwarded.";

    private final TaskContext task;

    TransformerContext(String name, TaskContext task, Set<String> storeNames) {
        super(name, task, storeNames);
        this.task = task;
    }

    @Override
    public <K, V> void forward(K key, V value) {
        throw new StreamsException(NO_FORWARD);
    }

    @Override
    public <K, V> void forward(K key, V value, To to) {
        throw new StreamsException(NO_FORWARD);
    }

    @Override
    public void register(StateStore store, StateRestoreCallback stateRestoreCallback) {
        throw new StreamsException("A transformer's stores are added to the topology");
    }

    @Override
    public @Nullable String topic() {
        return recordMetadata().map(RecordMetadata::topic).orElse(null);
    }

    @Override
    public int partition() {
        return recordMetadata().map(RecordMetadata::partition).orElse(-1);
    }

    @Override
    public long offset() {
        return recordMetadata().map(RecordMetadata::offset).orElse(-1L);
    }

    @Override
    public Headers headers() {
        return task.headers();
    }

    @Override
    public long timestamp() {
        return task.recordTimestamp();
    }
}
