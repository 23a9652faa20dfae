package dev.millrace.broker.group;

import dev.millrace.broker.group.assignor.PartitionAssignor;
import dev.millrace.broker.group.assignor.Subscriber;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.UnknownMemberIdException;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * A change to a consumer group within one decision: the records it comes to. The group itself stays
 * as it is until they are replayed. Lives no longer than the call that made it.
 */
final class ConsumerDraft {
    private final ConsumerGroup group;
    private final ConsumerGroupConfig config;
    private final ConsumerSituation now;
    private final List<GroupRecord> records;
    private int groupEpoch;
    private @Nullable AssignmentTask assignment;

    /**
     * @param group as it will be once {@code before} are replayed
     * @param before records that must come first
     */
    ConsumerDraft(
            ConsumerGroup group,
            ConsumerGroupConfig config,
            ConsumerSituation now,
            List<GroupRecord> before) {
        this.group = group;
        this.config = config;
        this.now = now;
        this.records = new ArrayList<>(before);
        this.groupEpoch = group.epoch();
    }

    ConsumerGroup group() {
        return group;
    }

    List<GroupRecord> records() {
        return records;
    }

    void add(GroupRecord record) {
        records.add(record);
    }

    int groupEpoch() {
        return groupEpoch;
    }

    // ---- who asks

    /** The member, or a new one of that id. */
    ConsumerMember memberOrNew(String memberId) {
        ConsumerMember member = group.member(memberId);
        return member != null ? member : ConsumerMember.unheardOf(memberId);
    }

    ConsumerMember member(String memberId) {
        ConsumerMember member = group.member(memberId);
        if (member == null) {
            throw new UnknownMemberIdException(
                    "group %s has no member %s".formatted(group.groupId(), memberId));
        }
        return member;
    }

    /** The static member of that instance id, which must have that member id. */
    ConsumerMember staticMember(String instanceId, String memberId) {
        ConsumerMember member = staticMember(instanceId);
        if (!member.memberId().equals(memberId)) {
            throw new FencedInstanceIdException(
                    "member %s has taken over instance id %s of group %s from %s"
                            .formatted(member.memberId(), instanceId, group.groupId(), memberId));
        }
        return member;
    }

    ConsumerMember staticMember(String instanceId) {
        ConsumerMember member = group.staticMember(instanceId);
        if (member == null) {
            throw new UnknownMemberIdException(
                    "group %s has no member with instance id %s"
                            .formatted(group.groupId(), instanceId));
        }
        return member;
    }

    /**
     * A static member that joins, perhaps in place of its former self.
     *
     * @param mayReplaceActive a former self that has not left is replaced too
     */
    ConsumerMember joiningStatic(String instanceId, String memberId, boolean mayReplaceActive) {
        ConsumerMember before = group.staticMember(instanceId);
        if (before == null) {
            return memberOrNew(memberId);
        }
        if (!mayReplaceActive && before.epoch() != MemberAssignment.STATIC_LEFT) {
            throw Errors.UNRELEASED_INSTANCE_ID.exception(
                    "member %s still has instance id %s of group %s: it must leave, or its session end"
                            .formatted(before.memberId(), instanceId, group.groupId()));
        }
        MemberAssignment current = before.current();
        ConsumerMember joining =
                new ConsumerMember(
                        memberId,
                        before.subscription(),
                        new MemberAssignment(
                                0, 0, current.state(), current.assigned(), current.revoking()));
        addTombstones(before.memberId());
        add(
                new ConsumerGroupRecord.Subscription(
                        group.groupId(), memberId, joining.subscription()));
        add(
                new ConsumerGroupRecord.Target(
                        group.groupId(), memberId, group.target(before.memberId())));
        add(new ConsumerGroupRecord.Current(group.groupId(), memberId, joining.current()));
        return joining;
    }

    void addTombstones(String memberId) {
        String groupId = group.groupId();
        add(new ConsumerGroupRecord.CurrentDeleted(groupId, memberId));
        add(new ConsumerGroupRecord.TargetDeleted(groupId, memberId));
        add(new ConsumerGroupRecord.SubscriptionDeleted(groupId, memberId));
    }

    // ---- what it wants

    /** Whether it reads other topics by name than before. */
    boolean subscribe(ConsumerMember before, ConsumerMember updated) {
        if (updated.subscription().equals(before.subscription())) {
            return false;
        }
        add(
                new ConsumerGroupRecord.Subscription(
                        group.groupId(), updated.memberId(), updated.subscription()));
        return !updated.subscription().topics().equals(before.subscription().topics());
    }

    /** Everybody, with the member in its new form, and in place of its former self. */
    List<ConsumerMember> membersWith(ConsumerMember updated) {
        ConsumerMember formerSelf = group.staticMember(updated.instanceId());
        Map<String, ConsumerMember> members = new LinkedHashMap<>();
        for (ConsumerMember member : group.members()) {
            if (!member.equals(formerSelf)) {
                members.put(member.memberId(), member);
            }
        }
        members.put(updated.memberId(), updated);
        return List.copyOf(members.values());
    }

    /**
     * Looks at the topics, and raises the group's epoch if they have changed.
     *
     * @param members from now on
     * @param raise raise it in any case
     */
    void refresh(Collection<ConsumerMember> members, boolean raise) {
        Set<String> topics = TopicSubscriptions.of(members, group.resolvedRegexes()).topics();
        long hash = MetadataHash.of(topics, now.topics());
        if (raise || hash != group.metadataHash()) {
            raiseEpoch(hash);
        }
        group.metadataSeen(groupEpoch);
        if (group.hasPartitionMetadata()) {
            add(new ConsumerGroupRecord.PartitionMetadataDeleted(group.groupId()));
        }
    }

    void raiseEpoch(long metadataHash) {
        groupEpoch++;
        add(new ConsumerGroupRecord.Epoch(group.groupId(), groupEpoch, metadataHash));
    }

    // ---- what it shall have

    /**
     * @param partitions of the member that asked
     */
    record Target(int epoch, Map<Uuid, Set<Integer>> partitions) {}

    /** To be made elsewhere, because it takes long; null if there is none. */
    @Nullable AssignmentTask assignment() {
        return assignment;
    }

    /**
     * The target that is valid now; makes a new one if it is behind the group and old enough. What
     * would take long is left to {@link #assignment}, and until then the old one stands.
     */
    Target target(ConsumerMember updated) {
        ConsumerMember formerSelf = group.staticMember(updated.instanceId());
        String targetOf = formerSelf != null ? formerSelf.memberId() : updated.memberId();
        Map<Uuid, Set<Integer>> standing =
                formerSelf == null && updated.instanceId() != null
                        ? Map.of()
                        : group.target(targetOf);
        if (group.targetEpoch() >= groupEpoch || now.assigning() || !mayAssign()) {
            return new Target(group.targetEpoch(), standing);
        }
        List<ConsumerMember> members = membersWith(updated);
        AssignmentTask task =
                new AssignmentTask(
                        group.groupId(),
                        groupEpoch,
                        subscribers(members, updated.memberId(), targetOf),
                        TopicSubscriptions.of(members, group.resolvedRegexes()).isHomogeneous(),
                        assignor(members),
                        now.topics());
        // The first member of a group would wait for nothing else, and is quickly served.
        if (task.isLarge() && members.size() > 1) {
            assignment = task;
            return new Target(group.targetEpoch(), standing);
        }
        Map<String, Map<Uuid, Set<Integer>>> assigned = task.run();
        addTargets(task, assigned);
        return new Target(groupEpoch, assigned.getOrDefault(updated.memberId(), Map.of()));
    }

    /** The group's new target, where it is another than the one before. */
    void addTargets(AssignmentTask task, Map<String, Map<Uuid, Set<Integer>>> assigned) {
        for (Subscriber member : task.members()) {
            String memberId = member.memberId();
            Map<Uuid, Set<Integer>> next = assigned.getOrDefault(memberId, Map.of());
            if (!group.hasTarget(memberId) || !next.equals(group.target(memberId))) {
                add(new ConsumerGroupRecord.Target(group.groupId(), memberId, next));
            }
        }
        add(new ConsumerGroupRecord.TargetEpoch(group.groupId(), task.epoch(), now.nowMs()));
    }

    private boolean mayAssign() {
        int intervalMs = now.assignmentIntervalMs();
        return group.targetTimestampMs() == 0
                || intervalMs == 0
                || now.nowMs() >= group.targetTimestampMs() + intervalMs;
    }

    private PartitionAssignor assignor(List<ConsumerMember> members) {
        Map<String, Integer> votes = new HashMap<>();
        for (ConsumerMember member : members) {
            String wanted = member.subscription().assignor();
            if (wanted != null && now.assignors().containsKey(wanted)) {
                votes.merge(wanted, 1, Integer::sum);
            }
        }
        Optional<String> elected =
                votes.entrySet().stream().max(Map.Entry.comparingByValue()).map(Map.Entry::getKey);
        String name = elected.orElse(config.assignors().get(0));
        PartitionAssignor assignor = now.assignors().get(name);
        if (assignor == null) {
            throw new IllegalStateException("no assignor " + name);
        }
        return assignor;
    }

    private List<Subscriber> subscribers(
            List<ConsumerMember> members, String asking, String targetOfAsking) {
        Map<Set<String>, Set<Uuid>> ids = new HashMap<>();
        List<Subscriber> subscribers = new ArrayList<>(members.size());
        for (ConsumerMember member : members) {
            Set<String> names =
                    TopicSubscriptions.topicsOf(member.subscription(), group.resolvedRegexes());
            subscribers.add(
                    new Subscriber(
                            member.memberId(),
                            member.instanceId(),
                            ids.computeIfAbsent(names, this::ids),
                            group.target(
                                    member.memberId().equals(asking)
                                            ? targetOfAsking
                                            : member.memberId())));
        }
        return subscribers;
    }

    private Set<Uuid> ids(Set<String> names) {
        Set<Uuid> ids = new HashSet<>();
        for (String name : names) {
            Topics.Topic topic = now.topics().named(name);
            if (topic != null) {
                ids.add(topic.id());
            }
        }
        return ids;
    }

    // ---- what it has

    /**
     * One step towards the target.
     *
     * @param owned what the member says it has, null if it says nothing
     */
    ConsumerMember reconcile(
            ConsumerMember member,
            Target target,
            boolean subscriptionChanged,
            @Nullable Map<Uuid, Set<Integer>> owned) {
        if (!subscriptionChanged && member.current().isReconciledTo(target.epoch())) {
            return member;
        }
        Set<String> names =
                TopicSubscriptions.topicsOf(member.subscription(), group.resolvedRegexes());
        MemberAssignment next =
                new Reconciliation(
                                target.epoch(),
                                target.partitions(),
                                ids(names),
                                names.isEmpty(),
                                subscriptionChanged,
                                group::ownerEpoch,
                                owned)
                        .next(member.current());
        if (next.equals(member.current())) {
            return member;
        }
        add(new ConsumerGroupRecord.Current(group.groupId(), member.memberId(), next));
        return member.with(next);
    }
}
