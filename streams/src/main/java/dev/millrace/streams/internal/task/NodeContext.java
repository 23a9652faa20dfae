package dev.millrace.streams.internal.task;

import dev.millrace.streams.StreamsMetrics;
import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.internal.store.SharedView;
import dev.millrace.streams.processor.Cancellable;
import dev.millrace.streams.processor.PunctuationType;
import dev.millrace.streams.processor.Punctuator;
import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.processor.TaskId;
import dev.millrace.streams.processor.api.ProcessingContext;
import dev.millrace.streams.processor.api.RecordMetadata;
import java.io.File;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.serialization.Serde;

/** What a program's own processor sees of its task, but where its output goes. */
abstract class NodeContext implements ProcessingContext {
    private final String name;
    private final TaskContext context;
    private final Set<String> storeNames;

    NodeContext(String name, TaskContext context, Set<String> storeNames) {
        this.name = name;
        this.context = context;
        this.storeNames = storeNames;
    }

    @Override
    @SuppressWarnings("TypeParameterUnusedInFormals") // Kafka Streams' signature
    public <S extends StateStore> S getStateStore(String storeName) {
        if (!storeNames.contains(storeName) && !context.isGlobal(storeName)) {
            throw new StreamsException(
                    "Processor "
                            + name
                            + " has no access to StateStore "
                            + storeName
                            + " as the store is not connected to the processor. Name it when the"
                            + " processor is added, or call connectProcessorAndStateStores().");
        }
        StateStore view = context.store(storeName).view(context::recordTimestamp);
        return Erased.cast(
                context.isGlobal(storeName) ? SharedView.of(view, context.globalLock()) : view);
    }

    @Override
    public Cancellable schedule(Duration interval, PunctuationType type, Punctuator callback) {
        return context.schedule(interval.toMillis(), type, callback);
    }

    @Override
    public Cancellable schedule(
            Instant startTime, Duration interval, PunctuationType type, Punctuator callback) {
        return context.schedule(startTime.toEpochMilli(), interval.toMillis(), type, callback);
    }

    @Override
    public void commit() {
        context.requestCommit();
    }

    @Override
    public Optional<RecordMetadata> recordMetadata() {
        return context.recordMetadata();
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
    public long currentSystemTimeMs() {
        return context.wallClockMs();
    }

    @Override
    public long currentStreamTimeMs() {
        return context.streamTime();
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
