package dev.millrace.broker.group;

import dev.millrace.broker.group.assignor.PartitionAssignor;
import dev.millrace.broker.group.assignor.Subscriber;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;

/**
 * An assignment to be made: everything that it depends on, as of one epoch of its group. May be
 * {@link #run} on any thread.
 *
 * @param epoch of the group, for which the result is meant and for no other
 * @param homogeneous all members read the same topics
 */
record AssignmentTask(
        String groupId,
        int epoch,
        List<Subscriber> members,
        boolean homogeneous,
        PartitionAssignor assignor,
        Topics topics) {

    /**
     * Members and partitions together above which an event loop does not wait for the result: some
     * two milliseconds, in which it could serve others.
     */
    static final int LARGE = 2_000;

    boolean isLarge() {
        // Members that read the same share one set.
        Set<Set<Uuid>> subscriptions = Collections.newSetFromMap(new IdentityHashMap<>());
        members.forEach(member -> subscriptions.add(member.topics()));
        Set<Uuid> read = new HashSet<>();
        subscriptions.forEach(read::addAll);
        long size = members.size();
        for (Uuid topic : read) {
            size += partitions(topic);
        }
        return size > LARGE;
    }

    /** By member id. */
    Map<String, Map<Uuid, Set<Integer>>> run() {
        return assignor.assign(members, homogeneous, this::partitions);
    }

    private int partitions(Uuid topicId) {
        Topics.Topic topic = topics.withId(topicId);
        if (topic == null) {
            throw new IllegalStateException("no topic " + topicId);
        }
        return topic.partitions();
    }

    /** Whether the group still is what the result was made for. */
    boolean fits(ConsumerGroup group) {
        return group.epoch() == epoch
                && group.targetEpoch() < epoch
                && group.size() == members.size()
                && members.stream().allMatch(member -> group.member(member.memberId()) != null);
    }
}
