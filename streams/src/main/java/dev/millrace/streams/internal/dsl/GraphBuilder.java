package dev.millrace.streams.internal.dsl;

import dev.millrace.streams.AutoOffsetReset;
import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.errors.TopologyException;
import dev.millrace.streams.internal.Erased;
import dev.millrace.streams.internal.rx.Inflow;
import dev.millrace.streams.internal.rx.Outlet;
import dev.millrace.streams.internal.rx.TableReads;
import dev.millrace.streams.internal.task.FlowableNode;
import dev.millrace.streams.internal.task.Node;
import dev.millrace.streams.internal.task.ProcessorNode;
import dev.millrace.streams.internal.task.StreamNodes;
import dev.millrace.streams.internal.task.TableNodes;
import dev.millrace.streams.internal.topology.NodeSpec;
import dev.millrace.streams.internal.topology.StoreSpec;
import dev.millrace.streams.internal.topology.TopologySpec;
import dev.millrace.streams.kstream.Consumed;
import dev.millrace.streams.kstream.GlobalKTable;
import dev.millrace.streams.kstream.KStream;
import dev.millrace.streams.kstream.KTable;
import dev.millrace.streams.kstream.Materialized;
import dev.millrace.streams.kstream.Repartitioned;
import dev.millrace.streams.processor.FailOnInvalidTimestamp;
import dev.millrace.streams.processor.StreamPartitioner;
import dev.millrace.streams.processor.api.ProcessorSupplier;
import dev.millrace.streams.processor.api.Record;
import io.reactivex.rxjava3.core.Flowable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.apache.kafka.common.serialization.Serde;
import org.jspecify.annotations.Nullable;

/**
 * The graph of a program while it is being described. Numbers operators as Kafka Streams does: an
 * operator takes a number even when it has a name, so that naming one does not rename others.
 */
public final class GraphBuilder {
    static final String SOURCE = "KSTREAM-SOURCE-";
    static final String SINK = "KSTREAM-SINK-";
    static final String FILTER = "KSTREAM-FILTER-";
    static final String REPARTITION_SUFFIX = "-repartition";

    private final TopologySpec topology;
    private final GraphNode root = new GraphNode("root", (parents, spec) -> {});
    private final List<Runnable> tableSources = new ArrayList<>();
    private final List<Runnable> selfJoins = new ArrayList<>();
    private final Set<GraphNode> added = new LinkedHashSet<>();
    private final Map<String, Optional<AutoOffsetReset>> patterns = new HashMap<>();
    private int nextIndex;
    private int nextPriority;

    private final boolean knowsWhatProcessorsChange;

    /**
     * @param knowsWhatProcessorsChange whether a repartition topic is merged with others only if no
     *     processor of the program's own may have changed values since; Kafka Streams does not look
     *     at that either, unless told so
     */
    public GraphBuilder(TopologySpec topology, boolean knowsWhatProcessorsChange) {
        this.topology = topology;
        this.knowsWhatProcessorsChange = knowsWhatProcessorsChange;
    }

    boolean knowsWhatProcessorsChange() {
        return knowsWhatProcessorsChange;
    }

    TopologySpec topology() {
        return topology;
    }

    String newName(String prefix) {
        return prefix + String.format(Locale.ROOT, "%010d", nextIndex++);
    }

    String newStoreName(String prefix) {
        return newName(prefix + "STATE-STORE-");
    }

    String nameOr(@Nullable String given, String prefix) {
        String generated = newName(prefix);
        return given != null ? given : generated;
    }

    void add(GraphNode parent, GraphNode child) {
        parent.addChild(child);
        child.priority = nextPriority++;
        added.add(child);
    }

    /** Told, when the topology is written, to use one store for a stream joined with itself. */
    void addSelfJoin(Runnable optimization) {
        selfJoins.add(optimization);
    }

    /** A processor below one parent; {@code node} is called once per task. */
    GraphNode addProcessor(GraphNode parent, String name, Supplier<Node> node) {
        GraphNode added =
                new GraphNode(name, (parents, spec) -> writeProcessor(name, parents, node, spec));
        add(parent, added);
        return added;
    }

    /**
     * A program's own processor, with the stores that it brings and those that it names.
     *
     * @param wrapped whether a wrapper has seen it already
     */
    GraphNode addProcessor(
            GraphNode parent,
            String name,
            ProcessorSupplier<Object, Object, Object, Object> supplier,
            boolean wrapped,
            List<String> stores) {
        GraphNode added =
                new GraphNode(
                        name,
                        (parents, spec) -> {
                            if (wrapped) {
                                spec.addWrapped(name, parents, supplier);
                            } else {
                                spec.addProcessor(name, parents, supplier);
                            }
                            stores.forEach(store -> spec.connect(name, store));
                        });
        add(parent, added);
        return added;
    }

    /** An end at subscribers; there is no processor of the program's to be wrapped. */
    void addOutlet(GraphNode parent, String name, Outlet outlet) {
        add(
                parent,
                new GraphNode(
                        name,
                        (parents, spec) -> {
                            spec.add(
                                    new NodeSpec.Processor(
                                            name,
                                            parents,
                                            () -> new FlowableNode(outlet),
                                            new LinkedHashSet<>()));
                            spec.add(outlet);
                        }));
    }

    /** The rows of a table are asked for. */
    void addReads(GraphNode table, TableReads reads) {
        add(table, new GraphNode(reads.storeName(), (parents, spec) -> spec.add(reads)));
    }

    /** The second is written after the first, without getting anything from it. */
    void after(GraphNode first, GraphNode second) {
        second.after(first);
    }

    static void writeProcessor(
            String name, List<String> parents, Supplier<Node> node, TopologySpec spec) {
        spec.addOperator(name, parents, node);
    }

    public <K, V> KStream<K, V> stream(Collection<String> topics, Consumed<K, V> consumed) {
        String name = nameOr(consumed.name(), SOURCE);
        List<String> sourceTopics = List.copyOf(new LinkedHashSet<>(topics));
        String reset = consumed.resetPolicy() == null ? null : consumed.resetPolicy().toString();
        GraphNode source =
                new GraphNode(
                        name,
                        new GraphNode.StreamSource(sourceTopics, reset),
                        (parents, spec) -> spec.add(source(name, sourceTopics, consumed)));
        add(root, source);
        return new StreamImpl<>(
                this, name, consumed.keySerde(), consumed.valueSerde(), false, source);
    }

    public <K, V> KStream<K, V> stream(
            Flowable<? extends Record<K, V>> records, Repartitioned<K, V> through) {
        String given = through.name();
        String prefix = given != null ? given : newName("KSTREAM-FLOWABLE-");
        String topic = prefix + REPARTITION_SUFFIX;
        String generated = newName(SOURCE);
        String name = given != null ? topic + "-source" : generated;
        Serde<K> keySerde = through.keySerde();
        Serde<V> valueSerde = through.valueSerde();
        Optional<Integer> partitions = Optional.ofNullable(through.numberOfPartitions());
        Inflow inflow =
                new Inflow(
                        topic,
                        Erased.cast(records),
                        keySerde == null ? null : Erased.cast(keySerde.serializer()),
                        valueSerde == null ? null : Erased.cast(valueSerde.serializer()),
                        Erased.castNullable(through.partitioner()));
        GraphNode source =
                new GraphNode(
                        name,
                        (parents, spec) -> {
                            spec.addRepartitionTopic(topic, partitions);
                            spec.add(
                                    new NodeSpec.Source(
                                            name,
                                            List.of(topic),
                                            deserializer(keySerde),
                                            deserializer(valueSerde),
                                            new FailOnInvalidTimestamp(),
                                            null,
                                            false));
                            spec.add(inflow);
                        });
        add(root, source);
        return new StreamImpl<>(this, name, keySerde, valueSerde, false, source);
    }

    public <K, V> KTable<K, V> table(
            String topic, Consumed<K, V> consumed, @Nullable Materialized<K, V, ?> materialized) {
        Rows<K, V> rows =
                Rows.of(
                        materialized,
                        this,
                        topic + "-",
                        consumed.keySerde(),
                        consumed.valueSerde());
        String given = consumed.name();
        String sourceName = nameOr(given == null ? null : given + "-source", SOURCE);
        String name = nameOr(given, "KTABLE-SOURCE-");
        TableOperator operator = TableOperator.source(rows);
        tableSources.add(() -> operator.restoredFrom(topic));
        GraphNode node =
                new GraphNode(
                        name,
                        (parents, spec) -> {
                            spec.add(source(sourceName, List.of(topic), consumed));
                            operator.write(name, List.of(sourceName), spec);
                        });
        add(root, node);
        return new TableImpl<>(this, name, rows.keySerde(), rows.valueSerde(), operator, node);
    }

    private static NodeSpec.Source source(
            String name, List<String> topics, Consumed<?, ?> consumed) {
        return new NodeSpec.Source(
                name,
                topics,
                deserializer(consumed.keySerde()),
                deserializer(consumed.valueSerde()),
                consumed.timestampExtractor(),
                consumed.resetPolicy(),
                false);
    }

    /** Where a stream or table leaves its tasks and comes back partitioned by key. */
    record Repartition(GraphNode node, String sourceName) {}

    /** Filter, sink and source of a repartition topic, not yet added to the graph. */
    Repartition repartition(
            String prefix,
            @Nullable Serde<?> keySerde,
            @Nullable Serde<?> valueSerde,
            @Nullable StreamPartitioner<Object, Object> partitioner,
            Optional<Integer> partitions) {
        String topic = prefix.endsWith(REPARTITION_SUFFIX) ? prefix : prefix + REPARTITION_SUFFIX;
        String generatedSink = newName(SINK);
        String generatedFilter = newName(FILTER);
        String generatedSource = newName(SOURCE);
        boolean generated = prefix.matches("KSTREAM.*-[0-9]{10}");
        String sink = generated ? generatedSink : topic + "-sink";
        String filter = generated ? generatedFilter : topic + "-filter";
        String source = generated ? generatedSource : topic + "-source";
        GraphNode node =
                new GraphNode(
                        source,
                        (parents, spec) -> {
                            spec.addRepartitionTopic(topic, partitions);
                            // A record without a key has no partition to be counted in.
                            writeProcessor(filter, parents, GraphBuilder::keyFilter, spec);
                            writeHop(
                                    topic,
                                    sink,
                                    source,
                                    List.of(filter),
                                    keySerde,
                                    valueSerde,
                                    partitioner,
                                    false,
                                    spec);
                        });
        node.hop = new GraphNode.Hop(topic, keySerde, valueSerde);
        return new Repartition(node, source);
    }

    private static Node keyFilter() {
        return new StreamNodes.Filter((key, value) -> key != null, true);
    }

    static void writeHop(
            String topic,
            String sink,
            String source,
            List<String> parents,
            @Nullable Serde<?> keySerde,
            @Nullable Serde<?> valueSerde,
            @Nullable StreamPartitioner<Object, Object> partitioner,
            boolean changes,
            TopologySpec spec) {
        spec.add(
                new NodeSpec.Sink(
                        sink,
                        parents,
                        topic,
                        null,
                        keySerde == null ? null : keySerde.serializer(),
                        valueSerde == null ? null : valueSerde.serializer(),
                        partitioner,
                        changes));
        spec.add(
                new NodeSpec.Source(
                        source,
                        List.of(topic),
                        deserializer(keySerde),
                        deserializer(valueSerde),
                        new FailOnInvalidTimestamp(),
                        null,
                        changes));
    }

    static org.apache.kafka.common.serialization.@Nullable Deserializer<?> deserializer(
            @Nullable Serde<?> serde) {
        return serde == null ? null : serde.deserializer();
    }

    public <K, V> GlobalKTable<K, V> globalTable(
            String topic, Consumed<K, V> consumed, @Nullable Materialized<K, V, ?> materialized) {
        Rows<K, V> rows =
                Rows.of(
                        materialized,
                        this,
                        topic + "-",
                        consumed.keySerde(),
                        consumed.valueSerde());
        if (rows.versioned()) {
            throw new TopologyException("GlobalTables cannot be versioned.");
        }
        String given = consumed.name();
        String sourceName = nameOr(given, SOURCE);
        String name = nameOr(given == null ? null : given + "-processor", "KTABLE-SOURCE-");
        StoreSpec store = rows.store().restoredFrom(topic);
        GraphNode node =
                new GraphNode(
                        name,
                        (parents, spec) ->
                                spec.addGlobalStore(
                                        store,
                                        source(sourceName, List.of(topic), consumed),
                                        new NodeSpec.Processor(
                                                name,
                                                List.of(sourceName),
                                                () -> new TableNodes.Source(store.name(), false),
                                                new LinkedHashSet<>())));
        add(root, node);
        return new GlobalTableImpl<>(
                store.name(), materialized == null ? null : materialized.storeName());
    }

    public void addGlobalStore(
            StoreSpec store,
            String topic,
            Consumed<?, ?> consumed,
            ProcessorSupplier<Object, Object, Object, Object> supplier) {
        // Global stores need no wrapper to be filled, but it sees them, as all others.
        String given = consumed.name();
        String sourceName = nameOr(given == null ? null : given + "-source", SOURCE);
        String name = nameOr(given, "KTABLE-SOURCE-");
        add(
                root,
                new GraphNode(
                        store.name(),
                        (parents, spec) ->
                                spec.addGlobalStore(
                                        store.restoredFrom(topic),
                                        source(sourceName, List.of(topic), consumed),
                                        new NodeSpec.Processor(
                                                name,
                                                List.of(sourceName),
                                                () ->
                                                        new ProcessorNode(
                                                                name, spec.wrapped(name, supplier)),
                                                new LinkedHashSet<>()))));
    }

    public <K, V> KStream<K, V> stream(Pattern pattern, Consumed<K, V> consumed) {
        String name = nameOr(consumed.name(), SOURCE);
        AutoOffsetReset reset = consumed.resetPolicy();
        Object known = patterns.putIfAbsent(pattern.pattern(), Optional.ofNullable(reset));
        boolean differs = known != null && !known.equals(Optional.ofNullable(reset));
        GraphNode source =
                new GraphNode(
                        name,
                        (parents, spec) -> {
                            if (differs) {
                                throw new TopologyException(
                                        "Can't configure different offset reset policies on the same input topic(s)");
                            }
                            spec.add(source(name, List.of(), consumed).matching(pattern));
                        });
        add(root, source);
        return new StreamImpl<>(
                this, name, consumed.keySerde(), consumed.valueSerde(), false, source);
    }

    public void addStateStore(StoreSpec store) {
        add(root, new GraphNode(store.name(), (parents, spec) -> spec.addStore(store, List.of())));
    }

    /** Writes what is not written yet, in the order of description, parents first. */
    public TopologySpec write(Set<String> optimizations) {
        if (optimizations.contains(StreamsConfig.REUSE_KTABLE_SOURCE_TOPICS)) {
            tableSources.forEach(Runnable::run);
        }
        mergeSourcesOfSameTopics();
        if (optimizations.contains(StreamsConfig.MERGE_REPARTITION_TOPICS)) {
            new RepartitionMerge(this).apply(added);
        }
        if (optimizations.contains(StreamsConfig.SINGLE_STORE_SELF_JOIN)) {
            selfJoins.forEach(Runnable::run);
        }
        PriorityQueue<GraphNode> queue =
                new PriorityQueue<>(Comparator.comparing(node -> node.priority));
        Set<GraphNode> queued = new LinkedHashSet<>();
        queue.add(root);
        while (!queue.isEmpty()) {
            GraphNode node = queue.remove();
            queued.remove(node);
            node.writeWhenReady(topology);
            for (GraphNode child : node.children) {
                if (queued.add(child)) {
                    queue.add(child);
                }
            }
            for (GraphNode later : node.waiting) {
                if (!later.parents.isEmpty() && queued.add(later)) {
                    queue.add(later);
                }
            }
        }
        return topology;
    }

    private void mergeSourcesOfSameTopics() {
        Map<String, GraphNode> byTopic = new HashMap<>();
        for (GraphNode node : new ArrayList<>(root.children)) {
            if (node.streamSource == null) {
                continue;
            }
            for (String topic : node.streamSource.topics()) {
                GraphNode first = byTopic.putIfAbsent(topic, node);
                if (first == null || first == node) {
                    continue;
                }
                GraphNode.StreamSource kept = Objects.requireNonNull(first.streamSource);
                if (!Set.copyOf(kept.topics()).equals(Set.copyOf(node.streamSource.topics()))) {
                    throw new TopologyException(
                            "Two source nodes are subscribed to overlapping but not equal input topics");
                }
                if (!Objects.equals(kept.resetPolicy(), node.streamSource.resetPolicy())) {
                    throw new TopologyException(
                            "Can't configure different offset reset policies on the same input topic(s)");
                }
                for (GraphNode child : node.children) {
                    child.parents.remove(node);
                    first.addChild(child);
                }
                node.children.clear();
                root.children.remove(node);
            }
        }
    }
}
