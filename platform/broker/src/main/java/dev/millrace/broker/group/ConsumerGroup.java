package dev.millrace.broker.group;

import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * A consumer group (KIP-848): members, what they shall have and what they have. Changes only by
 * {@link #replay}; one event loop.
 *
 * <p>Three epochs: the group's is raised when a member or a topic changes, the target's follows
 * once partitions are assigned anew, a member's once it has nothing any more that the target does
 * not give it.
 */
final class ConsumerGroup {
    /** A group without records is in this epoch; its first member raises it. */
    private static final int FIRST_EPOCH = 1;

    private static final int NO_TARGET = -1;
    static final int NO_OWNER = -1;

    private final String groupId;

    /** By id: every coordinator that loads the group breaks ties in the same way. */
    private final TreeMap<String, ConsumerMember> members = new TreeMap<>();

    private final Map<String, String> memberIdByInstanceId = new HashMap<>();
    private final Map<String, Map<Uuid, Set<Integer>>> targets = new HashMap<>();

    /** Epoch of the member that has a partition, or has not given it up yet. */
    private final Map<Uuid, Map<Integer, Integer>> ownerEpochs = new HashMap<>();

    private final Map<String, Integer> regexSubscribers = new HashMap<>();
    private final Map<String, ResolvedRegex> resolved = new HashMap<>();
    private int epoch = FIRST_EPOCH;
    private long metadataHash;
    private int targetEpoch = FIRST_EPOCH;
    private long targetTimestampMs;
    private boolean hasPartitionMetadata;

    /** Computed when asked for; null after members or expressions changed. */
    private @Nullable Set<String> subscribedTopics;

    /** Topics have changed, or may have, since the group's epoch was last raised for them. */
    private boolean metadataStale = true;

    private int metadataSeenInEpoch;

    ConsumerGroup(String groupId) {
        this.groupId = groupId;
    }

    // ---- what there is

    String groupId() {
        return groupId;
    }

    int epoch() {
        return epoch;
    }

    long metadataHash() {
        return metadataHash;
    }

    int targetEpoch() {
        return targetEpoch;
    }

    long targetTimestampMs() {
        return targetTimestampMs;
    }

    Collection<ConsumerMember> members() {
        return Collections.unmodifiableCollection(members.values());
    }

    int size() {
        return members.size();
    }

    boolean isEmpty() {
        return members.isEmpty();
    }

    @Nullable ConsumerMember member(String memberId) {
        return members.get(memberId);
    }

    @Nullable ConsumerMember staticMember(@Nullable String instanceId) {
        String memberId = instanceId == null ? null : memberIdByInstanceId.get(instanceId);
        return memberId == null ? null : members.get(memberId);
    }

    Map<Uuid, Set<Integer>> target(String memberId) {
        return targets.getOrDefault(memberId, Map.of());
    }

    boolean hasTarget(String memberId) {
        return targets.containsKey(memberId);
    }

    /** {@link #NO_OWNER} if nobody has the partition. */
    int ownerEpoch(Uuid topic, int partition) {
        return ownerEpochs.getOrDefault(topic, Map.of()).getOrDefault(partition, NO_OWNER);
    }

    Map<String, ResolvedRegex> resolvedRegexes() {
        return Collections.unmodifiableMap(resolved);
    }

    /** Expressions to which members subscribe, and how many do. */
    Map<String, Integer> regexSubscribers() {
        return Collections.unmodifiableMap(regexSubscribers);
    }

    int subscribers(String regex) {
        return regexSubscribers.getOrDefault(regex, 0);
    }

    int classicMembers() {
        int count = 0;
        for (ConsumerMember member : members.values()) {
            if (member.isClassic()) {
                count++;
            }
        }
        return count;
    }

    boolean hasPartitionMetadata() {
        return hasPartitionMetadata;
    }

    /** Names of topics that members read, whether they exist or not. */
    Set<String> subscribedTopics() {
        Set<String> topics = subscribedTopics;
        if (topics == null) {
            topics = new HashSet<>();
            for (ConsumerMember member : members.values()) {
                topics.addAll(member.subscription().topics());
            }
            for (ResolvedRegex regex : resolved.values()) {
                topics.addAll(regex.topics());
            }
            subscribedTopics = topics;
        }
        return topics;
    }

    ConsumerGroupState state() {
        if (members.isEmpty()) {
            return ConsumerGroupState.EMPTY;
        } else if (epoch > targetEpoch) {
            return ConsumerGroupState.ASSIGNING;
        }
        for (ConsumerMember member : members.values()) {
            if (!member.current().isReconciledTo(targetEpoch)) {
                return ConsumerGroupState.RECONCILING;
            }
        }
        return ConsumerGroupState.STABLE;
    }

    // ---- topics change

    /** A topic that the group reads was created, deleted or has grown. */
    void topicsChanged() {
        metadataStale = true;
    }

    /** Whether the group's epoch may have to be raised because of its topics. */
    boolean isMetadataStale() {
        return metadataStale || epoch < metadataSeenInEpoch;
    }

    /** The decision to take {@code atEpoch} has looked at the topics. */
    void metadataSeen(int atEpoch) {
        metadataStale = false;
        metadataSeenInEpoch = atEpoch;
    }

    // ---- records

    /** False if the record ended the group. */
    boolean replay(ConsumerGroupRecord record) {
        if (record instanceof ConsumerGroupRecord.Epoch next) {
            epoch = next.epoch();
            metadataHash = next.metadataHash();
        } else if (record instanceof ConsumerGroupRecord.EpochDeleted) {
            return false;
        } else if (record instanceof ConsumerGroupRecord.PartitionMetadata) {
            hasPartitionMetadata = true;
        } else if (record instanceof ConsumerGroupRecord.PartitionMetadataDeleted) {
            hasPartitionMetadata = false;
        } else if (record instanceof ConsumerGroupRecord.TargetEpoch target) {
            targetEpoch = target.epoch();
            targetTimestampMs = target.timestampMs();
        } else if (record instanceof ConsumerGroupRecord.TargetEpochDeleted) {
            targetEpoch = NO_TARGET;
            targetTimestampMs = 0;
        } else if (record instanceof ConsumerGroupRecord.Regex regex) {
            resolved.put(regex.regex(), regex.resolved());
            subscribedTopics = null;
        } else if (record instanceof ConsumerGroupRecord.RegexDeleted regex) {
            resolved.remove(regex.regex());
            subscribedTopics = null;
        } else {
            replayMember(record);
        }
        return true;
    }

    private void replayMember(ConsumerGroupRecord record) {
        if (record instanceof ConsumerGroupRecord.Subscription changed) {
            put(orUnheardOf(changed.memberId()).with(changed.subscription()));
        } else if (record instanceof ConsumerGroupRecord.SubscriptionDeleted deleted) {
            remove(deleted.memberId());
        } else if (record instanceof ConsumerGroupRecord.Target target) {
            targets.put(target.memberId(), target.partitions());
        } else if (record instanceof ConsumerGroupRecord.TargetDeleted deleted) {
            targets.remove(deleted.memberId());
        } else if (record instanceof ConsumerGroupRecord.Current current) {
            put(orUnheardOf(current.memberId()).with(current.assignment()));
        } else if (record instanceof ConsumerGroupRecord.CurrentDeleted deleted) {
            ConsumerMember member = members.get(deleted.memberId());
            if (member != null) {
                put(
                        member.with(
                                new MemberAssignment(
                                        MemberAssignment.LEFT,
                                        MemberAssignment.LEFT,
                                        member.current().state(),
                                        Map.of(),
                                        Map.of())));
            }
        } else {
            throw new IllegalArgumentException("a new kind of record: " + record);
        }
    }

    private ConsumerMember orUnheardOf(String memberId) {
        ConsumerMember known = members.get(memberId);
        return known != null ? known : ConsumerMember.unheardOf(memberId);
    }

    private void put(ConsumerMember next) {
        ConsumerMember before = members.put(next.memberId(), next);
        if (before != null) {
            disown(before.current());
            countRegex(before, -1);
        }
        own(next.current());
        countRegex(next, 1);
        String instanceId = next.instanceId();
        if (instanceId != null) {
            memberIdByInstanceId.put(instanceId, next.memberId());
        }
        subscribedTopics = null;
    }

    private void remove(String memberId) {
        ConsumerMember before = members.remove(memberId);
        if (before == null) {
            return;
        }
        disown(before.current());
        countRegex(before, -1);
        String instanceId = before.instanceId();
        if (instanceId != null) {
            memberIdByInstanceId.remove(instanceId, memberId);
        }
        subscribedTopics = null;
    }

    private void countRegex(ConsumerMember member, int by) {
        if (member.subscription().hasRegex()) {
            regexSubscribers.compute(
                    member.subscription().regex(),
                    (regex, count) -> {
                        int next = (count == null ? 0 : count) + by;
                        return next == 0 ? null : next;
                    });
        }
    }

    private void own(MemberAssignment assignment) {
        for (Map<Uuid, Map<Integer, Integer>> partitions :
                List.of(assignment.assigned(), assignment.revoking())) {
            partitions.forEach(
                    (topic, epochs) -> {
                        Map<Integer, Integer> owners =
                                ownerEpochs.computeIfAbsent(topic, t -> new HashMap<>());
                        for (int partition : epochs.keySet()) {
                            owners.merge(partition, assignment.epoch(), Math::max);
                        }
                    });
        }
    }

    /** A partition that somebody else owns in another epoch by now stays theirs. */
    private void disown(MemberAssignment assignment) {
        for (Map<Uuid, Map<Integer, Integer>> partitions :
                List.of(assignment.assigned(), assignment.revoking())) {
            partitions.forEach(
                    (topic, epochs) -> {
                        Map<Integer, Integer> owners = ownerEpochs.get(topic);
                        if (owners != null) {
                            epochs.keySet()
                                    .forEach(
                                            partition ->
                                                    owners.remove(partition, assignment.epoch()));
                            if (owners.isEmpty()) {
                                ownerEpochs.remove(topic);
                            }
                        }
                    });
        }
    }
}
