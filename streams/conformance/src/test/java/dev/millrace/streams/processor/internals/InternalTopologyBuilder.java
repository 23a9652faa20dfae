package dev.millrace.streams.processor.internals;

import dev.millrace.streams.StreamsConfig;
import dev.millrace.streams.internal.topology.StoreSpec;
import dev.millrace.streams.internal.topology.SubtopologySpec;
import dev.millrace.streams.internal.topology.TopologySpec;
import dev.millrace.streams.state.BuiltInDslStoreSuppliers;
import dev.millrace.streams.state.DslStoreSuppliers;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/** What Kafka Streams' tests ask of its class of this name. */
public class InternalTopologyBuilder {
    private final TopologySpec topology;
    private String applicationId = "";

    private final UnaryOperator<StreamsConfig> settings;
    private DslStoreSuppliers defaults = BuiltInDslStoreSuppliers.ROCKS_DB;

    /**
     * @param settings those of the application, with the topology's own
     */
    public InternalTopologyBuilder(TopologySpec topology, UnaryOperator<StreamsConfig> settings) {
        this.topology = topology;
        this.settings = settings;
    }

    /** A store. */
    public record Store(StoreSpec spec) {
        public boolean loggingEnabled() {
            return spec.logged();
        }

        public Map<String, String> logConfig() {
            return spec.changelogConfig();
        }

        public String storeName() {
            return spec.name();
        }
    }

    public InternalTopologyBuilder setApplicationId(String applicationId) {
        this.applicationId = applicationId;
        return this;
    }

    public Collection<Set<String>> copartitionGroups() {
        return new HashSet<>(topology.copartitionGroups());
    }

    public Map<String, Store> stateStores() {
        Map<String, Store> stores = new LinkedHashMap<>();
        topology.stores().forEach(store -> stores.put(store.name(), new Store(store)));
        return stores;
    }

    public InternalTopologyBuilder rewriteTopology(StreamsConfig config) {
        defaults = settings.apply(config).dslStoreSuppliers();
        return setApplicationId(config.applicationId());
    }

    public ProcessorTopology buildTopology() {
        Map<String, String> changelogs = new LinkedHashMap<>();
        for (SubtopologySpec each : topology.subtopologies(applicationId)) {
            for (StoreSpec store : each.stores()) {
                if (store.logged()) {
                    changelogs.put(store.name(), store.changelogTopic(applicationId));
                }
            }
        }
        return new ProcessorTopology(
                topology.whole(applicationId), globals(), changelogs, defaults);
    }

    private List<StoreSpec> globals() {
        return topology.globalSubtopology(applicationId)
                .map(SubtopologySpec::stores)
                .orElse(List.of());
    }

    public ProcessorTopology buildGlobalStateTopology() {
        return new ProcessorTopology(
                topology.globalSubtopology(applicationId).orElseThrow(),
                globals(),
                Map.of(),
                defaults);
    }
}
