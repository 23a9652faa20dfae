package dev.millrace.streams.internal.topology;

import dev.millrace.streams.errors.TopologyException;
import dev.millrace.streams.internal.rx.Inflow;
import dev.millrace.streams.internal.rx.Outlet;
import dev.millrace.streams.internal.rx.TableReads;
import dev.millrace.streams.internal.store.BuiltInStoreBuilder;
import dev.millrace.streams.internal.task.Node;
import dev.millrace.streams.internal.task.OperatorSupplier;
import dev.millrace.streams.internal.task.ProcessorNode;
import dev.millrace.streams.processor.api.FixedKeyProcessorSupplier;
import dev.millrace.streams.processor.api.ProcessorSupplier;
import dev.millrace.streams.processor.api.ProcessorWrapper;
import dev.millrace.streams.state.StoreBuilder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The nodes and stores of a program, in the order in which they were added. Grows; nothing leaves.
 */
public final class TopologySpec {
    private static final Pattern GENERATED = Pattern.compile("-[0-9]{10}(-|$)");

    private final Map<String, NodeSpec> nodes = new LinkedHashMap<>();
    private final Map<String, StoreSpec> stores = new LinkedHashMap<>();
    private final Map<String, Set<String>> storeUsers = new LinkedHashMap<>();
    private final Map<String, Optional<Integer>> repartitionTopics = new LinkedHashMap<>();
    private final List<Set<String>> copartitionGroups = new ArrayList<>();
    private final Set<String> tables = new HashSet<>();
    private final List<Outlet> outlets = new ArrayList<>();
    private final List<Inflow> inflows = new ArrayList<>();
    private final List<TableReads> reads = new ArrayList<>();
    private final Set<String> globalNodes = new LinkedHashSet<>();
    private final Set<String> globalStores = new LinkedHashSet<>();
    private final Map<String, String> sourceOfTopic = new HashMap<>();
    private final Map<String, String> connected = new HashMap<>();

    private final @Nullable ProcessorWrapper wrapper;

    public TopologySpec() {
        this(null);
    }

    /**
     * @param wrapper sees all processors; null: none
     */
    public TopologySpec(@Nullable ProcessorWrapper wrapper) {
        this.wrapper = wrapper;
    }

    /** A processor written by hand, with the stores that it brings. */
    public void addProcessor(
            String name,
            List<String> parents,
            ProcessorSupplier<Object, Object, Object, Object> supplier) {
        ProcessorSupplier<Object, Object, Object, Object> wrapped = wrapped(name, supplier);
        boolean behindTable = parents.stream().anyMatch(tables::contains);
        addProcessor(
                new NodeSpec.Processor(
                        name,
                        parents,
                        () -> {
                            ProcessorNode node = new ProcessorNode(name, wrapped);
                            return behindTable ? node.behindTable() : node;
                        },
                        new LinkedHashSet<>()),
                wrapped.stores());
    }

    /** A node whose output are the changes of a table. */
    public void isTable(String name) {
        tables.add(name);
    }

    /** What a wrapper makes of a processor written by hand. */
    public ProcessorSupplier<Object, Object, Object, Object> wrapped(
            String name, ProcessorSupplier<Object, Object, Object, Object> supplier) {
        return wrapper == null ? supplier : wrapper.wrapProcessorSupplier(name, supplier);
    }

    /** What a wrapper makes of a processor written by hand. */
    public FixedKeyProcessorSupplier<Object, Object, Object> wrapped(
            String name, FixedKeyProcessorSupplier<Object, Object, Object> supplier) {
        return wrapper == null ? supplier : wrapper.wrapFixedKeyProcessorSupplier(name, supplier);
    }

    /** The same, without a wrapper. */
    public void addWrapped(
            String name,
            List<String> parents,
            ProcessorSupplier<Object, Object, Object, Object> supplier) {
        addProcessor(
                new NodeSpec.Processor(
                        name,
                        parents,
                        () -> new ProcessorNode(name, supplier),
                        new LinkedHashSet<>()),
                supplier.stores());
    }

    /** An operator of the DSL. */
    public void addOperator(String name, List<String> parents, Supplier<Node> node) {
        if (wrapper == null) {
            add(new NodeSpec.Processor(name, parents, node, new LinkedHashSet<>()));
            return;
        }
        OperatorSupplier operators = new OperatorSupplier(node);
        ProcessorSupplier<Object, Object, Object, Object> wrapped =
                wrapper.wrapProcessorSupplier(name, operators);
        addProcessor(
                new NodeSpec.Processor(
                        name,
                        parents,
                        () -> new ProcessorNode(name, wrapped, operators),
                        new LinkedHashSet<>()),
                wrapped.stores());
    }

    private void addProcessor(
            NodeSpec.Processor processor, @Nullable Set<StoreBuilder<?>> brought) {
        add(processor);
        if (brought != null) {
            for (StoreBuilder<?> store : brought) {
                addStore(BuiltInStoreBuilder.specOf(store), List.of(processor.name()));
            }
        }
    }

    /** Names of stores and internal topics that the program has not chosen; in sentences. */
    public String generatedNames() {
        List<String> changelogs = new ArrayList<>();
        List<String> storeNames = new ArrayList<>();
        for (StoreSpec store : stores.values()) {
            if (isGenerated(store.name())) {
                if (store.writesChangelog()) {
                    changelogs.add(store.name() + "-changelog");
                }
                if (!store.name().contains("KTABLE-SUPPRESS")) {
                    storeNames.add(store.name());
                }
            }
        }
        List<String> topics =
                repartitionTopics.keySet().stream().filter(TopologySpec::isGenerated).toList();
        return notNamed("changelog topic", changelogs)
                + notNamed("state store", storeNames)
                + notNamed("repartition topic", topics);
    }

    private static boolean isGenerated(String name) {
        return GENERATED.matcher(name).find() && !name.contains("KTABLE-FK-JOIN");
    }

    private static String notNamed(String what, List<String> names) {
        return names.isEmpty()
                ? ""
                : "Following "
                        + what
                        + "(s) has not been named: "
                        + String.join(", ", names)
                        + System.lineSeparator();
    }

    public void add(NodeSpec node) {
        if (nodes.containsKey(node.name())) {
            throw new TopologyException("Processor " + node.name() + " is already added.");
        }
        for (String parent : node.parents()) {
            NodeSpec found = nodes.get(parent);
            if (found == null) {
                throw new TopologyException(
                        "Predecessor processor " + parent + " is not added yet for " + node.name());
            }
            if (found instanceof NodeSpec.Sink) {
                throw new TopologyException(
                        "Sink " + parent + " can have no successor " + node.name());
            }
        }
        if (node instanceof NodeSpec.Source source) {
            if (source.topics().isEmpty() && source.pattern() == null) {
                throw new TopologyException(
                        "You must provide at least one topic to " + source.name());
            }
            for (String topic : source.topics()) {
                String other = sourceOfTopic.putIfAbsent(topic, source.name());
                if (other != null) {
                    throw new TopologyException(
                            "Topic "
                                    + topic
                                    + " has already been registered by another source, "
                                    + other);
                }
            }
        } else if (node.parents().isEmpty()) {
            throw new TopologyException("" + node.name() + " needs at least one parent.");
        }
        nodes.put(node.name(), node);
        connected.put(node.name(), node.name());
        for (String parent : node.parents()) {
            unite(node.name(), parent);
        }
    }

    /**
     * A store that every instance fills from all partitions of a topic, and every processor reads.
     */
    public void addGlobalStore(
            StoreSpec store, NodeSpec.Source source, NodeSpec.Processor processor) {
        if (stores.containsKey(store.name())) {
            throw new TopologyException(
                    "A different StateStore has already been added with the name " + store.name());
        }
        add(source);
        add(processor);
        addStore(store, List.of(processor.name()));
        globalNodes.add(source.name());
        globalNodes.add(processor.name());
        globalStores.add(store.name());
    }

    public Set<String> globalStores() {
        return globalStores;
    }

    boolean isGlobal(Set<String> names) {
        return names.stream().anyMatch(globalNodes::contains);
    }

    /** What fills the global stores; empty when there are none. */
    public Optional<SubtopologySpec> globalSubtopology(String applicationId) {
        return globalNodes.isEmpty()
                ? Optional.empty()
                : Optional.of(subtopology(-1, globalNodes, applicationId));
    }

    /** Adds the store unless it is there, and connects it. */
    public void addStore(StoreSpec store, Collection<String> processors) {
        StoreSpec known = stores.putIfAbsent(store.name(), store);
        if (known != null && !known.equals(store)) {
            throw new TopologyException(
                    "A different StateStore has already been added with the name " + store.name());
        }
        for (String processor : processors) {
            connect(processor, store.name());
        }
    }

    public void connect(String processor, String store) {
        if (globalStores.contains(store)) {
            throw new TopologyException(
                    "Global StateStore "
                            + store
                            + " can be used by a Processor without being specified; it should not be explicitly passed.");
        }
        if (!stores.containsKey(store)) {
            throw new TopologyException("StateStore " + store + " is not added yet.");
        }
        if (!(nodes.get(processor) instanceof NodeSpec.Processor found)) {
            throw new TopologyException(
                    "StateStore "
                            + store
                            + " cannot be connected to "
                            + processor
                            + ", which is no processor of this topology.");
        }
        Set<String> users = storeUsers.computeIfAbsent(store, s -> new LinkedHashSet<>());
        if (!users.isEmpty()) {
            unite(users.iterator().next(), processor);
        }
        users.add(processor);
        found.stores().add(store);
    }

    /**
     * @param partitions empty: as many as the largest source topic of the sub-topology that writes
     *     it
     */
    public void addRepartitionTopic(String topic, Optional<Integer> partitions) {
        repartitionTopics.put(topic, partitions);
    }

    /**
     * What the nodes get must be partitioned alike: their source topics have the same number of
     * partitions.
     *
     * @throws TopologyException when the program asks for different numbers
     */
    public void copartition(Collection<String> nodeNames) {
        Set<String> topics = new LinkedHashSet<>();
        nodeNames.forEach(name -> collectSourceTopics(name, topics));
        Set<Integer> numbers = new LinkedHashSet<>();
        for (String topic : topics) {
            repartitionTopics.getOrDefault(topic, Optional.empty()).ifPresent(numbers::add);
        }
        if (numbers.size() > 1) {
            throw new TopologyException(
                    "Following topics do not have the same number of partitions: "
                            + topics
                            + ": "
                            + numbers);
        }
        copartitionGroups.add(topics);
    }

    private void collectSourceTopics(String name, Set<String> topics) {
        NodeSpec node = nodes.get(name);
        if (node instanceof NodeSpec.Source source) {
            topics.addAll(source.topics());
        } else if (node != null) {
            node.parents().forEach(parent -> collectSourceTopics(parent, topics));
        }
    }

    /** Undecorated topics that have the same number of partitions. */
    public List<Set<String>> copartitionGroups() {
        return copartitionGroups;
    }

    public Map<String, Optional<Integer>> repartitionTopics() {
        return repartitionTopics;
    }

    /** Where streams end at subscribers. */
    public void add(Outlet outlet) {
        outlets.add(outlet);
    }

    /** A source that instances write themselves; its topic is added, too. */
    public void add(Inflow inflow) {
        inflows.add(inflow);
    }

    /** A table that is asked through instances. */
    public void add(TableReads table) {
        reads.add(table);
    }

    public List<Outlet> outlets() {
        return outlets;
    }

    public List<Inflow> inflows() {
        return inflows;
    }

    public List<TableReads> reads() {
        return reads;
    }

    public @Nullable NodeSpec node(String name) {
        return nodes.get(name);
    }

    public Collection<StoreSpec> stores() {
        return stores.values();
    }

    /** Name of a topic on the cluster. */
    public String decorate(String topic, String applicationId) {
        return repartitionTopics.containsKey(topic) ? applicationId + "-" + topic : topic;
    }

    /** Sub-topologies; a store that no processor uses is in none. */
    public List<SubtopologySpec> subtopologies(String applicationId) {
        List<SubtopologySpec> result = new ArrayList<>();
        for (Map.Entry<Integer, Set<String>> group : groups().entrySet()) {
            if (!isGlobal(group.getValue())) {
                result.add(subtopology(group.getKey(), group.getValue(), applicationId));
            }
        }
        return result;
    }

    /** All nodes as one sub-topology, for a driver without partitions. */
    public SubtopologySpec whole(String applicationId) {
        Set<String> names = new LinkedHashSet<>(nodes.keySet());
        names.removeAll(globalNodes);
        return subtopology(0, names, applicationId);
    }

    private SubtopologySpec subtopology(int id, Set<String> names, String applicationId) {
        List<NodeSpec> members = new ArrayList<>();
        Set<String> topics = new LinkedHashSet<>();
        for (NodeSpec node : nodes.values()) {
            if (names.contains(node.name())) {
                members.add(node);
                if (node instanceof NodeSpec.Source source) {
                    source.topics().forEach(topic -> topics.add(decorate(topic, applicationId)));
                }
            }
        }
        List<StoreSpec> used = new ArrayList<>();
        for (StoreSpec store : stores.values()) {
            if (storeUsers.getOrDefault(store.name(), Set.of()).stream()
                    .anyMatch(names::contains)) {
                used.add(store);
            }
        }
        return new SubtopologySpec(id, members, topics, used);
    }

    /**
     * Names of connected nodes by number: groups are numbered in the order of their first nodes.
     */
    Map<Integer, Set<String>> groups() {
        Map<Integer, Set<String>> groups = new LinkedHashMap<>();
        Map<String, Set<String>> byRoot = new HashMap<>();
        for (String name : nodes.keySet()) {
            Set<String> group =
                    byRoot.computeIfAbsent(
                            root(name),
                            root -> {
                                // A hash set: the description depends on its order, as in Kafka
                                // Streams.
                                Set<String> fresh = new HashSet<>();
                                groups.put(groups.size(), fresh);
                                return fresh;
                            });
            group.add(name);
        }
        return groups;
    }

    private String root(String name) {
        String current = name;
        while (true) {
            String next = connected.getOrDefault(current, current);
            if (next.equals(current)) {
                return current;
            }
            current = next;
        }
    }

    private void unite(String a, String b) {
        connected.put(root(a), root(b));
    }
}
