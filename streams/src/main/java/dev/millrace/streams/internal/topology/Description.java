package dev.millrace.streams.internal.topology;

import dev.millrace.streams.TopologyDescription;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Kafka Streams' text of a topology. Nodes are ordered by the size of their tree, then by name; the
 * order of successors is the one their sizes had when they were connected.
 */
public record Description(List<TopologyDescription.Subtopology> list)
        implements TopologyDescription {

    public static Description of(TopologySpec topology) {
        List<TopologyDescription.Subtopology> parts = new ArrayList<>();
        topology.groups().forEach((id, names) -> parts.add(describe(id, names, topology)));
        return new Description(List.copyOf(parts));
    }

    private static Part describe(int id, Set<String> names, TopologySpec topology) {
        Map<String, DescribedNode> byName = new HashMap<>();
        for (String name : names) {
            byName.put(name, new DescribedNode(spec(topology, name)));
        }
        for (DescribedNode node : byName.values()) {
            for (String parent : node.spec.parents()) {
                DescribedNode predecessor = java.util.Objects.requireNonNull(byName.get(parent));
                node.predecessors.add(predecessor);
                predecessor.successors.add(node);
                predecessor.grow(node.size);
            }
        }
        Set<TopologyDescription.Node> sorted = new TreeSet<>(DescribedNode.ORDER);
        sorted.addAll(byName.values());
        return new Part(id, sorted, topology.isGlobal(names));
    }

    private static NodeSpec spec(TopologySpec topology, String name) {
        return java.util.Objects.requireNonNull(topology.node(name));
    }

    @Override
    public Set<Subtopology> subtopologies() {
        return new LinkedHashSet<>(list);
    }

    @Override
    public String toString() {
        return "Topologies:\n "
                + list.stream().map(part -> "  " + part).collect(Collectors.joining());
    }

    private record Part(int id, Set<TopologyDescription.Node> nodes, boolean global)
            implements Subtopology {
        @Override
        public String toString() {
            return "Sub-topology: "
                    + id
                    + (global ? " for global store (will not generate tasks)" : "")
                    + "\n"
                    + nodes.stream().map(node -> "    " + node + "\n").collect(Collectors.joining())
                    + (global ? "" : "\n");
        }
    }

    private static final class DescribedNode implements TopologyDescription.Node {
        static final Comparator<TopologyDescription.Node> ORDER =
                (a, b) -> {
                    int bySize =
                            Integer.compare(((DescribedNode) b).size, ((DescribedNode) a).size);
                    return a.name().equals(b.name())
                            ? 0
                            : bySize != 0 ? bySize : a.name().compareTo(b.name());
                };

        private final NodeSpec spec;
        private final Set<TopologyDescription.Node> predecessors = new TreeSet<>(ORDER);
        private final Set<TopologyDescription.Node> successors = new TreeSet<>(ORDER);
        private int size = 1;

        DescribedNode(NodeSpec spec) {
            this.spec = spec;
        }

        void grow(int delta) {
            size += delta;
            for (TopologyDescription.Node predecessor : predecessors) {
                ((DescribedNode) predecessor).grow(delta);
            }
        }

        @Override
        public String name() {
            return spec.name();
        }

        @Override
        public Set<TopologyDescription.Node> predecessors() {
            return predecessors;
        }

        @Override
        public Set<TopologyDescription.Node> successors() {
            return successors;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof DescribedNode that && name().equals(that.name());
        }

        @Override
        public int hashCode() {
            return name().hashCode();
        }

        @Override
        public String toString() {
            if (spec instanceof NodeSpec.Source source) {
                return "Source: "
                        + name()
                        + " (topics: "
                        + new HashSet<>(source.topics())
                        + ")\n      --> "
                        + names(successors);
            }
            if (spec instanceof NodeSpec.Sink sink) {
                String target =
                        sink.topic() != null
                                ? "topic: " + sink.topic()
                                : "extractor class: " + sink.extractor();
                return "Sink: " + name() + " (" + target + ")\n      <-- " + names(predecessors);
            }
            Set<String> stores = new HashSet<>(((NodeSpec.Processor) spec).stores());
            return "Processor: "
                    + name()
                    + " (stores: "
                    + stores
                    + ")\n      --> "
                    + names(successors)
                    + "\n      <-- "
                    + names(predecessors);
        }

        private static String names(Set<TopologyDescription.Node> nodes) {
            return nodes.isEmpty()
                    ? "none"
                    : nodes.stream()
                            .map(TopologyDescription.Node::name)
                            .collect(Collectors.joining(", "));
        }
    }
}
