package dev.millrace.streams;

import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.errors.TopologyException;
import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.internal.rx.Outlet;
import dev.millrace.streams.internal.store.CustomStore;
import dev.millrace.streams.internal.store.HeadersView;
import dev.millrace.streams.internal.store.PlainView;
import dev.millrace.streams.internal.store.RowStore;
import dev.millrace.streams.internal.store.TaskStore;
import dev.millrace.streams.internal.store.TimestampedView;
import dev.millrace.streams.internal.task.ProgramMetrics;
import dev.millrace.streams.internal.task.RecordCollector;
import dev.millrace.streams.internal.task.Task;
import dev.millrace.streams.internal.topology.SubtopologySpec;
import dev.millrace.streams.internal.topology.TopologySpec;
import dev.millrace.streams.processor.PunctuationType;
import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.processor.TaskId;
import dev.millrace.streams.state.KeyValueStore;
import dev.millrace.streams.state.SessionStore;
import dev.millrace.streams.state.SessionStoreWithHeaders;
import dev.millrace.streams.state.TimestampedKeyValueStore;
import dev.millrace.streams.state.TimestampedKeyValueStoreWithHeaders;
import dev.millrace.streams.state.TimestampedWindowStore;
import dev.millrace.streams.state.TimestampedWindowStoreWithHeaders;
import dev.millrace.streams.state.ValueAndTimestamp;
import dev.millrace.streams.state.ValueTimestampHeaders;
import dev.millrace.streams.state.VersionedKeyValueStore;
import dev.millrace.streams.state.WindowStore;
import dev.millrace.streams.test.TestRecord;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/**
 * Runs a topology without a broker, one record at a time, in the calling thread: a record is
 * processed to the end, through repartition topics, and committed, before {@code pipeInput}
 * returns. Every topic has one partition. Wall clock time stands still but for {@link
 * #advanceWallClockTime}.
 */
public class TopologyTestDriver implements Closeable {
    private static final int PARTITION = 0;
    private static final double RATE_WINDOW_S = 30;

    /** What a kind of store is called, and how it is got; the special ones first. */
    private static final Map<Class<?>, String> KINDS = kinds();

    private final StreamsConfig config;
    private final @Nullable Path temporaryDirectory;
    private final SubtopologySpec whole;
    private final Set<String> repartitionTopics = new LinkedHashSet<>();
    private final Map<String, ArrayDeque<ProducerRecord<byte[], byte[]>>> outputs =
            new LinkedHashMap<>();
    private final Map<String, Long> nextOffsets = new HashMap<>();
    private final ArrayDeque<ProducerRecord<byte[], byte[]>> produced = new ArrayDeque<>();
    private final Metrics metrics = new Metrics();
    private final Task task;
    private final List<Outlet> outlets;
    private final @Nullable SubtopologySpec globals;
    private final @Nullable Task globalTask;
    private long wallClockMs;
    private long idleSinceMs = -1;

    public TopologyTestDriver(Topology topology) {
        this(topology, new Properties());
    }

    public TopologyTestDriver(Topology topology, Properties config) {
        this(topology, config, Instant.now());
    }

    public TopologyTestDriver(Topology topology, Instant initialWallClockTime) {
        this(topology, new Properties(), initialWallClockTime);
    }

    /**
     * @param config application.id and bootstrap.servers may be absent; without state.dir, stores
     *     live in a directory that is deleted with the driver
     */
    public TopologyTestDriver(
            Topology topology, Properties config, @Nullable Instant initialWallClockTime) {
        Map<Object, Object> settings = new HashMap<>(config);
        settings.putIfAbsent(StreamsConfig.APPLICATION_ID_CONFIG, "topology-test-driver");
        settings.putIfAbsent(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "localhost:1");
        // Wall clock time stands still: nothing may wait for it.
        settings.putIfAbsent(
                StreamsConfig.InternalConfig
                        .EMIT_INTERVAL_MS_KSTREAMS_OUTER_JOIN_SPURIOUS_RESULTS_FIX,
                0L);
        settings.putIfAbsent(
                StreamsConfig.InternalConfig.EMIT_INTERVAL_MS_KSTREAMS_WINDOWED_AGGREGATION, 0L);
        if (!settings.containsKey(StreamsConfig.STATE_DIR_CONFIG)) {
            temporaryDirectory = temporaryDirectory();
            settings.put(StreamsConfig.STATE_DIR_CONFIG, temporaryDirectory.toString());
        } else {
            temporaryDirectory = null;
        }
        this.config = topology.settings(new StreamsConfig(settings));
        this.wallClockMs =
                (initialWallClockTime == null ? Instant.now() : initialWallClockTime)
                        .toEpochMilli();
        String applicationId = this.config.applicationId();
        TopologySpec spec = topology.spec();
        whole = spec.whole(applicationId);
        spec.repartitionTopics()
                .keySet()
                .forEach(topic -> repartitionTopics.add(spec.decorate(topic, applicationId)));
        List<TopicPartition> partitions =
                whole.sourceTopics().stream()
                        .map(topic -> new TopicPartition(topic, PARTITION))
                        .toList();
        globals = spec.globalSubtopology(applicationId).orElse(null);
        Map<String, TaskStore> globalStores = Map.of();
        if (globals == null) {
            globalTask = null;
        } else {
            globalTask =
                    new Task(
                            new TaskId(-1, PARTITION),
                            globals,
                            globals.sourceTopics().stream()
                                    .map(topic -> new TopicPartition(topic, PARTITION))
                                    .toList(),
                            environment(spec, "global", Map.of()));
            globalTask.openStores();
            globalTask.start();
            globalStores = globalTask.stores();
        }
        task =
                new Task(
                        new TaskId(0, PARTITION),
                        whole,
                        partitions,
                        environment(spec, "0_0", globalStores));
        task.openStores();
        task.start();
        outlets = spec.outlets();
        outlets.forEach(each -> each.began(this));
        addMetrics();
        settle();
    }

    private static Path temporaryDirectory() {
        try {
            return Files.createTempDirectory("topology-test-driver");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Task.Environment environment(
            TopologySpec spec, String directory, Map<String, TaskStore> globalStores) {
        String applicationId = config.applicationId();
        return new Task.Environment(
                config,
                new Capture(),
                topic -> spec.decorate(topic, applicationId),
                store -> store.changelogTopic(applicationId),
                topic -> PARTITION,
                null, // it commits after every record: nothing to combine
                config.stateDirectory().resolve(directory),
                () -> wallClockMs,
                globalStores,
                new ProgramMetrics(metrics, Thread.currentThread().getName()));
    }

    private static Map<Class<?>, String> kinds() {
        Map<Class<?>, String> kinds = new LinkedHashMap<>();
        kinds.put(
                TimestampedKeyValueStoreWithHeaders.class,
                "timestamped key-value with headers:getTimestampedKeyValueStoreWithHeaders");
        kinds.put(
                TimestampedKeyValueStore.class,
                "timestamped key-value:getTimestampedKeyValueStore");
        kinds.put(VersionedKeyValueStore.class, "versioned key-value:getVersionedKeyValueStore");
        kinds.put(KeyValueStore.class, "key-value:getKeyValueStore");
        kinds.put(
                TimestampedWindowStoreWithHeaders.class,
                "timestamped window with headers:getTimestampedWindowStoreWithHeaders");
        kinds.put(TimestampedWindowStore.class, "timestamped window:getTimestampedWindowStore");
        kinds.put(WindowStore.class, "window:getWindowStore");
        kinds.put(SessionStoreWithHeaders.class, "session with headers:getSessionStoreWithHeaders");
        kinds.put(SessionStore.class, "session:getSessionStore");
        return kinds;
    }

    private final class Capture implements RecordCollector {
        @Override
        public void send(
                String topic,
                @Nullable Integer partition,
                byte @Nullable [] key,
                byte @Nullable [] value,
                long timestamp,
                @Nullable Headers headers) {
            produced.add(
                    new ProducerRecord<>(
                            topic,
                            PARTITION,
                            timestamp,
                            Erased.castNullable(key),
                            Erased.castNullable(value),
                            headers));
        }

        @Override
        public int partitionsFor(String topic) {
            return 1;
        }
    }

    /** Processes all there is, feeding back what was written to topics that the topology reads. */
    private void settle() {
        do {
            capture();
            if (isReady() && task.processOne()) {
                task.punctuate(PunctuationType.STREAM_TIME);
                task.flushCaches();
                task.deliver();
            }
        } while (!produced.isEmpty() || (task.hasRecords() && isReady()));
    }

    /** With {@code max.task.idle.ms} records wait for those of other topics, in wall clock time. */
    private boolean isReady() {
        long maxIdleMs = config.getLong(StreamsConfig.MAX_TASK_IDLE_MS_CONFIG);
        if (maxIdleMs <= 0 || !task.hasRecords() || task.emptyPartitions().isEmpty()) {
            idleSinceMs = -1;
            return true;
        }
        if (idleSinceMs < 0) {
            idleSinceMs = wallClockMs;
        }
        return wallClockMs - idleSinceMs >= maxIdleMs;
    }

    private void capture() {
        ProducerRecord<byte[], byte[]> record = produced.poll();
        while (record != null) {
            outputs.computeIfAbsent(record.topic(), topic -> new ArrayDeque<>()).add(record);
            if (reads(record.topic())) {
                enqueue(
                        record.topic(),
                        record.key(),
                        record.value(),
                        record.timestamp(),
                        new RecordHeaders(record.headers()));
            }
            record = produced.poll();
        }
    }

    private void enqueue(
            String topic,
            byte @Nullable [] key,
            byte @Nullable [] value,
            long timestamp,
            Headers headers) {
        long offset = nextOffsets.merge(topic, 1L, Long::sum) - 1;
        ConsumerRecord<byte[], byte[]> record =
                new ConsumerRecord<>(
                        topic,
                        PARTITION,
                        offset,
                        timestamp,
                        TimestampType.CREATE_TIME,
                        ConsumerRecord.NULL_SIZE,
                        ConsumerRecord.NULL_SIZE,
                        Erased.castNullable(key),
                        Erased.castNullable(value),
                        headers,
                        Optional.empty());
        TopicPartition partition = new TopicPartition(topic, PARTITION);
        if (globalTask != null && isGlobal(topic)) {
            globalTask.addRecords(partition, List.of(record));
            while (globalTask.processOne()) {
                globalTask.flushCaches();
            }
        } else {
            if (!task.partitions().contains(partition)) {
                task.addPartition(partition);
            }
            task.addRecords(partition, List.of(record));
        }
    }

    public final <K, V> TestInputTopic<K, V> createInputTopic(
            String topicName, Serializer<K> keySerializer, Serializer<V> valueSerializer) {
        return new TestInputTopic<>(
                this,
                topicName,
                keySerializer,
                valueSerializer,
                Instant.ofEpochMilli(wallClockMs),
                Duration.ZERO);
    }

    /**
     * @param startTimestamp of the first record without a timestamp
     * @param autoAdvance added to it with every such record
     */
    public final <K, V> TestInputTopic<K, V> createInputTopic(
            String topicName,
            Serializer<K> keySerializer,
            Serializer<V> valueSerializer,
            Instant startTimestamp,
            Duration autoAdvance) {
        return new TestInputTopic<>(
                this, topicName, keySerializer, valueSerializer, startTimestamp, autoAdvance);
    }

    public final <K, V> TestOutputTopic<K, V> createOutputTopic(
            String topicName, Deserializer<K> keyDeserializer, Deserializer<V> valueDeserializer) {
        return new TestOutputTopic<>(this, topicName, keyDeserializer, valueDeserializer);
    }

    /** All topics written to so far, internal ones with them. */
    public final Set<String> producedTopicNames() {
        return Collections.unmodifiableSet(outputs.keySet());
    }

    /** Punctuations of wall clock time are called as due. */
    public void advanceWallClockTime(Duration advance) {
        wallClockMs += advance.toMillis();
        task.punctuate(PunctuationType.WALL_CLOCK_TIME);
        task.flushCaches();
        task.deliver();
        settle();
    }

    <K, V> void pipeRecord(
            String topic,
            TestRecord<K, V> record,
            Serializer<K> keySerializer,
            Serializer<V> valueSerializer,
            @Nullable Instant time) {
        Long timestamp = record.timestamp();
        if (timestamp == null && time == null) {
            throw new IllegalStateException(
                    "Provided `TestRecord` does not have a timestamp and no timestamp overwrite was"
                            + " provided via `time` parameter.");
        }
        if (!reads(topic)) {
            refuseExpression(topic);
            throw new IllegalArgumentException(
                    "Unknown topic: " + topic + ". The topology reads " + whole.sourceTopics());
        }
        long timestampMs = time != null ? time.toEpochMilli() : (long) Erased.any(timestamp);
        Headers headers = new RecordHeaders(record.headers());
        byte[] key = keySerializer.serialize(topic, headers, record.key());
        byte[] value = valueSerializer.serialize(topic, headers, record.value());
        enqueue(topic, key, value, timestampMs, headers);
        settle();
    }

    <K, V> TestRecord<K, V> readRecord(
            String topic, Deserializer<K> keyDeserializer, Deserializer<V> valueDeserializer) {
        ArrayDeque<ProducerRecord<byte[], byte[]>> records = outputs.get(topic);
        if (records == null) {
            throw new NoSuchElementException("Uninitialized topic: " + topic);
        }
        ProducerRecord<byte[], byte[]> record = records.poll();
        if (record == null) {
            throw new NoSuchElementException("Empty topic: " + topic);
        }
        K key =
                record.key() == null
                        ? null
                        : keyDeserializer.deserialize(topic, record.headers(), record.key());
        V value =
                record.value() == null
                        ? null
                        : valueDeserializer.deserialize(topic, record.headers(), record.value());
        return new TestRecord<>(key, value, record.headers(), record.timestamp());
    }

    /** A name of a topic that looks like a pattern is one, most likely. */
    private void refuseExpression(String topic) {
        for (String source : whole.sourceTopics()) {
            boolean matches;
            try {
                matches = Pattern.compile(source).matcher(topic).matches();
            } catch (PatternSyntaxException e) {
                continue; // a plain name
            }
            if (matches) {
                throw new TopologyException(
                        "Topology add source of type String for topic: "
                                + source
                                + " cannot contain regex pattern for input record topic: "
                                + topic
                                + " and hence cannot process the message.");
            }
        }
    }

    private boolean isGlobal(String topic) {
        return globals != null && globals.sourceTopics().contains(topic);
    }

    private boolean reads(String topic) {
        return whole.sourceTopics().contains(topic)
                || isGlobal(topic)
                || task.matchesPattern(topic);
    }

    /** Records that had no place in an operator, per task. */
    public Map<MetricName, ? extends Metric> metrics() {
        return metrics.metrics();
    }

    private void addMetrics() {
        Map<String, String> tags =
                Map.of(
                        "thread-id",
                        Thread.currentThread().getName(),
                        "task-id",
                        task.id().toString());
        metrics.addMetric(
                metrics.metricName("dropped-records-total", "stream-task-metrics", tags),
                (config, now) -> (double) task.droppedRecords());
        metrics.addMetric(
                metrics.metricName("dropped-records-rate", "stream-task-metrics", tags),
                (config, now) -> task.droppedRecords() / RATE_WINDOW_S);
    }

    final long queueSize(String topic) {
        ArrayDeque<ProducerRecord<byte[], byte[]>> records = outputs.get(topic);
        return records == null ? 0 : records.size();
    }

    /** Stores by name. */
    public Map<String, StateStore> getAllStateStores() {
        Map<String, StateStore> stores = new LinkedHashMap<>();
        task.stores().forEach((name, store) -> stores.put(name, view(store)));
        if (globalTask != null) {
            globalTask.stores().forEach((name, store) -> stores.put(name, view(store)));
        }
        return stores;
    }

    /**
     * Any store, as a processor sees it; null when there is no such store.
     *
     * @throws IllegalArgumentException for a store that has a getter of its own
     */
    public @Nullable StateStore getStateStore(String name) {
        TaskStore store = store(name);
        if (store != null && !(store instanceof CustomStore)) {
            refuseUntyped(name, view(store));
        }
        return store == null ? null : view(store);
    }

    private static void refuseUntyped(String name, StateStore store) {
        for (Map.Entry<Class<?>, String> kind : KINDS.entrySet()) {
            if (kind.getKey().isInstance(store)) {
                String getter = kind.getValue().substring(kind.getValue().indexOf(':') + 1);
                throw new IllegalArgumentException(
                        "Store "
                                + name
                                + " is a "
                                + kind.getValue().substring(0, kind.getValue().indexOf(':'))
                                + " store and should be accessed via `"
                                + getter
                                + "()`");
            }
        }
    }

    private @Nullable StateStore any(String name) {
        TaskStore store = store(name);
        return store == null ? null : view(store);
    }

    private @Nullable TaskStore store(String name) {
        TaskStore store = task.stores().get(name);
        return store != null || globalTask == null ? store : globalTask.stores().get(name);
    }

    private StateStore view(TaskStore store) {
        return store.view(task::recordTimestamp);
    }

    /** Plain values, also of a store that keeps timestamps; null when there is no such store. */
    public <K, V> @Nullable KeyValueStore<K, V> getKeyValueStore(String name) {
        StateStore store = any(name);
        if (store instanceof TimestampedView
                || store instanceof PlainView
                || store instanceof HeadersView) {
            RowStore rows = (RowStore) Objects.requireNonNull(store(name));
            return Erased.<KeyValueStore<K, V>>cast(new PlainView(rows, task::recordTimestamp));
        }
        return store instanceof KeyValueStore<?, ?>
                ? Erased.<KeyValueStore<K, V>>cast(store)
                : null;
    }

    /** Values with timestamps; null when there is no such store, or it keeps none. */
    public <K, V> @Nullable KeyValueStore<K, ValueAndTimestamp<V>> getTimestampedKeyValueStore(
            String name) {
        StateStore store = any(name);
        if (store instanceof HeadersView) {
            RowStore rows = (RowStore) Objects.requireNonNull(store(name));
            return Erased.<KeyValueStore<K, ValueAndTimestamp<V>>>cast(new TimestampedView(rows));
        }
        return store instanceof TimestampedKeyValueStore<?, ?>
                ? Erased.<KeyValueStore<K, ValueAndTimestamp<V>>>cast(store)
                : null;
    }

    /** Null when there is no such store, or it keeps no headers. */
    public <K, V>
            @Nullable KeyValueStore<K, ValueTimestampHeaders<V>>
                    getTimestampedKeyValueStoreWithHeaders(String name) {
        return any(name) instanceof TimestampedKeyValueStoreWithHeaders<?, ?> store
                ? Erased.<KeyValueStore<K, ValueTimestampHeaders<V>>>cast(store)
                : null;
    }

    public <K, V> @Nullable VersionedKeyValueStore<K, V> getVersionedKeyValueStore(String name) {
        return any(name) instanceof VersionedKeyValueStore<?, ?> store
                ? Erased.<VersionedKeyValueStore<K, V>>cast(store)
                : null;
    }

    /** Plain values, also of a store that keeps timestamps; null when there is no such store. */
    public <K, V> @Nullable WindowStore<K, V> getWindowStore(String name) {
        TaskStore store = store(name);
        if (store instanceof RowStore rows && view(store) instanceof WindowStore<?, ?>) {
            return Erased.<WindowStore<K, V>>cast(rows.plainWindows());
        }
        return any(name) instanceof WindowStore<?, ?> other
                ? Erased.<WindowStore<K, V>>cast(other)
                : null;
    }

    /** Values with timestamps; null when there is no such store, or it keeps none. */
    public <K, V> @Nullable WindowStore<K, ValueAndTimestamp<V>> getTimestampedWindowStore(
            String name) {
        StateStore store = any(name);
        if (store instanceof TimestampedWindowStoreWithHeaders<?, ?>
                && store(name) instanceof RowStore rows) {
            return Erased.<WindowStore<K, ValueAndTimestamp<V>>>cast(rows.timestampedWindows());
        }
        return store instanceof TimestampedWindowStore<?, ?>
                ? Erased.<WindowStore<K, ValueAndTimestamp<V>>>cast(store)
                : null;
    }

    /** Null when there is no such store, or it keeps no headers. */
    public <K, V>
            @Nullable WindowStore<K, ValueTimestampHeaders<V>> getTimestampedWindowStoreWithHeaders(
                    String name) {
        return any(name) instanceof TimestampedWindowStoreWithHeaders<?, ?> store
                ? Erased.<WindowStore<K, ValueTimestampHeaders<V>>>cast(store)
                : null;
    }

    /** Plain values, also of a store that keeps headers; null when there is no such store. */
    public <K, V> @Nullable SessionStore<K, V> getSessionStore(String name) {
        StateStore store = any(name);
        if (store instanceof SessionStoreWithHeaders<?, ?>
                && store(name) instanceof RowStore rows) {
            return Erased.<SessionStore<K, V>>cast(rows.plainSessions());
        }
        return store instanceof SessionStore<?, ?> ? Erased.<SessionStore<K, V>>cast(store) : null;
    }

    /** Null when there is no such store, or it keeps no headers. */
    public <K, V> @Nullable SessionStoreWithHeaders<K, V> getSessionStoreWithHeaders(String name) {
        return any(name) instanceof SessionStoreWithHeaders<?, ?> store
                ? Erased.<SessionStoreWithHeaders<K, V>>cast(store)
                : null;
    }

    @Override
    public void close() {
        metrics.close();
        task.close();
        outlets.forEach(each -> each.ended(this, null));
        if (globalTask != null) {
            globalTask.close();
        }
        delete(temporaryDirectory == null ? config.stateDirectory() : temporaryDirectory);
    }

    private static void delete(Path directory) {
        if (!Files.exists(directory)) {
            return; // no store needed it
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new StreamsException("Cannot delete the state directory " + directory, e);
        }
    }
}
