package dev.millrace.streams.internal.task;

import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.StreamsMetrics;
import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.internal.store.CacheBudget;
import dev.millrace.streams.internal.store.CustomStore;
import dev.millrace.streams.internal.store.RowStore;
import dev.millrace.streams.internal.store.StoreFactory;
import dev.millrace.streams.internal.store.TaskStore;
import dev.millrace.streams.internal.topology.NodeSpec;
import dev.millrace.streams.internal.topology.StoreSpec;
import dev.millrace.streams.internal.topology.SubtopologySpec;
import dev.millrace.streams.processor.PunctuationType;
import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.processor.StreamPartitioner;
import dev.millrace.streams.processor.TaskId;
import dev.millrace.streams.query.Position;
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
     * @param globalStores by name; the same for all tasks, which only read them
     * @param handover of a topic that other tasks of the thread may take records of; null: none
     * @param metrics of the program
     */
    public record Environment(
            StreamsConfig config,
            RecordCollector collector,
            Function<String, String> decorate,
            Function<StoreSpec, String> changelogTopic,
            ToIntFunction<String> partitionOf,
            @Nullable CacheBudget budget,
            Path directory,
            LongSupplier wallClockMs,
            Map<String, TaskStore> globalStores,
            Function<String, @Nullable Handover> handover,
            StreamsMetrics metrics) {
        /** Alone. */
        public Environment(
                StreamsConfig config,
                RecordCollector collector,
                Function<String, String> decorate,
                Function<StoreSpec, String> changelogTopic,
                ToIntFunction<String> partitionOf,
                @Nullable CacheBudget budget,
                Path directory,
                LongSupplier wallClockMs,
                Map<String, TaskStore> globalStores,
                StreamsMetrics metrics) {
            this(
                    config,
                    collector,
                    decorate,
                    changelogTopic,
                    partitionOf,
                    budget,
                    directory,
                    wallClockMs,
                    globalStores,
                    topic -> null,
                    metrics);
        }

        /** Without global stores. */
        public Environment(
                StreamsConfig config,
                RecordCollector collector,
                Function<String, String> decorate,
                Function<StoreSpec, String> changelogTopic,
                ToIntFunction<String> partitionOf,
                @Nullable CacheBudget budget,
                Path directory,
                LongSupplier wallClockMs,
                StreamsMetrics metrics) {
            this(
                    config,
                    collector,
                    decorate,
                    changelogTopic,
                    partitionOf,
                    budget,
                    directory,
                    wallClockMs,
                    Map.of(),
                    metrics);
        }
    }

    private final TaskId id;
    private final SubtopologySpec subtopology;
    private final Environment environment;
    private final TaskContext context;
    private final Map<String, Node> nodes = new LinkedHashMap<>();
    private final Map<String, SourceNode> sources = new HashMap<>();
    private final List<RecordQueue> queues = new ArrayList<>();
    private final Map<TopicPartition, RecordQueue> queueOf = new HashMap<>();
    private final List<FlowableNode> flowables = new ArrayList<>();
    private final Map<String, StoreSpec> changelogs = new LinkedHashMap<>();
    private boolean holdWrites;
    private boolean tellBeforeForgetting;
    private boolean started;
    private boolean lastQueueIsEmpty;
    private @Nullable Inlet inlet;
    private boolean busy;

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
                        environment.wallClockMs,
                        environment.globalStores,
                        environment.metrics);
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
                .forEach(this::addPartition);
    }

    /**
     * Before {@link #start()}: how far the task had come in a partition, wherever it was.
     *
     * @param committed with the position at which the partition goes on
     */
    public void resume(TopicPartition partition, Progress committed) {
        queue(partition).resume(committed.partitionTime());
        context.resume(committed);
    }

    /** To be committed with a position of the partition. */
    public Progress progress(TopicPartition partition) {
        return new Progress(queue(partition).processedTime, context.marks());
    }

    /** Whether processors have come further since {@link #progressCommitted()}. */
    public boolean hasProgressed() {
        nodes.values().forEach(Node::saveMarks);
        return context.hasProgressed();
    }

    public void progressCommitted() {
        context.progressCommitted();
    }

    /** Begins to read a partition, of a topic that the sub-topology reads. */
    public void addPartition(TopicPartition partition) {
        SourceNode source = source(partition.topic());
        if (source == null) {
            throw new StreamsException("Task " + id + " does not read " + partition);
        }
        RecordQueue queue = new RecordQueue(partition, source);
        queues.add(queue);
        queueOf.put(partition, queue);
    }

    private @Nullable SourceNode source(String topic) {
        SourceNode source = sources.get(topic);
        if (source == null) {
            for (NodeSpec spec : subtopology.nodes()) {
                if (spec instanceof NodeSpec.Source candidate
                        && candidate.pattern() != null
                        && candidate.pattern().matcher(topic).matches()) {
                    return (SourceNode) nodes.get(spec.name());
                }
            }
        }
        return source;
    }

    /** Whether a source takes all topics of a pattern that the name matches. */
    public boolean matchesPattern(String topic) {
        return !sources.containsKey(topic) && source(topic) != null;
    }

    private void addNode(NodeSpec spec) {
        Node node = create(spec);
        node.label(spec.name());
        nodes.put(spec.name(), node);
        if (node instanceof FlowableNode flowable) {
            flowables.add(flowable);
        }
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
            String topic = sink.topic() == null ? null : environment.decorate.apply(sink.topic());
            return new SinkNode(
                    sink.name(),
                    topic,
                    sink.extractor(),
                    sink.keySerializer() != null
                            ? sink.keySerializer()
                            : config.defaultKeySerde().serializer(),
                    sink.valueSerializer() != null
                            ? sink.valueSerializer()
                            : config.defaultValueSerde().serializer(),
                    partitioner,
                    sink.changes(),
                    topic == null ? null : environment.handover.apply(topic));
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
     * Before {@link #openStores}: what leaves a buffer stays in its changelog until {@link
     * #forgetTold()}, so that a crash repeats it and loses nothing.
     */
    public void tellBeforeForgetting() {
        tellBeforeForgetting = true;
    }

    /**
     * Takes out of changelogs what was told before the last commit.
     *
     * @return whether there was any
     */
    public boolean forgetTold() {
        boolean any = false;
        for (TaskStore store : context.stores().values()) {
            any |= store instanceof RowStore rows && rows.logForgotten();
        }
        return any;
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
            String topic = environment.changelogTopic.apply(spec);
            TaskStore store =
                    new StoreFactory(
                                    spec,
                                    environment.config.dslStoreSuppliers(),
                                    environment.config.storesKeepHeaders())
                            .make(
                                    topic,
                                    environment.config::defaultKeySerde,
                                    environment.config::defaultValueSerde,
                                    spec.writesChangelog() ? changelog(topic) : null,
                                    environment.budget,
                                    context);
            context.add(store);
            context.open(store, holdWrites);
            if (tellBeforeForgetting && store instanceof RowStore rows) {
                rows.keepForgotten();
            }
        }
    }

    private RowStore.Changelog changelog(String topic) {
        Integer partition = environment.partitionOf.applyAsInt(topic);
        return (key, value, timestamp, headers) ->
                environment.collector.send(topic, partition, key, value, timestamp, headers);
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
        return context.store(store).view(context::recordTimestamp);
    }

    /** Whether what is stored under the name outlives the process. */
    public boolean persistent(String store) {
        return context.store(store).persistent();
    }

    /** Puts records of a changelog into their store. */
    public void restore(String changelogTopic, List<ConsumerRecord<byte[], byte[]>> records) {
        StoreSpec store = Objects.requireNonNull(changelogs.get(changelogTopic), changelogTopic);
        context.store(store.name()).restore(records);
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

    /**
     * Whether records may come from other tasks without their topic: from the only source, so that
     * no order between sources is lost, and with no code of the program behind it that could ask
     * for their offsets.
     */
    public boolean takesHandovers() {
        return sources.size() == 1
                && queues.size() == 1
                && queues.get(0).source.plainTimestamps()
                && nodes.values().stream().noneMatch(Node::seesOffsets);
    }

    /** For the only partition of the task. */
    Inlet inlet(TopicPartition partition) {
        Inlet present = inlet;
        if (present == null) {
            present = new Inlet(this, queue(partition).source, partition);
            inlet = present;
        }
        return present;
    }

    /** In the middle of a record, or of writing its caches out. */
    boolean isBusy() {
        return busy;
    }

    void takeHandedOver(SourceNode source, TopicPartition from, Inlet.Handed record) {
        busy = true;
        TaskContext.Place before = context.enter(from, record);
        try {
            source.process(record.key(), record.value(), record.old(), record.timestamp());
        } catch (StreamsException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new StreamsException(
                    "Exception caught in process. taskId="
                            + id
                            + ", handed over instead of "
                            + from
                            + ": "
                            + e,
                    e);
        }
        context.leave(before);
        busy = false;
    }

    private void takeWaiting() {
        if (inlet != null) {
            inlet.takeWaiting();
        }
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
     * Whether all subscribers have room for more; until then nothing is processed, nor punctuated.
     */
    public boolean hasRoom() {
        for (FlowableNode each : flowables) {
            if (!each.hasRoom()) {
                return false;
            }
        }
        return true;
    }

    /** What was processed until now is committed: subscribers that wait for that get it. */
    public void deliver() {
        flowables.forEach(FlowableNode::committed);
    }

    /**
     * Processes up to {@code max} records, and stops when a queue of several runs empty: whether to
     * go on without it is for the caller to say.
     *
     * @return how many it did
     */
    public int process(int max) {
        int processed = 0;
        while (processed < max && hasRoom() && processOne()) {
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
        busy = true;
        try {
            next.source.process(head.key, head.value, head.old, head.timestamp);
        } catch (StreamsException e) {
            e.setTaskId(id);
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
                    e,
                    id);
        }
        context.end();
        busy = false;
        takeWaiting();
        next.processed(record.offset(), head.timestamp);
        next.advance();
        lastQueueIsEmpty = next.headRecord() == null;
        return true;
    }

    public boolean punctuate(PunctuationType type) {
        busy = true;
        boolean called = context.punctuate(type);
        busy = false;
        takeWaiting();
        return called;
    }

    public boolean takeCommitRequest() {
        return context.takeCommitRequest();
    }

    /**
     * Writes out what caches hold back, parents before children, so that all of it reaches the
     * sinks.
     */
    public void flushCaches() {
        busy = true;
        for (StoreSpec store : subtopology.stores()) {
            context.store(store.name()).flush();
        }
        busy = false;
        takeWaiting();
    }

    /** Everything written until now is committed in the changelogs. */
    public void commitStores() {
        context.stores().values().forEach(TaskStore::commit);
        deliver();
    }

    /** Memory of the writes that wait for {@link #commitStores()}. */
    public long uncommittedBytes() {
        long bytes = 0;
        for (TaskStore store : context.stores().values()) {
            bytes += store.uncommittedBytes();
        }
        return bytes;
    }

    /**
     * Makes persistent stores durable.
     *
     * @param changelogOffsets how far each persistent store holds its changelog
     */
    public void flushStores(Map<TopicPartition, Long> changelogOffsets) {
        for (TaskStore store : context.stores().values()) {
            if (store instanceof CustomStore custom) {
                custom.commit(offsetsOf(custom.name(), changelogOffsets));
            } else {
                store.sync();
            }
        }
    }

    private Map<TopicPartition, Long> offsetsOf(
            String store, Map<TopicPartition, Long> changelogOffsets) {
        Map<TopicPartition, Long> offsets = new HashMap<>();
        changelogOffsets.forEach(
                (partition, offset) -> {
                    StoreSpec spec = changelogs.get(partition.topic());
                    if (spec != null && spec.name().equals(store)) {
                        offsets.put(partition, offset);
                    }
                });
        return offsets;
    }

    /** Whether a store of the program's own making wants to be told of commits. */
    public boolean hasCustomStores() {
        return context.stores().values().stream().anyMatch(CustomStore.class::isInstance);
    }

    /** By name, in the order in which they were added. */
    public Map<String, TaskStore> stores() {
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
        for (TaskStore store : context.stores().values()) {
            store.close();
        }
    }
}
