package dev.millrace.streams.query;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Last offsets that a store has seen of its sources, by topic and partition. Mutable. */
public class Position {
    private final Map<String, Map<Integer, Long>> offsets = new ConcurrentHashMap<>();

    private Position() {}

    public static Position emptyPosition() {
        return new Position();
    }

    public static Position fromMap(@Nullable Map<String, ? extends Map<Integer, Long>> map) {
        Position position = new Position();
        if (map != null) {
            map.forEach(
                    (topic, partitions) ->
                            partitions.forEach(
                                    (partition, offset) ->
                                            position.withComponent(topic, partition, offset)));
        }
        return position;
    }

    /** Never goes back. */
    public Position withComponent(String topic, int partition, long offset) {
        offsets.computeIfAbsent(topic, name -> new ConcurrentHashMap<>())
                .merge(partition, offset, Math::max);
        return this;
    }

    public Position copy() {
        return fromMap(offsets);
    }

    public Position merge(@Nullable Position other) {
        if (other != null) {
            other.offsets.forEach(
                    (topic, partitions) ->
                            partitions.forEach(
                                    (partition, offset) ->
                                            withComponent(topic, partition, offset)));
        }
        return this;
    }

    public java.util.Set<String> getTopics() {
        return java.util.Set.copyOf(offsets.keySet());
    }

    public Map<Integer, Long> getPartitionPositions(String topic) {
        return new HashMap<>(offsets.getOrDefault(topic, Map.of()));
    }

    public boolean isEmpty() {
        return offsets.isEmpty();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Position that && offsets.equals(that.offsets);
    }

    /** It changes: as a key it would be lost. */
    @Override
    public int hashCode() {
        throw new UnsupportedOperationException(
                "This mutable object is not suitable as a hash key");
    }

    @Override
    public String toString() {
        return "Position{position=" + offsets + '}';
    }
}
