package dev.millrace.broker.group;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;

/**
 * Offsets that open transactions have committed: nobody sees them until the marker comes, and then
 * all of a producer at once, or none. Changes only by replay.
 *
 * <p>Of two commits for one partition the later in the log holds, also where its transaction ends
 * first: what is older is <em>superseded</em>, and comes to nothing when its own marker arrives.
 */
final class PendingOffsets {
    private record Key(String groupId, TopicPartition partition) {}

    private static final class Pending {
        private final GroupRecord.OffsetCommitted record;
        private final long order;
        private boolean superseded;

        Pending(GroupRecord.OffsetCommitted record, long order) {
            this.record = record;
            this.order = order;
        }
    }

    private final Map<Long, Map<Key, Pending>> byProducer = new HashMap<>();

    /** Producers with an open transaction that has committed the offset. */
    private final Map<String, Map<TopicPartition, Set<Long>>> producersByGroup = new HashMap<>();

    private long order;

    void add(long producerId, GroupRecord.OffsetCommitted record) {
        TopicPartition partition = new TopicPartition(record.topic(), record.partition());
        byProducer
                .computeIfAbsent(producerId, id -> new LinkedHashMap<>())
                .put(new Key(record.groupId(), partition), new Pending(record, order++));
        producersByGroup
                .computeIfAbsent(record.groupId(), id -> new HashMap<>())
                .computeIfAbsent(partition, p -> new HashSet<>())
                .add(producerId);
    }

    /** An offset was committed outside of a transaction. */
    void committed(String groupId, TopicPartition partition) {
        supersede(new Key(groupId, partition), Long.MAX_VALUE);
    }

    private void supersede(Key key, long before) {
        for (long producerId : producers(key.groupId(), key.partition())) {
            Pending pending = byProducer.getOrDefault(producerId, Map.of()).get(key);
            if (pending != null && pending.order < before) {
                pending.superseded = true;
            }
        }
    }

    /** A tombstone takes pending offsets with it. */
    void deleted(String groupId, TopicPartition partition) {
        for (long producerId : Set.copyOf(producers(groupId, partition))) {
            Map<Key, Pending> pending = byProducer.get(producerId);
            if (pending != null) {
                pending.remove(new Key(groupId, partition));
                if (pending.isEmpty()) {
                    byProducer.remove(producerId);
                }
            }
            forget(groupId, partition, producerId);
        }
    }

    /** The groups, so that none is left out of count, and the offsets that hold from now on. */
    record Ended(Set<String> groupIds, List<GroupRecord.OffsetCommitted> committed) {}

    /** The transaction of the producer has ended. */
    Ended end(long producerId, boolean commit) {
        Map<Key, Pending> ended = byProducer.remove(producerId);
        if (ended == null) {
            return new Ended(Set.of(), List.of());
        }
        Set<String> groupIds = new HashSet<>();
        List<GroupRecord.OffsetCommitted> committed = new ArrayList<>();
        ended.forEach(
                (key, pending) -> {
                    groupIds.add(key.groupId());
                    forget(key.groupId(), key.partition(), producerId);
                    if (commit && !pending.superseded) {
                        committed.add(pending.record);
                        supersede(key, pending.order);
                    }
                });
        return new Ended(groupIds, committed);
    }

    boolean contains(String groupId, TopicPartition partition) {
        return !producers(groupId, partition).isEmpty();
    }

    boolean contains(String groupId) {
        return producersByGroup.containsKey(groupId);
    }

    Set<TopicPartition> partitions(String groupId) {
        return Set.copyOf(producersByGroup.getOrDefault(groupId, Map.of()).keySet());
    }

    Set<String> groupIds() {
        return Set.copyOf(producersByGroup.keySet());
    }

    private Set<Long> producers(String groupId, TopicPartition partition) {
        return producersByGroup.getOrDefault(groupId, Map.of()).getOrDefault(partition, Set.of());
    }

    private void forget(String groupId, TopicPartition partition, long producerId) {
        Map<TopicPartition, Set<Long>> partitions = producersByGroup.get(groupId);
        Set<Long> producers = partitions == null ? null : partitions.get(partition);
        if (partitions == null || producers == null) {
            return;
        }
        producers.remove(producerId);
        if (producers.isEmpty()) {
            partitions.remove(partition);
        }
        if (partitions.isEmpty()) {
            producersByGroup.remove(groupId);
        }
    }
}
