package dev.millrace.streams.processor.internals;

/** A node of a topology, of which Kafka Streams' tests ask the name. */
public record ProcessorNode<KIn, VIn, KOut, VOut>(String name) {}
