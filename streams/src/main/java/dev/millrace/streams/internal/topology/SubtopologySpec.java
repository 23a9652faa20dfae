package dev.millrace.streams.internal.topology;

import java.util.List;
import java.util.Set;

/**
 * A connected part of the topology: its tasks are the partitions of its source topics.
 *
 * @param nodes in the order in which they were added
 * @param sourceTopics decorated, in the order of the sources
 * @param stores in the order in which they were added
 */
public record SubtopologySpec(
        int id, List<NodeSpec> nodes, Set<String> sourceTopics, List<StoreSpec> stores) {}
