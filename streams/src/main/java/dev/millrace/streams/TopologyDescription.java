package dev.millrace.streams;

import dev.millrace.streams.processor.TopicNameExtractor;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The shape of a {@link Topology}; its text is the one Kafka Streams prints. */
public interface TopologyDescription {
    /** What tasks run; without global stores. */
    Set<Subtopology> subtopologies();

    /** What every instance fills from all partitions. */
    Set<GlobalStore> globalStores();

    /** Connected nodes: what one task runs. */
    interface Subtopology {
        int id();

        Set<Node> nodes();
    }

    /** A source and the processor that writes the store. */
    interface GlobalStore {
        Source source();

        Processor processor();

        int id();
    }

    /** A source, processor or sink. */
    interface Node {
        String name();

        Set<Node> predecessors();

        Set<Node> successors();
    }

    /** Reads topics: those of a list, or those whose names match a pattern. */
    interface Source extends Node {
        /** Null with a pattern. */
        @Nullable Set<String> topicSet();

        /** Null with a list. */
        @Nullable Pattern topicPattern();
    }

    /** Works on records. */
    interface Processor extends Node {
        /** Names of those connected to it. */
        Set<String> stores();
    }

    /** Writes a topic, or the topic that is chosen for each record. */
    interface Sink extends Node {
        /** Null with an extractor. */
        @Nullable String topic();

        /** Null with a topic. */
        @Nullable TopicNameExtractor<?, ?> topicNameExtractor();
    }
}
