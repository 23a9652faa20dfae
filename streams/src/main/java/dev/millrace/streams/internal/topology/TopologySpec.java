package dev.millrace.streams.internal.topology;

import dev.millrace.streams.errors.TopologyException;
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
import org.jspecify.annotations.Nullable;

/**
 * The nodes and stores of a program, in the order in which they were added. Grows; nothing leaves.
 */
public final class TopologySpec {
    private final Map<String, NodeSpec> nodes = new LinkedHashMap<>();
    private final Map<String, StoreSpec> stores = new LinkedHashMap<>();
    private final Map<String, Set<String>> storeUsers = new LinkedHashMap<>();
    private final Map<String, Optional<Integer>> repartitionTopics = new LinkedHashMap<>();
    private final Map<String, String> sourceOfTopic = new HashMap<>();
    private final Map<String, String> connected = new HashMap<>();

    public void add(NodeSpec node) {
        if (nodes.containsKey(node.name())) {
            throw new TopologyException(
                    "Invalid topology: Processor " + node.name() + " is already added.");
        }
        for (String parent : node.parents()) {
            NodeSpec found = nodes.get(parent);
            if (found == null) {
                throw new TopologyException(
                        "Invalid topology: Predecessor processor "
                                + parent
                                + " is not added yet for "
                                + node.name());
            }
            if (found instanceof NodeSpec.Sink) {
                throw new TopologyException(
                        "Invalid topology: Sink "
                                + parent
                                + " can have no successor "
                                + node.name());
            }
        }
        if (node instanceof NodeSpec.Source source) {
            if (source.topics().isEmpty()) {
                throw new TopologyException(
                        "Invalid topology: You must provide at least one topic to "
                                + source.name());
            }
            for (String topic : source.topics()) {
                String other = sourceOfTopic.putIfAbsent(topic, source.name());
                if (other != null) {
                    throw new TopologyException(
                            "Invalid topology: Topic "
                                    + topic
                                    + " has already been registered by another source, "
                                    + other);
                }
            }
        } else if (node.parents().isEmpty()) {
            throw new TopologyException(
                    "Invalid topology: " + node.name() + " needs at least one parent.");
        }
        nodes.put(node.name(), node);
        connected.put(node.name(), node.name());
        for (String parent : node.parents()) {
            unite(node.name(), parent);
        }
    }

    /** Adds the store unless it is there, and connects it. */
    public void addStore(StoreSpec store, Collection<String> processors) {
        StoreSpec known = stores.putIfAbsent(store.name(), store);
        if (known != null && !known.equals(store)) {
            throw new TopologyException(
                    "Invalid topology: A different StateStore has already been added with the name "
                            + store.name());
        }
        for (String processor : processors) {
            connect(processor, store.name());
        }
    }

    public void connect(String processor, String store) {
        if (!stores.containsKey(store)) {
            throw new TopologyException(
                    "Invalid topology: StateStore " + store + " is not added yet.");
        }
        if (!(nodes.get(processor) instanceof NodeSpec.Processor found)) {
            throw new TopologyException(
                    "Invalid topology: StateStore "
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

    public Map<String, Optional<Integer>> repartitionTopics() {
        return repartitionTopics;
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
            result.add(subtopology(group.getKey(), group.getValue(), applicationId));
        }
        return result;
    }

    /** All nodes as one sub-topology, for a driver without partitions. */
    public SubtopologySpec whole(String applicationId) {
        return subtopology(0, nodes.keySet(), applicationId);
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
