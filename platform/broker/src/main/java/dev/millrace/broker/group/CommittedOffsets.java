package dev.millrace.broker.group;

import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** The offsets of a shard's groups, as of the last appended record. Changes only by replay. */
final class CommittedOffsets {
    private final Map<String, Map<TopicPartition, GroupRecord.CommittedOffset>> byGroup =
            new HashMap<>();

    void replay(GroupRecord.OffsetCommitted record) {
        byGroup.computeIfAbsent(record.groupId(), id -> new HashMap<>())
                .put(new TopicPartition(record.topic(), record.partition()), record.offset());
    }

    void replay(GroupRecord.OffsetDeleted record) {
        Map<TopicPartition, GroupRecord.CommittedOffset> offsets = byGroup.get(record.groupId());
        if (offsets != null) {
            offsets.remove(new TopicPartition(record.topic(), record.partition()));
            if (offsets.isEmpty()) {
                byGroup.remove(record.groupId());
            }
        }
    }

    GroupRecord.@Nullable CommittedOffset get(String groupId, TopicPartition partition) {
        return of(groupId).get(partition);
    }

    Map<TopicPartition, GroupRecord.CommittedOffset> of(String groupId) {
        return Collections.unmodifiableMap(byGroup.getOrDefault(groupId, Map.of()));
    }

    Set<String> groupIds() {
        return Collections.unmodifiableSet(byGroup.keySet());
    }
}
