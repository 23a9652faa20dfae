package dev.millrace.streams.processor.internals;

import dev.millrace.streams.internal.topology.NodeSpec;
import dev.millrace.streams.internal.topology.StoreSpec;
import dev.millrace.streams.internal.topology.SubtopologySpec;
import dev.millrace.streams.processor.StateStore;
import dev.millrace.streams.state.DslStoreSuppliers;
import dev.millrace.streams.state.internals.ShownStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What Kafka Streams' tests ask of its class of this name: nodes, and which stores they have. */
public record ProcessorTopology(
        SubtopologySpec nodes,
        List<StoreSpec> globals,
        Map<String, String> storeToChangelogTopic,
        DslStoreSuppliers defaults) {
    public List<ProcessorNode<?, ?, ?, ?>> processors() {
        List<ProcessorNode<?, ?, ?, ?>> processors = new ArrayList<>();
        nodes.nodes().forEach(node -> processors.add(new ProcessorNode<>(node.name())));
        return processors;
    }

    public List<StateStore> stateStores() {
        return shown(nodes.stores());
    }

    public List<StateStore> globalStateStores() {
        return shown(globals);
    }

    private List<StateStore> shown(List<StoreSpec> stores) {
        return stores.stream().<StateStore>map(store -> ShownStore.of(store, defaults)).toList();
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
