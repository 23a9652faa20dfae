package dev.millrace.streams.processor;

import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Chooses partitions of a sink or repartition topic. */
@FunctionalInterface
public interface StreamPartitioner<K, V> {
    /**
     * @return the partitions to write to; empty set: none; empty optional: Kafka's default (murmur2
     *     of the key bytes)
     */
    Optional<Set<Integer>> partitions(
            String topic, @Nullable K key, @Nullable V value, int numPartitions);
}
