package dev.millrace.streams.internal.dsl;

import dev.millrace.streams.internal.topology.TopologySpec;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.common.serialization.Serde;
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

    /** A repartition topic and its serdes. */
    record Hop(String topic, @Nullable Serde<?> keySerde, @Nullable Serde<?> valueSerde) {}

    final String name;
    final @Nullable StreamSource streamSource;
    final Set<GraphNode> parents = new LinkedHashSet<>();
    final Set<GraphNode> children = new LinkedHashSet<>();
    private final Set<GraphNode> waitsFor = new LinkedHashSet<>();
    final Set<GraphNode> waiting = new LinkedHashSet<>();
    private final List<Consumer<TopologySpec>> afterwards = new ArrayList<>();
    boolean keyChanging;
    boolean valueChanging;
    boolean merges;

    /** Of a repartition topic that may be merged with others of the same keys. */
    @Nullable Hop hop;

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

    /** Writes more, after the node itself. */
    void alsoWrites(Consumer<TopologySpec> more) {
        afterwards.add(more);
    }

    /** Marks an operator that sets new keys. */
    GraphNode changesKey() {
        keyChanging = true;
        return this;
    }

    /** Marks an operator that makes values of another type. */
    GraphNode changesValue() {
        valueChanging = true;
        return this;
    }

    /** The program asks for this very topic. */
    void unmergeable() {
        hop = null;
    }

    void removeChild(GraphNode child) {
        children.remove(child);
        child.parents.remove(this);
    }

    /** Takes the node out of the graph. */
    void detach() {
        parents.forEach(parent -> parent.children.remove(this));
        parents.clear();
    }

    /** Not before another node is written. */
    void after(GraphNode other) {
        waitsFor.add(other);
        other.waiting.add(this);
    }

    /** Once, as soon as all parents are written. */
    void writeWhenReady(TopologySpec topology) {
        if (!written
                && parents.stream().allMatch(parent -> parent.written)
                && waitsFor.stream().allMatch(other -> other.written)) {
            writer.write(parents.stream().map(parent -> parent.name).toList(), topology);
            written = true;
            afterwards.forEach(more -> more.accept(topology));
        }
    }
}
