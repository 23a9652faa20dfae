package dev.millrace.streams.internal.dsl;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.kafka.common.serialization.Serde;
import org.jspecify.annotations.Nullable;

/**
 * {@code merge.repartition.topics}: what several operators repartition after the same change of
 * keys goes through one topic, right behind that change.
 *
 * <pre>
 * change -> a -> topic 1 -> x          change -> topic 1 -> a -> x
 *       \\-> b -> topic 2 -> y    =>                     \\-> b -> y
 * </pre>
 */
final class RepartitionMerge {
    private final GraphBuilder builder;

    RepartitionMerge(GraphBuilder builder) {
        this.builder = builder;
    }

    /**
     * @param added nodes in the order in which they were added
     */
    void apply(Collection<GraphNode> added) {
        byKeyChange(added).forEach(this::merge);
    }

    private static Map<GraphNode, Set<GraphNode>> byKeyChange(Collection<GraphNode> added) {
        Map<GraphNode, Set<GraphNode>> hops = new LinkedHashMap<>();
        List<GraphNode> merges = new ArrayList<>();
        for (GraphNode node : added) {
            if (node.keyChanging) {
                hops.put(node, new LinkedHashSet<>());
            } else if (node.hop != null) {
                GraphNode nearest = find(node, each -> each.keyChanging || each.valueChanging);
                GraphNode change = find(node, each -> each.keyChanging);
                if (change != null && change == nearest && hops.containsKey(change)) {
                    Objects.requireNonNull(hops.get(change)).add(node);
                }
            } else if (node.merges) {
                merges.add(node);
            }
        }
        // Behind a merge of streams the topic comes after the merge, not before.
        for (GraphNode merge : merges) {
            Set<GraphNode> changes = new LinkedHashSet<>();
            hops.forEach(
                    (change, behind) -> {
                        boolean throughMerge =
                                behind.stream().anyMatch(hop -> find(hop, childOf(merge)) != null);
                        if (throughMerge && find(merge, childOf(change)) != null) {
                            changes.add(change);
                        }
                    });
            Set<GraphNode> all = new LinkedHashSet<>();
            changes.forEach(change -> all.addAll(Objects.requireNonNull(hops.remove(change))));
            hops.put(merge, all);
        }
        return hops;
    }

    private static Predicate<GraphNode> childOf(GraphNode parent) {
        return node -> node.parents.contains(parent);
    }

    /** The node or the nearest of its ancestors that matches. */
    private static @Nullable GraphNode find(GraphNode start, Predicate<GraphNode> wanted) {
        if (wanted.test(start)) {
            return start;
        }
        GraphNode found = null;
        for (GraphNode parent : start.parents) {
            if (wanted.test(parent)) {
                return parent;
            }
            found = find(parent, wanted);
        }
        return found;
    }

    private void merge(GraphNode change, Set<GraphNode> hops) {
        if (hops.isEmpty()) {
            return;
        }
        Serde<?> keySerde = null;
        Serde<?> valueSerde = null;
        String topic = null;
        for (GraphNode node : hops) {
            GraphNode.Hop hop = Objects.requireNonNull(node.hop);
            topic = topic == null ? hop.topic() : topic;
            keySerde = keySerde == null ? hop.keySerde() : keySerde;
            valueSerde = valueSerde == null ? hop.valueSerde() : valueSerde;
        }
        GraphNode merged =
                builder.repartition(
                                Objects.requireNonNull(topic),
                                keySerde,
                                valueSerde,
                                null,
                                Optional.empty())
                        .node();
        merged.priority = change.priority;
        for (GraphNode hop : hops) {
            GraphNode child = find(hop, childOf(change));
            if (child == null) {
                child = find(hop, childOf(merged)); // moved with another topic
            } else {
                merged.addChild(child);
                change.removeChild(child);
            }
            for (GraphNode parent : List.copyOf(hop.parents)) {
                List.copyOf(hop.children).forEach(parent::addChild);
                parent.removeChild(hop);
            }
            List.copyOf(hop.children).forEach(hop::removeChild);
        }
        change.addChild(merged);
    }
}
