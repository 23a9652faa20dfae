package dev.millrace.streams.internal.dsl;

import dev.millrace.streams.internal.topology.TopologySpec;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One step of the program, before it is written into the topology. */
final class GraphNode {
    /** Writes a step: its processor, or sink, filter and source at once. */
    @FunctionalInterface
    interface Writer {
        void write(List<String> parents, TopologySpec topology);
    }

    /** Topics of a {@code stream(...)}: two of the same topics become one source. */
    record StreamSource(List<String> topics, @Nullable String resetPolicy) {}

    final String name;
    final @Nullable StreamSource streamSource;
    final Set<GraphNode> parents = new LinkedHashSet<>();
    final Set<GraphNode> children = new LinkedHashSet<>();
    int priority;
    private final Writer writer;
    private boolean written;

    GraphNode(String name, Writer writer) {
        this(name, null, writer);
    }

    GraphNode(String name, @Nullable StreamSource streamSource, Writer writer) {
        this.name = name;
        this.streamSource = streamSource;
        this.writer = writer;
    }

    void addChild(GraphNode child) {
        children.add(child);
        child.parents.add(this);
    }

    /** Once, as soon as all parents are written. */
    void writeWhenReady(TopologySpec topology) {
        if (!written && parents.stream().allMatch(parent -> parent.written)) {
            writer.write(parents.stream().map(parent -> parent.name).toList(), topology);
            written = true;
        }
    }
}
