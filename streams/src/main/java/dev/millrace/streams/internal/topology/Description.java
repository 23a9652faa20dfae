package dev.millrace.streams.internal.topology;

import dev.millrace.streams.TopologyDescription;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Kafka Streams' text of a topology. Nodes are ordered by the size of their tree, then by name; the
 * order of successors is the one their sizes had when they were connected.
 *
 * @param parts sub-topologies and global stores, by number
 */
public record Description(List<Part> parts) implements TopologyDescription {
    /** One group of connected nodes, as it prints itself. */
    public sealed interface Part permits Tasks, Global {}

    public static Description of(TopologySpec topology) {
        List<Part> parts = new ArrayList<>();
        topology.groups().forEach((id, names) -> parts.addAll(describe(id, names, topology)));
        return new Description(List.copyOf(parts));
    }

    private static List<Part> describe(int id, Set<String> names, TopologySpec topology) {
        Map<String, DescribedNode> byName = new HashMap<>();
        for (String name : names) {
            byName.put(name, DescribedNode.of(Objects.requireNonNull(topology.node(name))));
        }
        for (DescribedNode node : byName.values()) {
            for (String parent : node.spec().parents()) {
                node.follows(Objects.requireNonNull(byName.get(parent)));
            }
        }
        Set<TopologyDescription.Node> sorted = new TreeSet<>(DescribedNode.ORDER);
        sorted.addAll(byName.values());
        if (!topology.isGlobal(names)) {
            return List.of(new Tasks(id, Collections.unmodifiableSet(sorted)));
        }
        List<Part> globals = new ArrayList<>();
        for (TopologyDescription.Node node : sorted) {
            if (node instanceof TopologyDescription.Source source) {
                globals.add(
                        new Global(
                                id,
                                source,
                                (TopologyDescription.Processor)
                                        source.successors().iterator().next()));
            }
        }
        return globals;
    }

    @Override
    public Set<Subtopology> subtopologies() {
        return parts.stream()
                .filter(Tasks.class::isInstance)
                .map(Tasks.class::cast)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    @Override
    public Set<GlobalStore> globalStores() {
        return parts.stream()
                .filter(Global.class::isInstance)
                .map(Global.class::cast)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    @Override
    public String toString() {
        return "Topologies:\n "
                + parts.stream().map(part -> "  " + part).collect(Collectors.joining());
    }

    /** What tasks run. */
    record Tasks(int id, Set<TopologyDescription.Node> nodes) implements Subtopology, Part {
        @Override
        public String toString() {
            return "Sub-topology: "
                    + id
                    + "\n"
                    + nodes.stream().map(node -> "    " + node + "\n").collect(Collectors.joining())
                    + "\n";
        }
    }

    /** What fills a global store. */
    record Global(
            int id, TopologyDescription.Source source, TopologyDescription.Processor processor)
            implements GlobalStore, Part {
        @Override
        public String toString() {
            return "Sub-topology: "
                    + id
                    + " for global store (will not generate tasks)\n    "
                    + source
                    + "\n    "
                    + processor
                    + "\n";
        }
    }
}
