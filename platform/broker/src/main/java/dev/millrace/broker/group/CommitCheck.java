package dev.millrace.broker.group;

import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.IllegalGenerationException;
import org.apache.kafka.common.errors.StaleMemberEpochException;
import org.apache.kafka.common.errors.UnknownMemberIdException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.jspecify.annotations.Nullable;

/**
 * Whether a member of a consumer group may commit offsets. One that has not heard of its newest
 * epoch yet may do so for partitions that it had in the one it knows.
 *
 * @see "KIP-1251"
 */
@FunctionalInterface
interface CommitCheck {
    /** The first version in which a member of the new protocol commits. */
    short CONSUMER_PROTOCOL = 9;

    CommitCheck ANY = (topic, partition) -> {};

    /**
     * @param topic id of the topic there is now
     * @throws ApiException the whole request is refused
     */
    void validate(Uuid topic, int partition);

    /**
     * @param version of OffsetCommit
     * @throws ApiException the request is refused
     */
    static CommitCheck of(ConsumerGroup group, String memberId, int epoch, int version) {
        ConsumerMember member = group.member(memberId);
        boolean anybody = epoch < 0 && group.isEmpty();
        if (!anybody && member != null && !member.isClassic() && version < CONSUMER_PROTOCOL) {
            throw new UnsupportedVersionException(
                    "members with the consumer protocol commit with OffsetCommit 9 or later, not "
                            + version);
        }
        return of(group, memberId, epoch);
    }

    /**
     * The same for TxnOffsetCommit, whose older versions name no member; who is in another epoch
     * hears of a generation.
     */
    static CommitCheck ofTransaction(
            ConsumerGroup group, String memberId, @Nullable String instanceId, int epoch) {
        if (epoch == -1 && memberId.isEmpty() && instanceId == null) {
            return ANY;
        }
        try {
            CommitCheck check = of(group, memberId, epoch);
            return (topic, partition) -> {
                try {
                    check.validate(topic, partition);
                } catch (StaleMemberEpochException e) {
                    throw new IllegalGenerationException(e.getMessage(), e);
                }
            };
        } catch (StaleMemberEpochException e) {
            throw new IllegalGenerationException(e.getMessage(), e);
        }
    }

    private static CommitCheck of(ConsumerGroup group, String memberId, int epoch) {
        // Without a member: a consumer that assigns its partitions itself, or an operator.
        if (epoch < 0 && group.isEmpty()) {
            return ANY;
        }
        ConsumerMember member = group.member(memberId);
        if (member == null) {
            throw new UnknownMemberIdException(
                    "group %s has no member %s".formatted(group.groupId(), memberId));
        }
        if (epoch == member.epoch()) {
            return ANY;
        }
        if (epoch > member.epoch()) {
            throw stale(member, "is in epoch " + member.epoch() + ", not " + epoch);
        }
        return (topic, partition) -> {
            Integer since = member.current().epochOf(topic, partition);
            if (since == null || epoch < since) {
                throw stale(
                        member,
                        "had partition %d of %s not in epoch %d"
                                .formatted(partition, topic, epoch));
            }
        };
    }

    private static ApiException stale(ConsumerMember member, String reason) {
        String message = "member " + member.memberId() + " " + reason;
        return member.isClassic()
                ? new IllegalGenerationException(message)
                : new StaleMemberEpochException(message);
    }
}
