package dev.millrace.streams.processor.internals;

import dev.millrace.streams.internal.topology.NodeSpec;
import dev.millrace.streams.internal.topology.StoreSpec;
import dev.millrace.streams.internal.topology.SubtopologySpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What Kafka Streams' tests ask of its class of this name: nodes, and which stores they have. */
public record ProcessorTopology(SubtopologySpec nodes, Map<String, String> storeToChangelogTopic) {
    /** A store, of which the tests ask the name. */
    public record Store(String name) {}

    public List<ProcessorNode<?, ?, ?, ?>> processors() {
        List<ProcessorNode<?, ?, ?, ?>> processors = new ArrayList<>();
        nodes.nodes().forEach(node -> processors.add(new ProcessorNode<>(node.name())));
        return processors;
    }

    public List<Store> stateStores() {
        return nodes.stores().stream().map(StoreSpec::name).map(Store::new).toList();
    }

    public List<Store> globalStateStores() {
        return stateStores();
    }

    public Set<String> processorConnectedStateStores(String processor) {
        for (NodeSpec node : nodes.nodes()) {
            if (node instanceof NodeSpec.Processor found && node.name().equals(processor)) {
                return found.stores();
            }
        }
        return Set.of();
    }
}
