package dev.millrace.broker.group;

import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;

/**
 * One record of a consumer group (KIP-848). A group is several records: its epoch, its members, the
 * target, and for each member what it has now; a tombstone takes back one of them.
 */
sealed interface ConsumerGroupRecord extends GroupRecord {

    /** Takes back another record, and says nothing of a group that is not known. */
    default boolean isTombstone() {
        return this instanceof EpochDeleted
                || this instanceof PartitionMetadataDeleted
                || this instanceof SubscriptionDeleted
                || this instanceof TargetEpochDeleted
                || this instanceof TargetDeleted
                || this instanceof CurrentDeleted
                || this instanceof RegexDeleted;
    }

    /** Raised whenever the target must be made anew. */
    record Epoch(String groupId, int epoch, long metadataHash) implements ConsumerGroupRecord {}

    /** Ends the group. */
    record EpochDeleted(String groupId) implements ConsumerGroupRecord {}

    /** Written by Kafka before 4.1: replaced by the hash in {@link Epoch}. */
    record PartitionMetadata(String groupId) implements ConsumerGroupRecord {}

    record PartitionMetadataDeleted(String groupId) implements ConsumerGroupRecord {}

    record Subscription(String groupId, String memberId, MemberSubscription subscription)
            implements ConsumerGroupRecord {}

    record SubscriptionDeleted(String groupId, String memberId) implements ConsumerGroupRecord {}

    /**
     * The target as a whole.
     *
     * @param timestampMs when it was made, 0 if unknown
     */
    record TargetEpoch(String groupId, int epoch, long timestampMs)
            implements ConsumerGroupRecord {}

    record TargetEpochDeleted(String groupId) implements ConsumerGroupRecord {}

    /** What one member shall have. */
    record Target(String groupId, String memberId, Map<Uuid, Set<Integer>> partitions)
            implements ConsumerGroupRecord {}

    record TargetDeleted(String groupId, String memberId) implements ConsumerGroupRecord {}

    /** What one member has. */
    record Current(String groupId, String memberId, MemberAssignment assignment)
            implements ConsumerGroupRecord {}

    record CurrentDeleted(String groupId, String memberId) implements ConsumerGroupRecord {}

    record Regex(String groupId, String regex, ResolvedRegex resolved)
            implements ConsumerGroupRecord {}

    record RegexDeleted(String groupId, String regex) implements ConsumerGroupRecord {}
}
