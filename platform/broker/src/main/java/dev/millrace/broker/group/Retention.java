package dev.millrace.broker.group;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How long the offsets of a group are kept. Never shorter than {@code offsets.retention.minutes}
 * after the commit, and while members read a topic, its offsets stay.
 *
 * @param sinceMs the time counts from here; -1 if from each offset's commit
 * @param read topics that members read, empty if nobody does
 * @param groupMayGo without offsets nothing of the group is worth keeping
 */
record Retention(long sinceMs, Set<String> read, boolean groupMayGo) {

    /**
     * @return null if nothing expires now: members come and go, or it is not known what they read
     */
    static @Nullable Retention of(@Nullable Group classic, @Nullable ConsumerCell consumer) {
        if (consumer != null) {
            return new Retention(-1, consumer.group.subscribedTopics(), consumer.group.isEmpty());
        }
        if (classic == null) {
            return null;
        }
        if (classic.state() == GroupState.EMPTY) {
            boolean hadMembers = classic.protocolType() != null;
            return new Retention(
                    hadMembers ? classic.stateTimestampMs() : -1,
                    Set.of(),
                    classic.pendingMembers().isEmpty());
        }
        Set<String> read = classic.state() == GroupState.STABLE ? classic.readTopics() : null;
        return read == null ? null : new Retention(-1, read, false);
    }

    boolean isExpired(
            String topic, GroupRecord.CommittedOffset offset, long nowMs, long retentionMs) {
        if (read.contains(topic)) {
            return false;
        }
        if (offset.expireTimestampMs() >= 0) {
            return nowMs >= offset.expireTimestampMs();
        }
        return nowMs - (sinceMs >= 0 ? sinceMs : offset.commitTimestampMs()) >= retentionMs;
    }
}
