package dev.millrace.chaos.check;

import org.apache.kafka.common.TopicPartition;

/** What a member of a group did with an offset. Times are {@link System#nanoTime()}. */
public sealed interface GroupEvent {
    long UNANSWERED = Long.MAX_VALUE;

    String group();

    TopicPartition partition();

    long offset();

    /**
     * @param sentNs when the commit was sent
     * @param acknowledgedNs when it was acknowledged; {@link #UNANSWERED} if it was not
     */
    record Commit(
            String group, TopicPartition partition, long offset, long sentNs, long acknowledgedNs)
            implements GroupEvent {}

    /**
     * A member was given the partition and begins where the group is said to have come to.
     *
     * @param askedNs before the position was asked for
     * @param answeredNs after it was known
     */
    record Resume(
            String group, TopicPartition partition, long offset, long askedNs, long answeredNs)
            implements GroupEvent {}
}
