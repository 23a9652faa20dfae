package dev.millrace.streams.processor.api;

import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.StreamsMetrics;
import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.internal.task.ProgramMetrics;
import dev.millrace.streams.processor.Cancellable;
import dev.millrace.streams.processor.CommitCallback;
import dev.millrace.streams.processor.PunctuationType;
import dev.millrace.streams.processor.Punctuator;
import dev.millrace.streams.processor.StateRestoreCallback;
import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.processor.StateStoreContext;
import dev.millrace.streams.processor.TaskId;
import java.io.File;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import org.apache.kafka.common.metrics.MetricConfig;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.metrics.Sensor;
import org.apache.kafka.common.serialization.Serde;
import org.jspecify.annotations.Nullable;

/**
 * Stands in for the context of a processor that is tested by itself: notes what is forwarded,
 * scheduled and committed. Stores are those that the test adds; give them no changelog.
 */
public class MockProcessorContext<KForward, VForward>
        implements ProcessorContext<KForward, VForward> {
    private final StreamsConfig config;
    private final TaskId taskId;
    private final @Nullable File stateDir;
    private final StreamsMetrics metrics;
    private final Map<String, StateStore> stateStores = new HashMap<>();
    private final List<CapturedPunctuator> punctuators = new ArrayList<>();
    private final List<CapturedForward<? extends KForward, ? extends VForward>> forwards =
            new ArrayList<>();
    private @Nullable RecordMetadata recordMetadata;
    private @Nullable Long currentSystemTimeMs;
    private @Nullable Long currentStreamTimeMs;
    private boolean committed;

    public MockProcessorContext() {
        this(new Properties());
    }

    public MockProcessorContext(Properties config) {
        this(config, new TaskId(0, 0), null);
    }

    /**
     * @param config application.id and bootstrap.servers may be absent
     * @param stateDir null: no store needs one
     */
    public MockProcessorContext(Properties config, TaskId taskId, @Nullable File stateDir) {
        Properties settings = new Properties();
        settings.putAll(config);
        settings.putIfAbsent(StreamsConfig.APPLICATION_ID_CONFIG, "dummy-mock-app-id");
        settings.putIfAbsent(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "dummy-bootstrap-host:0");
        this.config = new StreamsConfig(settings);
        this.taskId = taskId;
        this.stateDir = stateDir;
        this.metrics =
                new ProgramMetrics(
                        new Metrics(new MetricConfig().recordLevel(Sensor.RecordingLevel.DEBUG)),
                        Thread.currentThread().getName());
    }

    /** A call to {@code schedule}. */
    public static final class CapturedPunctuator {
        private final @Nullable Instant startTime;
        private final Duration interval;
        private final PunctuationType type;
        private final Punctuator punctuator;
        private boolean cancelled;

        private CapturedPunctuator(
                @Nullable Instant startTime,
                Duration interval,
                PunctuationType type,
                Punctuator punctuator) {
            this.startTime = startTime;
            this.interval = interval;
            this.type = type;
            this.punctuator = punctuator;
        }

        /** Null when the call names none. */
        public @Nullable Instant getStartTime() {
            return startTime;
        }

        public Duration getInterval() {
            return interval;
        }

        public PunctuationType getType() {
            return type;
        }

        public Punctuator getPunctuator() {
            return punctuator;
        }

        public void cancel() {
            cancelled = true;
        }

        public boolean cancelled() {
            return cancelled;
        }
    }

    /**
     * A call to {@code forward}.
     *
     * @param childName empty when the call names none: all get it
     */
    public record CapturedForward<K, V>(Record<K, V> record, Optional<String> childName) {
        public CapturedForward {
            Objects.requireNonNull(record, "record");
            Objects.requireNonNull(childName, "childName");
        }

        public CapturedForward(Record<K, V> record) {
            this(record, Optional.empty());
        }
    }

    private record Metadata(String topic, int partition, long offset) implements RecordMetadata {}

    @Override
    public String applicationId() {
        return config.applicationId();
    }

    @Override
    public TaskId taskId() {
        return taskId;
    }

    /** With the defaults of what is not set. */
    @Override
    public Map<String, Object> appConfigs() {
        Map<String, Object> all = new HashMap<>(config.originals());
        all.putAll(config.values());
        return all;
    }

    @Override
    public Map<String, Object> appConfigsWithPrefix(String prefix) {
        return config.originalsWithPrefix(prefix);
    }

    @Override
    public long currentSystemTimeMs() {
        if (currentSystemTimeMs == null) {
            throw new IllegalStateException(
                    "System time must be set before use via setCurrentSystemTimeMs().");
        }
        return currentSystemTimeMs;
    }

    @Override
    public long currentStreamTimeMs() {
        if (currentStreamTimeMs == null) {
            throw new IllegalStateException(
                    "Stream time must be set before use via setCurrentStreamTimeMs().");
        }
        return currentStreamTimeMs;
    }

    @Override
    public Serde<?> keySerde() {
        return config.defaultKeySerde();
    }

    @Override
    public Serde<?> valueSerde() {
        return config.defaultValueSerde();
    }

    @Override
    public File stateDir() {
        return Objects.requireNonNull(
                stateDir,
                "The stateDir constructor argument was needed (probably for a state store) but not"
                        + " supplied. Give the context a directory, or use a store in memory.");
    }

    @Override
    public StreamsMetrics metrics() {
        return metrics;
    }

    public void setRecordMetadata(String topic, int partition, long offset) {
        recordMetadata = new Metadata(topic, partition, offset);
    }

    public void setCurrentSystemTimeMs(long currentSystemTimeMs) {
        this.currentSystemTimeMs = currentSystemTimeMs;
    }

    public void setCurrentStreamTimeMs(long currentStreamTimeMs) {
        this.currentStreamTimeMs = currentStreamTimeMs;
    }

    @Override
    public Optional<RecordMetadata> recordMetadata() {
        return Optional.ofNullable(recordMetadata);
    }

    /** Null for one that was not added. */
    @Override
    @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"}) // Kafka Streams' signature
    public <S extends StateStore> S getStateStore(String name) {
        StateStore store = stateStores.get(name);
        return store == null ? null : Erased.cast(store);
    }

    public <S extends StateStore> void addStateStore(S stateStore) {
        stateStores.put(stateStore.name(), stateStore);
    }

    @Override
    public Cancellable schedule(Duration interval, PunctuationType type, Punctuator callback) {
        return note(new CapturedPunctuator(null, interval, type, callback));
    }

    @Override
    public Cancellable schedule(
            Instant startTime, Duration interval, PunctuationType type, Punctuator callback) {
        return note(new CapturedPunctuator(startTime, interval, type, callback));
    }

    private Cancellable note(CapturedPunctuator punctuator) {
        punctuators.add(punctuator);
        return punctuator::cancel;
    }

    public List<CapturedPunctuator> scheduledPunctuators() {
        return List.copyOf(punctuators);
    }

    @Override
    public <K extends KForward, V extends VForward> void forward(Record<K, V> record) {
        forwards.add(new CapturedForward<>(record));
    }

    @Override
    public <K extends KForward, V extends VForward> void forward(
            Record<K, V> record, String childName) {
        forwards.add(new CapturedForward<>(record, Optional.ofNullable(childName)));
    }

    /** In order. */
    public List<CapturedForward<? extends KForward, ? extends VForward>> forwarded() {
        return List.copyOf(forwards);
    }

    /** What a child gets, in order. */
    public List<CapturedForward<? extends KForward, ? extends VForward>> forwarded(
            String childName) {
        List<CapturedForward<? extends KForward, ? extends VForward>> result = new ArrayList<>();
        for (CapturedForward<? extends KForward, ? extends VForward> each : forwards) {
            if (each.childName().isEmpty() || each.childName().get().equals(childName)) {
                result.add(each);
            }
        }
        return result;
    }

    public void resetForwards() {
        forwards.clear();
    }

    @Override
    public void commit() {
        committed = true;
    }

    /** Whether a commit was asked for since the last reset. */
    public boolean committed() {
        return committed;
    }

    public void resetCommit() {
        committed = false;
    }

    /** For {@code StateStore.init}, which adds the store. */
    public StateStoreContext getStateStoreContext() {
        return new OfStores();
    }

    private final class OfStores implements StateStoreContext {
        @Override
        public String applicationId() {
            return MockProcessorContext.this.applicationId();
        }

        @Override
        public TaskId taskId() {
            return taskId;
        }

        @Override
        public Optional<RecordMetadata> recordMetadata() {
            return MockProcessorContext.this.recordMetadata();
        }

        @Override
        public Serde<?> keySerde() {
            return MockProcessorContext.this.keySerde();
        }

        @Override
        public Serde<?> valueSerde() {
            return MockProcessorContext.this.valueSerde();
        }

        @Override
        public File stateDir() {
            return MockProcessorContext.this.stateDir();
        }

        @Override
        public StreamsMetrics metrics() {
            return metrics;
        }

        @Override
        public void register(StateStore store, StateRestoreCallback callback) {
            addStateStore(store);
        }

        @Override
        public void register(
                StateStore store, StateRestoreCallback callback, CommitCallback commitCallback) {
            addStateStore(store);
        }

        @Override
        public Map<String, Object> appConfigs() {
            return MockProcessorContext.this.appConfigs();
        }

        @Override
        public Map<String, Object> appConfigsWithPrefix(String prefix) {
            return MockProcessorContext.this.appConfigsWithPrefix(prefix);
        }
    }
}
