package dev.millrace.streams;

import java.util.Set;

/** The shape of a {@link Topology}; its text is the one Kafka Streams prints. */
public interface TopologyDescription {
    Set<Subtopology> subtopologies();

    /** Connected nodes: what one task runs. */
    interface Subtopology {
        int id();

        Set<Node> nodes();
    }

    /** A source, processor or sink. */
    interface Node {
        String name();

        Set<Node> predecessors();

        Set<Node> successors();
    }
}
