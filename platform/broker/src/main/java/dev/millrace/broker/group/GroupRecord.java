package dev.millrace.broker.group;

import java.util.List;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/** One record of {@code __consumer_offsets}. */
sealed interface GroupRecord
        permits GroupRecord.OffsetCommitted,
                GroupRecord.OffsetDeleted,
                GroupRecord.Generation,
                GroupRecord.GroupDeleted,
                ConsumerGroupRecord {
    String groupId();

    record OffsetCommitted(String groupId, String topic, int partition, CommittedOffset offset)
            implements GroupRecord {}

    /** Tombstone of an offset. */
    record OffsetDeleted(String groupId, String topic, int partition) implements GroupRecord {}

    /**
     * A generation with its assignment.
     *
     * @param protocolType empty for a group that only stores offsets
     * @param protocol null when the group has no members, as {@code leaderId}
     * @param stateTimestampMs when the group entered its state, -1 if unknown
     */
    record Generation(
            String groupId,
            String protocolType,
            int generation,
            @Nullable String protocol,
            @Nullable String leaderId,
            long stateTimestampMs,
            List<Assigned> members)
            implements GroupRecord {
        public Generation {
            members = List.copyOf(members);
        }
    }

    /** A member as a {@link Generation} stores it. */
    record Assigned(
            String memberId,
            @Nullable String instanceId,
            String clientId,
            String clientHost,
            int rebalanceTimeoutMs,
            int sessionTimeoutMs,
            Bytes subscription,
            Bytes assignment) {}

    /** Tombstone of a group. */
    record GroupDeleted(String groupId) implements GroupRecord {}

    /**
     * @param leaderEpoch of the record before {@code offset}, -1 if unknown
     * @param expireTimestampMs only in old records (value version 1), else -1
     * @param topicId zero if the record has none (value versions before 4)
     */
    record CommittedOffset(
            long offset,
            int leaderEpoch,
            String metadata,
            long commitTimestampMs,
            long expireTimestampMs,
            Uuid topicId) {}
}
