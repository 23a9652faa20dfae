package dev.millrace.streams.internal.topology;

import dev.millrace.streams.TopologyDescription;
import dev.millrace.streams.processor.TopicNameExtractor;
import java.util.Collections;
import java.util.Comparator;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A node of a description; two are equal when they and their neighbours' names are. */
abstract class DescribedNode implements TopologyDescription.Node {
    static final Comparator<TopologyDescription.Node> ORDER =
            (a, b) -> {
                int bySize = Integer.compare(((DescribedNode) b).size, ((DescribedNode) a).size);
                return a.name().equals(b.name())
                        ? 0
                        : bySize != 0 ? bySize : a.name().compareTo(b.name());
            };

    private final NodeSpec spec;
    private final Set<TopologyDescription.Node> predecessors = new TreeSet<>(ORDER);
    private final Set<TopologyDescription.Node> successors = new TreeSet<>(ORDER);
    private int size = 1;

    private DescribedNode(NodeSpec spec) {
        this.spec = spec;
    }

    static DescribedNode of(NodeSpec spec) {
        if (spec instanceof NodeSpec.Source source) {
            return new Source(source);
        }
        if (spec instanceof NodeSpec.Sink sink) {
            return new Sink(sink);
        }
        return new Processor((NodeSpec.Processor) spec);
    }

    final NodeSpec spec() {
        return spec;
    }

    final void follows(DescribedNode predecessor) {
        predecessors.add(predecessor);
        predecessor.successors.add(this);
        predecessor.grow(size);
    }

    private void grow(int delta) {
        size += delta;
        for (TopologyDescription.Node predecessor : predecessors) {
            ((DescribedNode) predecessor).grow(delta);
        }
    }

    @Override
    public final String name() {
        return spec.name();
    }

    @Override
    public final Set<TopologyDescription.Node> predecessors() {
        return Collections.unmodifiableSet(predecessors);
    }

    @Override
    public final Set<TopologyDescription.Node> successors() {
        return Collections.unmodifiableSet(successors);
    }

    /** What it works with, besides its neighbours. */
    abstract Object content();

    @Override
    public final boolean equals(@Nullable Object other) {
        return other instanceof DescribedNode that
                && name().equals(that.name())
                && content().equals(that.content())
                && names(predecessors).equals(names(that.predecessors))
                && names(successors).equals(names(that.successors));
    }

    @Override
    public final int hashCode() {
        return name().hashCode();
    }

    static String names(Set<TopologyDescription.Node> nodes) {
        return nodes.isEmpty()
                ? "none"
                : nodes.stream()
                        .map(TopologyDescription.Node::name)
                        .collect(Collectors.joining(", "));
    }

    private static final class Source extends DescribedNode implements TopologyDescription.Source {
        private final NodeSpec.Source source;

        Source(NodeSpec.Source source) {
            super(source);
            this.source = source;
        }

        @Override
        public @Nullable Set<String> topicSet() {
            return source.pattern() == null ? Set.copyOf(source.topics()) : null;
        }

        @Override
        public @Nullable Pattern topicPattern() {
            return source.pattern();
        }

        @Override
        Object content() {
            Pattern pattern = source.pattern();
            return pattern == null ? Set.copyOf(source.topics()) : pattern.pattern();
        }

        @Override
        public String toString() {
            Pattern pattern = source.pattern();
            // A hash set: its order is that of Kafka Streams' text.
            String topics =
                    pattern == null
                            ? new java.util.HashSet<>(source.topics()).toString()
                            : pattern.toString();
            return "Source: "
                    + name()
                    + " (topics: "
                    + topics
                    + ")\n      --> "
                    + names(successors());
        }
    }

    private static final class Processor extends DescribedNode
            implements TopologyDescription.Processor {
        private final NodeSpec.Processor processor;

        Processor(NodeSpec.Processor processor) {
            super(processor);
            this.processor = processor;
        }

        @Override
        public Set<String> stores() {
            return Collections.unmodifiableSet(processor.stores());
        }

        @Override
        Object content() {
            return processor.stores();
        }

        @Override
        public String toString() {
            return "Processor: "
                    + name()
                    + " (stores: "
                    + new java.util.HashSet<>(processor.stores())
                    + ")\n      --> "
                    + names(successors())
                    + "\n      <-- "
                    + names(predecessors());
        }
    }

    private static final class Sink extends DescribedNode implements TopologyDescription.Sink {
        private final NodeSpec.Sink sink;

        Sink(NodeSpec.Sink sink) {
            super(sink);
            this.sink = sink;
        }

        @Override
        public @Nullable String topic() {
            return sink.topic();
        }

        @Override
        public @Nullable TopicNameExtractor<?, ?> topicNameExtractor() {
            return sink.extractor();
        }

        @Override
        Object content() {
            String topic = sink.topic();
            return topic != null ? topic : String.valueOf(sink.extractor());
        }

        @Override
        public String toString() {
            String target =
                    sink.topic() != null
                            ? "topic: " + sink.topic()
                            : "extractor class: " + sink.extractor();
            return "Sink: " + name() + " (" + target + ")\n      <-- " + names(predecessors());
        }
    }
}
