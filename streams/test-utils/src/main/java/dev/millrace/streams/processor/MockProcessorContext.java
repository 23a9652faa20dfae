package dev.millrace.streams.processor;

import dev.millrace.streams.KeyValue;
import dev.millrace.streams.StreamsMetrics;
import java.io.File;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Serde;
import org.jspecify.annotations.Nullable;

/**
 * Stands in for the context of a transformer that is tested by itself.
 *
 * @see dev.millrace.streams.processor.api.MockProcessorContext
 */
public class MockProcessorContext implements ProcessorContext {
    private final dev.millrace.streams.processor.api.MockProcessorContext<Object, Object> context;
    private final List<CapturedForward> forwards = new ArrayList<>();
    private final List<CapturedPunctuator> punctuators = new ArrayList<>();
    private @Nullable String topic;
    private @Nullable Integer partition;
    private @Nullable Long offset;
    private @Nullable Headers headers;
    private @Nullable Long recordTimestamp;

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
        context =
                new dev.millrace.streams.processor.api.MockProcessorContext<>(
                        config, taskId, stateDir);
    }

    /** A call to {@code schedule}. */
    public static class CapturedPunctuator {
        private final @Nullable Instant startTime;
        private final long intervalMs;
        private final PunctuationType type;
        private final Punctuator punctuator;
        private boolean cancelled;

        private CapturedPunctuator(
                @Nullable Instant startTime,
                long intervalMs,
                PunctuationType type,
                Punctuator punctuator) {
            this.startTime = startTime;
            this.intervalMs = intervalMs;
            this.type = type;
            this.punctuator = punctuator;
        }

        /** Null when the call names none. */
        public @Nullable Instant getStartTime() {
            return startTime;
        }

        public long getIntervalMs() {
            return intervalMs;
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

    /** A call to {@code forward}. */
    public static class CapturedForward {
        private final @Nullable String childName;
        private final long timestamp;
        private final Headers headers;
        private final KeyValue<Object, Object> keyValue;

        private CapturedForward(
                KeyValue<Object, Object> keyValue, To to, long timestamp, Headers headers) {
            this.childName = to.childName;
            this.timestamp = to.timestamp < 0 ? timestamp : to.timestamp;
            this.headers = headers;
            this.keyValue = keyValue;
        }

        /** Null: all children get it. */
        public @Nullable String childName() {
            return childName;
        }

        public long timestamp() {
            return timestamp;
        }

        public KeyValue<Object, Object> keyValue() {
            return keyValue;
        }

        public Headers headers() {
            return headers;
        }

        @Override
        public String toString() {
            return "CapturedForward{childName="
                    + childName
                    + ", timestamp="
                    + timestamp
                    + ", keyValue="
                    + keyValue
                    + "}";
        }
    }

    @Override
    public String applicationId() {
        return context.applicationId();
    }

    @Override
    public TaskId taskId() {
        return context.taskId();
    }

    @Override
    public Map<String, Object> appConfigs() {
        return context.appConfigs();
    }

    @Override
    public Map<String, Object> appConfigsWithPrefix(String prefix) {
        return context.appConfigsWithPrefix(prefix);
    }

    @Override
    public long currentSystemTimeMs() {
        return context.currentSystemTimeMs();
    }

    @Override
    public long currentStreamTimeMs() {
        return context.currentStreamTimeMs();
    }

    @Override
    public Serde<?> keySerde() {
        return context.keySerde();
    }

    @Override
    public Serde<?> valueSerde() {
        return context.valueSerde();
    }

    @Override
    public File stateDir() {
        return context.stateDir();
    }

    @Override
    public StreamsMetrics metrics() {
        return context.metrics();
    }

    public void setRecordMetadata(
            String topic, int partition, long offset, Headers headers, long timestamp) {
        setTopic(topic);
        setPartition(partition);
        setOffset(offset);
        setHeaders(headers);
        setRecordTimestamp(timestamp);
    }

    public void setTopic(String topic) {
        this.topic = topic;
    }

    public void setPartition(int partition) {
        this.partition = partition;
    }

    public void setOffset(long offset) {
        this.offset = offset;
    }

    public void setHeaders(Headers headers) {
        this.headers = headers;
    }

    public void setRecordTimestamp(long recordTimestamp) {
        this.recordTimestamp = recordTimestamp;
    }

    public void setCurrentSystemTimeMs(long currentSystemTimeMs) {
        context.setCurrentSystemTimeMs(currentSystemTimeMs);
    }

    public void setCurrentStreamTimeMs(long currentStreamTimeMs) {
        context.setCurrentStreamTimeMs(currentStreamTimeMs);
    }

    private static <T> T set(@Nullable T value, String what, String setter) {
        if (value == null) {
            throw new IllegalStateException(
                    what + " must be set before use via setRecordMetadata() or " + setter + "().");
        }
        return value;
    }

    @Override
    public String topic() {
        return set(topic, "Topic", "setTopic");
    }

    @Override
    public int partition() {
        return set(partition, "Partition", "setPartition");
    }

    @Override
    public long offset() {
        return set(offset, "Offset", "setOffset");
    }

    /** Empty before they are set. */
    @Override
    public Headers headers() {
        return headers == null ? new RecordHeaders() : headers;
    }

    @Override
    public long timestamp() {
        return set(recordTimestamp, "Timestamp", "setRecordTimestamp");
    }

    @Override
    public void register(StateStore store, StateRestoreCallback stateRestoreCallback) {
        context.addStateStore(store);
    }

    /** Null for one that was not registered. */
    @Override
    @SuppressWarnings("TypeParameterUnusedInFormals") // Kafka Streams' signature
    public <S extends StateStore> S getStateStore(String name) {
        return context.getStateStore(name);
    }

    @Override
    public Cancellable schedule(Duration interval, PunctuationType type, Punctuator callback) {
        if (interval.toMillis() < 1) {
            throw new IllegalArgumentException(
                    "The minimum supported scheduling interval is 1 millisecond.");
        }
        return note(new CapturedPunctuator(null, interval.toMillis(), type, callback));
    }

    @Override
    public Cancellable schedule(
            Instant startTime, Duration interval, PunctuationType type, Punctuator callback) {
        return note(new CapturedPunctuator(startTime, interval.toMillis(), type, callback));
    }

    private Cancellable note(CapturedPunctuator punctuator) {
        punctuators.add(punctuator);
        return punctuator::cancel;
    }

    public List<CapturedPunctuator> scheduledPunctuators() {
        return List.copyOf(punctuators);
    }

    @Override
    public <K, V> void forward(K key, V value) {
        forward(key, value, To.all());
    }

    @Override
    public <K, V> void forward(K key, V value, To to) {
        long timestamp = recordTimestamp == null ? -1 : recordTimestamp;
        forwards.add(new CapturedForward(new KeyValue<>(key, value), to, timestamp, headers()));
    }

    /** In order. */
    public List<CapturedForward> forwarded() {
        return List.copyOf(forwards);
    }

    /** What a child gets, in order. */
    public List<CapturedForward> forwarded(String childName) {
        return forwards.stream()
                .filter(each -> each.childName() == null || childName.equals(each.childName()))
                .toList();
    }

    public void resetForwards() {
        forwards.clear();
    }

    @Override
    public void commit() {
        context.commit();
    }

    /** Whether a commit was asked for since the last reset. */
    public boolean committed() {
        return context.committed();
    }

    public void resetCommit() {
        context.resetCommit();
    }
}
