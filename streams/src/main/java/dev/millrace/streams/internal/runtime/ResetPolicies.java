package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.internal.topology.NodeSpec;
import dev.millrace.streams.internal.topology.SubtopologySpec;
import dev.millrace.streams.internal.topology.TopologySpec;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where sources begin: as they say themselves; internal topics from the beginning. */
final class ResetPolicies implements SourceInput.ResetPolicies {
    private final SourceTopics sources;
    private final Map<String, String> byTopic = new HashMap<>();

    ResetPolicies(
            TopologySpec topology,
            String applicationId,
            Collection<SubtopologySpec> subtopologies,
            SourceTopics sources) {
        this.sources = sources;
        for (SubtopologySpec subtopology : subtopologies) {
            for (NodeSpec node : subtopology.nodes()) {
                if (node instanceof NodeSpec.Source source) {
                    for (String topic : source.topics()) {
                        boolean internal = topology.repartitionTopics().containsKey(topic);
                        String policy = internal ? "earliest" : policy(source);
                        if (policy != null) {
                            byTopic.put(topology.decorate(topic, applicationId), policy);
                        }
                    }
                }
            }
        }
    }

    private static @Nullable String policy(NodeSpec.Source source) {
        return source.resetPolicy() == null ? null : source.resetPolicy().toString();
    }

    @Override
    public @Nullable String of(String topic) {
        NodeSpec.Source matching = sources.matching(topic);
        return matching == null ? byTopic.get(topic) : policy(matching);
    }
}
