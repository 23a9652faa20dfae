package dev.millrace.streams.internal.task;

import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.internal.store.CacheBudget;
import dev.millrace.streams.internal.store.InMemoryStore;
import dev.millrace.streams.internal.store.LocalStore;
import dev.millrace.streams.internal.store.PlainView;
import dev.millrace.streams.internal.store.RocksDbStore;
import dev.millrace.streams.internal.store.RowStore;
import dev.millrace.streams.internal.store.TimestampedView;
import dev.millrace.streams.internal.topology.NodeSpec;
import dev.millrace.streams.internal.topology.StoreSpec;
import dev.millrace.streams.internal.topology.SubtopologySpec;
import dev.millrace.streams.processor.PunctuationType;
import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.processor.StreamPartitioner;
import dev.millrace.streams.processor.TaskId;
import dev.millrace.streams.query.Position;
import dev.millrace.streams.state.KeyValueStore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.ToIntFunction;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * One partition of a sub-topology: queues, nodes, stores. Takes records in the order of the
 * smallest timestamp at the head of its queues. Used by one thread.
 */
public final class Task {
    /**
     * What a task needs from outside.
     *
     * @param decorate a topic's name on the cluster
     * @param changelogTopic of a store
     * @param budget null: nothing is combined, one change per update
     * @param partitionOf where the task's changelogs are written, by topic
     */
    public record Environment(
            StreamsConfig config,
            RecordCollector collector,
            Function<String, String> decorate,
            Function<StoreSpec, String> changelogTopic,
            ToIntFunction<String> partitionOf,
            @Nullable CacheBudget budget,
            Path directory,
            LongSupplier wallClockMs) {}

    private final TaskId id;
    private final SubtopologySpec subtopology;
    private final Environment environment;
    private final TaskContext context;
    private final Map<String, Node> nodes = new LinkedHashMap<>();
    private final Map<String, SourceNode> sources = new HashMap<>();
    private final List<RecordQueue> queues = new ArrayList<>();
    private final Map<TopicPartition, RecordQueue> queueOf = new HashMap<>();
    private final Map<String, StoreSpec> changelogs = new LinkedHashMap<>();
    private boolean holdWrites;
    private boolean started;
    private boolean lastQueueIsEmpty;

    public Task(
            TaskId id,
            SubtopologySpec subtopology,
            Collection<TopicPartition> partitions,
            Environment environment) {
        this.id = id;
        this.subtopology = subtopology;
        this.environment = environment;
        this.context =
                new TaskContext(
                        id,
                        environment.config,
                        environment.collector,
                        environment.directory,
                        environment.wallClockMs);
        for (StoreSpec store : subtopology.stores()) {
            if (store.logged()) {
                changelogs.put(environment.changelogTopic.apply(store), store);
            }
        }
        for (NodeSpec spec : subtopology.nodes()) {
            addNode(spec);
        }
        read(partitions);
    }

    /** Gives sources to a task made without any: one that only followed its changelogs so far. */
    public void read(Collection<TopicPartition> partitions) {
        partitions.stream()
                .sorted((a, b) -> a.toString().compareTo(b.toString()))
                .forEach(
                        partition -> {
                            SourceNode source = sources.get(partition.topic());
                            if (source == null) {
                                throw new StreamsException(
                                        "Task " + id + " does not read " + partition);
                            }
                            RecordQueue queue = new RecordQueue(partition, source);
                            queues.add(queue);
                            queueOf.put(partition, queue);
                        });
    }

    private void addNode(NodeSpec spec) {
        Node node = create(spec);
        node.label(spec.name());
        nodes.put(spec.name(), node);
        for (String parent : spec.parents()) {
            Objects.requireNonNull(nodes.get(parent)).addChild(node);
        }
    }

    private Node create(NodeSpec spec) {
        StreamsConfig config = environment.config;
        if (spec instanceof NodeSpec.Source source) {
            SourceNode node =
                    new SourceNode(
                            source.name(),
                            source.keyDeserializer() != null
                                    ? source.keyDeserializer()
                                    : config.defaultKeySerde().deserializer(),
                            source.valueDeserializer() != null
                                    ? source.valueDeserializer()
                                    : config.defaultValueSerde().deserializer(),
                            source.timestampExtractor() != null
                                    ? source.timestampExtractor()
                                    : config.defaultTimestampExtractor(),
                            config.deserializationExceptionHandler(),
                            source.changes());
            source.topics().forEach(topic -> sources.put(environment.decorate.apply(topic), node));
            return node;
        }
        if (spec instanceof NodeSpec.Sink sink) {
            StreamPartitioner<Object, Object> partitioner = sink.partitioner();
            return new SinkNode(
                    sink.name(),
                    sink.topic() == null ? null : environment.decorate.apply(sink.topic()),
                    sink.extractor(),
                    sink.keySerializer() != null
                            ? sink.keySerializer()
                            : config.defaultKeySerde().serializer(),
                    sink.valueSerializer() != null
                            ? sink.valueSerializer()
                            : config.defaultValueSerde().serializer(),
                    partitioner,
                    sink.changes());
        }
        return ((NodeSpec.Processor) spec).node().get();
    }

    public TaskId id() {
        return id;
    }

    public Set<TopicPartition> partitions() {
        return queueOf.keySet();
    }

    /**
     * Before {@link #openStores}: what is processed reaches the disk only after {@link
     * #commitStores()}.
     */
    public void holdWrites() {
        holdWrites = true;
    }

    /** Opens the stores below, for restoring; nothing is processed yet. */
    public void openStores() {
        for (StoreSpec spec : subtopology.stores()) {
            KeyValueStore<Bytes, byte[]> below =
                    spec.supplier() != null ? spec.supplier().get() : defaultStore(spec.name());
            if (below instanceof LocalStore local) {
                if (holdWrites) {
                    local.holdWrites();
                }
                local.open(environment.directory);
            }
            String topic = environment.changelogTopic.apply(spec);
            context.add(
                    new RowStore(
                            spec.name(),
                            topic,
                            below,
                            orDefault(spec.keySerde(), environment.config::defaultKeySerde),
                            orDefault(spec.valueSerde(), environment.config::defaultValueSerde),
                            spec.timestamped(),
                            spec.logged() ? changelog(topic) : null,
                            spec.cached() ? environment.budget : null,
                            context));
        }
    }

    private LocalStore defaultStore(String name) {
        return environment.config.inMemoryStoresByDefault()
                ? new InMemoryStore(name)
                : RocksDbStore.buffered(name);
    }

    private static Serde<?> orDefault(
            @Nullable Serde<?> serde, java.util.function.Supplier<Serde<?>> fallback) {
        return serde != null ? serde : fallback.get();
    }

    private RowStore.Changelog changelog(String topic) {
        Integer partition = environment.partitionOf.applyAsInt(topic);
        return (key, value, timestamp) ->
                environment.collector.send(topic, partition, key, value, timestamp, null);
    }

    /** Changelog topics by name. */
    public Map<String, StoreSpec> changelogs() {
        return changelogs;
    }

    /** Last records that were processed, of each source that had any. */
    public Position position() {
        Position position = Position.emptyPosition();
        for (RecordQueue queue : queues) {
            if (queue.lastProcessed >= 0) {
                position.withComponent(
                        queue.partition.topic(), queue.partition.partition(), queue.lastProcessed);
            }
        }
        return position;
    }

    /** A store as processors see it; for reading. */
    public StateStore view(String store) {
        RowStore rows = context.rows(store);
        return rows.timestamped()
                ? new TimestampedView(rows)
                : new PlainView(rows, context::recordTimestamp);
    }

    /** Whether what is stored under the name outlives the process. */
    public boolean persistent(String store) {
        return context.rows(store).below().persistent();
    }

    /** Puts records of a changelog into their store. */
    public void restore(String changelogTopic, List<ConsumerRecord<byte[], byte[]>> records) {
        StoreSpec store = Objects.requireNonNull(changelogs.get(changelogTopic), changelogTopic);
        context.rows(store.name()).restore(records);
    }

    /** Begins processing: stores are as the changelogs say. */
    public void start() {
        for (NodeSpec spec : subtopology.nodes()) {
            if (nodes.get(spec.name()) instanceof ProcessorNode processor) {
                processor.connect(((NodeSpec.Processor) spec).stores(), childrenOf(spec.name()));
            }
        }
        nodes.values().forEach(node -> node.init(context));
        started = true;
    }

    private Map<String, Node> childrenOf(String parent) {
        Map<String, Node> children = new HashMap<>();
        for (NodeSpec spec : subtopology.nodes()) {
            if (spec.parents().contains(parent)) {
                children.put(spec.name(), Objects.requireNonNull(nodes.get(spec.name())));
            }
        }
        return children;
    }

    public void addRecords(TopicPartition partition, List<ConsumerRecord<byte[], byte[]>> records) {
        queue(partition).add(records);
    }

    /** Forgets what is buffered: it will be fetched again. */
    public void clearBuffers() {
        queues.forEach(RecordQueue::clear);
    }

    public int buffered(TopicPartition partition) {
        return queue(partition).size();
    }

    private RecordQueue queue(TopicPartition partition) {
        return Objects.requireNonNull(
                queueOf.get(partition), () -> "Task " + id + " does not read " + partition);
    }

    /** Offset of the first record not processed yet; null when none is buffered. */
    public @Nullable Long firstUnprocessed(TopicPartition partition) {
        ConsumerRecord<byte[], byte[]> head = queue(partition).headRecord();
        return head == null ? null : head.offset();
    }

    /**
     * Partitions without buffered records: processing without them may break the order of
     * timestamps.
     */
    public List<TopicPartition> emptyPartitions() {
        return queues.stream()
                .filter(queue -> queue.headRecord() == null)
                .map(queue -> queue.partition)
                .toList();
    }

    public boolean hasRecords() {
        for (RecordQueue queue : queues) {
            if (queue.headRecord() != null) {
                return true;
            }
        }
        return false;
    }

    /**
     * Processes up to {@code max} records, and stops when a queue of several runs empty: whether to
     * go on without it is for the caller to say.
     *
     * @return how many it did
     */
    public int process(int max) {
        int processed = 0;
        while (processed < max && processOne()) {
            processed++;
            if (queues.size() > 1 && lastQueueIsEmpty) {
                break;
            }
        }
        return processed;
    }

    /** Processes the record with the smallest timestamp; false without any. */
    public boolean processOne() {
        RecordQueue next = null;
        for (int i = 0; i < queues.size(); i++) {
            RecordQueue queue = queues.get(i);
            if (queue.headRecord() != null
                    && (next == null || queue.head.timestamp < next.head.timestamp)) {
                next = queue;
            }
        }
        if (next == null) {
            return false;
        }
        ConsumerRecord<byte[], byte[]> record = Objects.requireNonNull(next.headRecord());
        SourceNode.Head head = next.head;
        context.begin(record, head.timestamp);
        try {
            next.source.process(head.key, head.value, head.old, head.timestamp);
        } catch (StreamsException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new StreamsException(
                    "Exception caught in process. taskId="
                            + id
                            + ", topic="
                            + record.topic()
                            + ", partition="
                            + record.partition()
                            + ", offset="
                            + record.offset()
                            + ": "
                            + e,
                    e);
        }
        context.end();
        next.lastProcessed = record.offset();
        next.advance();
        lastQueueIsEmpty = next.headRecord() == null;
        return true;
    }

    public boolean punctuate(PunctuationType type) {
        return context.punctuate(type);
    }

    public boolean takeCommitRequest() {
        return context.takeCommitRequest();
    }

    /**
     * Writes out what caches hold back, parents before children, so that all of it reaches the
     * sinks.
     */
    public void flushCaches() {
        for (StoreSpec store : subtopology.stores()) {
            context.rows(store.name()).flush();
        }
    }

    /** Everything written until now is committed in the changelogs. */
    public void commitStores() {
        for (RowStore store : context.stores().values()) {
            if (store.below() instanceof LocalStore local) {
                local.commit();
            }
        }
    }

    /** Memory of the writes that wait for {@link #commitStores()}. */
    public long uncommittedBytes() {
        long bytes = 0;
        for (RowStore store : context.stores().values()) {
            if (store.below() instanceof LocalStore local) {
                bytes += local.uncommittedBytes();
            }
        }
        return bytes;
    }

    /** Makes persistent stores durable. */
    public void flushStores() {
        for (RowStore store : context.stores().values()) {
            store.below().flush();
        }
    }

    /** By name, in the order in which they were added. */
    public Map<String, RowStore> stores() {
        return context.stores();
    }

    public long recordTimestamp() {
        return context.recordTimestamp();
    }

    /** Records without a place in a table or aggregation. */
    public long droppedRecords() {
        return context.droppedRecords();
    }

    /**
     * Closes processors and stores; call {@link #flushCaches} before, or lose what was held back.
     */
    public void close() {
        if (started) {
            nodes.values().forEach(Node::close);
        }
        for (RowStore store : context.stores().values()) {
            if (environment.budget != null) {
                environment.budget.remove(store);
            }
            store.below().close();
        }
    }
}
