package dev.millrace.streams;

import dev.millrace.streams.processor.internals.InternalTopologyBuilder;

/** Shows the inside of a topology to Kafka Streams' tests. */
public class TopologyWrapper extends Topology {
    public static InternalTopologyBuilder getInternalTopologyBuilder(Topology topology) {
        return new InternalTopologyBuilder(topology.spec(), topology::settings);
    }

    public InternalTopologyBuilder getInternalBuilder() {
        return getInternalTopologyBuilder(this);
    }
}
