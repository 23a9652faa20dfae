package dev.millrace.streams.internal.task;

import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.StreamsMetrics;
import dev.millrace.streams.errors.ProcessingExceptionHandler;
import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.internal.store.CustomStore;
import dev.millrace.streams.internal.store.RowStore;
import dev.millrace.streams.internal.store.TaskStore;
import dev.millrace.streams.internal.store.VersionedRows;
import dev.millrace.streams.processor.Cancellable;
import dev.millrace.streams.processor.PunctuationType;
import dev.millrace.streams.processor.Punctuator;
import dev.millrace.streams.processor.RecordContext;
import dev.millrace.streams.processor.TaskId;
import dev.millrace.streams.processor.api.Record;
import dev.millrace.streams.processor.api.RecordMetadata;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the nodes of a task share: stores, clock, output, and the origin of the record in hand. */
public final class TaskContext implements RowStore.HeadersOfRecord {
    private static final Logger LOG = LoggerFactory.getLogger(TaskContext.class);

    private final TaskId taskId;
    private final StreamsConfig config;
    private final RecordCollector collector;
    private final Path stateDirectory;
    private final LongSupplier wallClockMs;
    private final StreamsMetrics metrics;
    private final Map<String, TaskStore> stores = new LinkedHashMap<>();
    private final Map<String, TaskStore> globalStores;
    private final List<Punctuation> punctuations = new ArrayList<>();

    private @Nullable ConsumerRecord<byte[], byte[]> origin;
    private @Nullable TopicPartition handedOverFrom;
    private Inlet.@Nullable Handed handedOver;
    private Headers headers = new RecordHeaders();
    private long recordTimestamp;
    private long streamTime = -1;
    private final Map<String, Object> shared = new HashMap<>();
    private final Map<String, Long> marks = new HashMap<>();
    private boolean progressed;
    private boolean latest = true;
    private boolean commitRequested;
    private @Nullable ProcessingExceptionHandler processingHandler;
    private long droppedRecords;

    TaskContext(
            TaskId taskId,
            StreamsConfig config,
            RecordCollector collector,
            Path stateDirectory,
            LongSupplier wallClockMs,
            Map<String, TaskStore> globalStores,
            StreamsMetrics metrics) {
        this.metrics = metrics;
        this.globalStores = globalStores;
        this.taskId = taskId;
        this.config = config;
        this.collector = collector;
        this.stateDirectory = stateDirectory;
        this.wallClockMs = wallClockMs;
    }

    /** What was committed with a position of the task; of several, the furthest counts. */
    void resume(Progress committed) {
        streamTime = Math.max(streamTime, committed.partitionTime());
        committed.marks().forEach((name, value) -> marks.merge(name, value, Math::max));
    }

    /** How far a processor has come; null: it was never said. Committed with the positions. */
    @Nullable Long mark(String name) {
        return marks.get(name);
    }

    void mark(String name, long value) {
        Long before = marks.put(name, value);
        progressed |= before == null || before != value;
    }

    /** The time that a node had reached, which has a store of this name; -1: none. */
    long markedTime(String store) {
        return marks.getOrDefault(Progress.TIME_OF + store, -1L);
    }

    void markTime(String store, long time) {
        if (time >= 0) {
            mark(Progress.TIME_OF + store, time);
        }
    }

    Map<String, Long> marks() {
        return Map.copyOf(marks);
    }

    boolean hasProgressed() {
        return progressed;
    }

    void progressCommitted() {
        progressed = false;
    }

    void begin(ConsumerRecord<byte[], byte[]> record, long timestamp) {
        origin = record;
        headers = record.headers();
        recordTimestamp = timestamp;
        streamTime = Math.max(streamTime, timestamp);
    }

    void end() {
        origin = null;
    }

    /** Where the context stands between two steps of another task. */
    record Place(
            @Nullable ConsumerRecord<byte[], byte[]> origin, Headers headers, long timestamp) {}

    /** A record that came without its topic; {@link #leave} after it. */
    Place enter(TopicPartition from, Inlet.Handed record) {
        Place before = new Place(origin, headers, recordTimestamp);
        origin = null;
        handedOverFrom = from;
        handedOver = record;
        headers = record.headers();
        recordTimestamp = record.timestamp();
        streamTime = Math.max(streamTime, recordTimestamp);
        return before;
    }

    void leave(Place before) {
        origin = before.origin;
        handedOverFrom = null;
        handedOver = null;
        headers = before.headers;
        recordTimestamp = before.timestamp;
    }

    TaskId taskId() {
        return taskId;
    }

    StreamsConfig config() {
        return config;
    }

    RecordCollector collector() {
        return collector;
    }

    Path stateDirectory() {
        return stateDirectory;
    }

    StreamsMetrics metrics() {
        return metrics;
    }

    long wallClockMs() {
        return wallClockMs.getAsLong();
    }

    long streamTime() {
        return streamTime;
    }

    long recordTimestamp() {
        return recordTimestamp;
    }

    @Nullable ConsumerRecord<byte[], byte[]> origin() {
        return origin;
    }

    RecordContext recordContext(long timestamp) {
        TopicPartition from = handedOverFrom;
        return from == null
                ? Origin.of(origin, timestamp, headers)
                : new Origin(from.topic(), from.partition(), -1, timestamp, headers, null, null);
    }

    @Override
    public Headers headers() {
        return headers;
    }

    @Override
    public void headers(Headers headers) {
        this.headers = headers;
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // the very key, written by the very serialiser
    public byte @Nullable [] bytesOf(Object key, Serializer<?> serializer) {
        Inlet.Handed record = handedOver;
        return record != null && record.key() == key && record.keySerializer() == serializer
                ? record.keyBytes()
                : null;
    }

    void add(TaskStore store) {
        stores.put(store.name(), store);
    }

    void open(TaskStore store, boolean holdWrites) {
        if (holdWrites) {
            store.holdWrites();
        }
        if (store instanceof RowStore rows) {
            rows.openIn(new StoreContext(this, null));
        } else if (store instanceof VersionedRows versioned) {
            versioned.below().configure(config.originals());
            versioned.below().open(stateDirectory);
        } else {
            CustomStore custom = (CustomStore) store;
            custom.init(new StoreContext(this, custom));
        }
    }

    Map<String, TaskStore> stores() {
        return stores;
    }

    TaskStore store(String name) {
        TaskStore found = stores.get(name);
        if (found == null) {
            found = globalStores.get(name);
        }
        if (found == null) {
            throw new StreamsException("Task " + taskId + " has no store " + name);
        }
        return found;
    }

    /** A store that every processor may read. */
    boolean isGlobal(String name) {
        return globalStores.containsKey(name);
    }

    /** Held while a global store is read. */
    Object globalLock() {
        return globalStores;
    }

    /** A store of rows: of a table, of windows or of sessions. */
    RowStore rows(String name) {
        if (store(name) instanceof RowStore rows) {
            return rows;
        }
        throw new StreamsException("Store " + name + " keeps no rows of a table");
    }

    Optional<RecordMetadata> recordMetadata() {
        ConsumerRecord<byte[], byte[]> record = origin;
        return record == null
                ? Optional.empty()
                : Optional.of(new Metadata(record.topic(), record.partition(), record.offset()));
    }

    private record Metadata(String topic, int partition, long offset) implements RecordMetadata {}

    /** What several nodes of the task share under a name; the first one makes it. */
    <T> T shared(String name, Supplier<T> fresh) {
        return Erased.cast(shared.computeIfAbsent(name, each -> fresh.get()));
    }

    /** Whether the change being processed is of the newest version of its row. */
    boolean latest() {
        return latest;
    }

    void latest(boolean latest) {
        this.latest = latest;
    }

    /** Counts a record that has no place in an aggregation or table; the first one is logged. */
    void dropped(String reason) {
        if (droppedRecords++ == 0) {
            RecordContext record = recordContext(0);
            LOG.warn(
                    "Task {} drops a record because of its {}: {}. Further ones are counted, not logged.",
                    taskId,
                    reason,
                    record.topic().isEmpty()
                            ? "no origin"
                            : record.topic()
                                    + "-"
                                    + record.partition()
                                    + " offset "
                                    + record.offset());
        }
    }

    long droppedRecords() {
        return droppedRecords;
    }

    /**
     * Asks the handler about a record that made a node fail.
     *
     * @throws RecordFailedException when the handler says so
     */
    void failed(
            String node,
            @Nullable Object key,
            @Nullable Object value,
            long timestamp,
            RuntimeException cause) {
        ErrorContext where = ErrorContext.of(taskId, node, origin, timestamp);
        if (taskId.subtopology() < 0 && !asksAboutGlobalStores()) {
            throw failure(where, node, cause);
        }
        Record<Object, Object> record =
                new Record<>(Erased.any(key), Erased.any(value), Math.max(0, timestamp), headers);
        ProcessingExceptionHandler.Response response;
        try {
            response = processingHandler().handleError(where, record, cause);
        } catch (RuntimeException e) {
            throw new RecordFailedException("The handler failed at a record that failed", e);
        }
        bury(response.deadLetterQueueRecords());
        if (response.result() == ProcessingExceptionHandler.Result.FAIL) {
            throw failure(where, node, cause);
        }
        droppedRecords++;
    }

    private boolean asksAboutGlobalStores() {
        return config.getBoolean(StreamsConfig.PROCESSING_EXCEPTION_HANDLER_GLOBAL_ENABLED_CONFIG);
    }

    private RecordFailedException failure(ErrorContext where, String node, RuntimeException cause) {
        return new RecordFailedException(
                "Exception caught in process. taskId="
                        + taskId
                        + ", processor="
                        + node
                        + ", topic="
                        + where.topic()
                        + ", partition="
                        + where.partition()
                        + ", offset="
                        + where.offset()
                        + ": "
                        + cause,
                cause);
    }

    private ProcessingExceptionHandler processingHandler() {
        ProcessingExceptionHandler made = processingHandler;
        if (made == null) {
            made = config.processingExceptionHandler();
            processingHandler = made;
        }
        return made;
    }

    ErrorContext errorContext(String node) {
        return ErrorContext.of(taskId, node, origin, recordTimestamp);
    }

    /** Writes what a handler wants to keep of a record. */
    void bury(List<ProducerRecord<byte[], byte[]>> deadLetters) {
        for (ProducerRecord<byte[], byte[]> letter : deadLetters) {
            Long timestamp = letter.timestamp();
            collector.send(
                    letter.topic(),
                    letter.partition(),
                    letter.key(),
                    letter.value(),
                    timestamp == null ? wallClockMs() : timestamp,
                    letter.headers());
        }
    }

    void requestCommit() {
        commitRequested = true;
    }

    /** Whether a processor asked for a commit since the last call. */
    boolean takeCommitRequest() {
        boolean requested = commitRequested;
        commitRequested = false;
        return requested;
    }

    Cancellable schedule(long intervalMs, PunctuationType type, Punctuator callback) {
        // Stream time punctuations are aligned with the epoch and begin with the first record.
        return schedule(
                type == PunctuationType.STREAM_TIME ? 0 : wallClockMs() + intervalMs,
                intervalMs,
                type,
                callback);
    }

    Cancellable schedule(long first, long intervalMs, PunctuationType type, Punctuator callback) {
        if (intervalMs < 1) {
            throw new IllegalArgumentException(
                    "A punctuation interval is at least 1 ms, not " + intervalMs);
        }
        Punctuation added = new Punctuation(intervalMs, type, callback, first);
        punctuations.add(added);
        return () -> punctuations.remove(added);
    }

    /** Calls what is due; whether anything was. */
    boolean punctuate(PunctuationType type) {
        long now = type == PunctuationType.STREAM_TIME ? streamTime : wallClockMs();
        boolean called = false;
        for (Punctuation each : List.copyOf(punctuations)) {
            if (each.type == type
                    && now >= each.nextMs
                    && now >= 0
                    && punctuations.contains(each)) {
                long missed = (now - each.nextMs) / each.intervalMs;
                each.nextMs += (missed + 1) * each.intervalMs;
                origin = null;
                headers = new RecordHeaders();
                recordTimestamp = now;
                each.callback.punctuate(now);
                called = true;
            }
        }
        return called;
    }

    private static final class Punctuation {
        final long intervalMs;
        final PunctuationType type;
        final Punctuator callback;
        long nextMs;

        Punctuation(long intervalMs, PunctuationType type, Punctuator callback, long nextMs) {
            this.intervalMs = intervalMs;
            this.type = type;
            this.callback = callback;
            this.nextMs = nextMs;
        }
    }
}
