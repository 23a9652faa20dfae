package dev.millrace.streams.internal.task;

import dev.millrace.streams.StreamsMetrics;
import dev.millrace.streams.internal.store.CustomStore;
import dev.millrace.streams.processor.CommitCallback;
import dev.millrace.streams.processor.StateRestoreCallback;
import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.processor.StateStoreContext;
import dev.millrace.streams.processor.TaskId;
import dev.millrace.streams.processor.api.RecordMetadata;
import java.io.File;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.serialization.Serde;
import org.jspecify.annotations.Nullable;

/** What a store sees of its task. */
final class StoreContext implements StateStoreContext {
    private final TaskContext context;
    private final @Nullable CustomStore store;

    /**
     * @param store that may register a callback; others are restored without one
     */
    StoreContext(TaskContext context, @Nullable CustomStore store) {
        this.context = context;
        this.store = store;
    }

    @Override
    public String applicationId() {
        return context.config().applicationId();
    }

    @Override
    public TaskId taskId() {
        return context.taskId();
    }

    @Override
    public Optional<RecordMetadata> recordMetadata() {
        return context.recordMetadata();
    }

    @Override
    public Serde<?> keySerde() {
        return context.config().defaultKeySerde();
    }

    @Override
    public Serde<?> valueSerde() {
        return context.config().defaultValueSerde();
    }

    @Override
    public File stateDir() {
        return context.stateDirectory().toFile();
    }

    @Override
    public StreamsMetrics metrics() {
        return context.metrics();
    }

    @Override
    public void register(StateStore registered, StateRestoreCallback callback) {
        if (store != null) {
            store.register(callback, null);
        }
    }

    @Override
    public void register(
            StateStore registered, StateRestoreCallback callback, CommitCallback commitCallback) {
        if (store != null) {
            store.register(callback, commitCallback);
        }
    }

    @Override
    public Map<String, Object> appConfigs() {
        return context.config().originals();
    }

    @Override
    public Map<String, Object> appConfigsWithPrefix(String prefix) {
        return context.config().originalsWithPrefix(prefix);
    }
}
