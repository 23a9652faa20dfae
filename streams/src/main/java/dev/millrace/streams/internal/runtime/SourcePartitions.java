package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.errors.StreamsException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.common.Cluster;

/**
 * How many partitions each source topic has, as the group's leader sees it when it places tasks.
 * Where topics come by pattern, internal topics may have to be made for them first. For one thread.
 */
final class SourcePartitions implements Function<Cluster, Map<String, Integer>> {
    private final SourceTopics sources;
    private final Supplier<InternalTopics> internalTopics;
    private Map<String, Integer> seen = Map.of();
    private Map<String, Integer> internal = Map.of();

    SourcePartitions(SourceTopics sources, Supplier<InternalTopics> internalTopics) {
        this.sources = sources;
        this.internalTopics = internalTopics;
    }

    @Override
    public Map<String, Integer> apply(Cluster metadata) {
        Map<String, Integer> partitions = new HashMap<>();
        for (String topic : metadata.topics()) {
            Integer count = metadata.partitionCountForTopic(topic);
            if (count != null && sources.subtopologyOf(topic) != null) {
                partitions.put(topic, count);
            }
        }
        if (!sources.hasPatterns()) {
            return partitions;
        }
        Map<String, Integer> external = new HashMap<>(partitions);
        external.keySet().removeAll(internal.keySet());
        if (!external.equals(seen)) {
            internal = ensure();
            seen = external;
            seen.keySet().removeAll(internal.keySet());
        }
        internal.forEach(partitions::putIfAbsent); // made just now: not in the metadata yet
        return partitions;
    }

    /** Partitions of the repartition topics, which are there when it returns. */
    private Map<String, Integer> ensure() {
        InternalTopics.Ensured ensured = internalTopics.get().ensure();
        try {
            ensured.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StreamsException("Interrupted while internal topics were made", e);
        }
        Map<String, Integer> made = new HashMap<>(ensured.partitions());
        made.keySet().removeIf(topic -> sources.matching(topic) != null);
        return made;
    }
}
