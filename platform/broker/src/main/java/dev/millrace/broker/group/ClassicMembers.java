package dev.millrace.broker.group;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.message.ConsumerProtocolSubscription;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * Members of a consumer group that speak the classic protocol, as during a rolling upgrade: what
 * they ask with JoinGroup, SyncGroup and Heartbeat, as decisions about the group. The server
 * assigns for them too, and a generation is the epoch of a member. What is refused is thrown as the
 * exception of its error code.
 */
final class ClassicMembers {
    private final GroupConfig classicConfig;
    private final ConsumerGroupConfig config;
    private final ConsumerGroupMachine machine;

    ClassicMembers(GroupConfig config, ConsumerGroupMachine machine) {
        this.classicConfig = config;
        this.config = config.consumer();
        this.machine = machine;
    }

    /**
     * @param answer MEMBER_ID_REQUIRED or the new generation
     * @param downgraded what the group is from now on, if this was its last member that did not
     *     speak the classic protocol
     * @param rebalances {@code downgraded} must rebalance
     * @param lookUp expressions of other members to look up
     * @param assignment to be made elsewhere; null if there is none
     */
    record Joining(
            Answer answer,
            List<GroupRecord> records,
            @Nullable Group downgraded,
            boolean rebalances,
            Set<String> lookUp,
            @Nullable AssignmentTask assignment) {}

    Joining join(ConsumerGroup group, GroupCommand.Join join, ConsumerSituation now) {
        if (config.migration() == ConsumerGroupConfig.Migration.DISABLED) {
            throw Errors.INCONSISTENT_GROUP_PROTOCOL.exception(
                    "group %s uses the consumer protocol, and group.consumer.migration.policy is disabled"
                            .formatted(group.groupId()));
        }
        boolean isNew = join.memberId().isEmpty();
        String memberId = isNew ? join.newMemberId() : join.memberId();
        machine.requireRoom(group, memberId);
        requireCommonProtocol(group, join);
        if (isNew && join.memberIdRequired()) {
            return new Joining(
                    new Answer.JoinRefused(join.waiter(), memberId, Errors.MEMBER_ID_REQUIRED),
                    List.of(),
                    null,
                    false,
                    Set.of(),
                    null);
        }
        ConsumerDraft draft = new ConsumerDraft(group, config, now, List.of());
        ConsumerMember formerSelf = group.staticMember(join.instanceId());
        ConsumerMember member = who(draft, join, memberId);
        ConsumerProtocolSubscription subscription =
                EmbeddedProtocol.subscription(join.protocols().get(0).metadata());
        ConsumerMember updated =
                member.with(subscription(member.subscription(), join, subscription));
        boolean namesChanged = draft.subscribe(member, updated);
        // It may take the place of one that subscribed to an expression.
        RegexSubscriptions.Update regex =
                RegexSubscriptions.update(
                        draft, member, updated, now, config.regexRefreshIntervalMs());
        boolean regexChanged = regex.change() != RegexSubscriptions.Change.NONE;
        boolean raise = namesChanged || regexChanged;
        if (raise || group.isMetadataStale()) {
            draft.refresh(draft.membersWith(updated), raise);
        }
        Map<Uuid, Set<Integer>> owned = EmbeddedProtocol.owned(subscription, now.topics());
        if (formerSelf != null && mayDowngrade(group, formerSelf)) {
            return downgrade(draft, join, formerSelf, updated, raise, owned, now);
        }
        updated = draft.reconcile(updated, draft.target(updated), raise, owned);
        return new Joining(
                joined(join, updated),
                draft.records(),
                null,
                false,
                regex.lookUp(),
                draft.assignment());
    }

    private static void requireCommonProtocol(ConsumerGroup group, GroupCommand.Join join) {
        boolean common =
                EmbeddedProtocol.CONSUMER.equals(join.protocolType())
                        && join.protocols().stream()
                                .anyMatch(protocol -> supportedByAll(group, protocol.name()));
        if (!common) {
            throw Errors.INCONSISTENT_GROUP_PROTOCOL.exception(
                    "group %s has no protocol of type %s in common with its new member"
                            .formatted(group.groupId(), join.protocolType()));
        }
    }

    private static boolean supportedByAll(ConsumerGroup group, String protocol) {
        return group.members().stream()
                .filter(ConsumerMember::isClassic)
                .allMatch(
                        member ->
                                member.classic().protocols().stream()
                                        .anyMatch(known -> known.name().equals(protocol)));
    }

    private static ConsumerMember who(
            ConsumerDraft draft, GroupCommand.Join join, String memberId) {
        String instanceId = join.instanceId();
        if (instanceId == null) {
            return draft.memberOrNew(memberId);
        }
        return join.memberId().isEmpty()
                ? draft.joiningStatic(instanceId, memberId, true)
                : draft.staticMember(instanceId, memberId);
    }

    private static MemberSubscription subscription(
            MemberSubscription before,
            GroupCommand.Join join,
            ConsumerProtocolSubscription subscription) {
        String rackId = GroupConversion.rackId(subscription);
        return new MemberSubscription(
                join.instanceId() != null ? join.instanceId() : before.instanceId(),
                rackId != null ? rackId : before.rackId(),
                join.clientId(),
                join.clientHost(),
                Set.copyOf(subscription.topics()),
                "",
                before.assignor(),
                join.rebalanceTimeoutMs() < 0
                        ? before.rebalanceTimeoutMs()
                        : join.rebalanceTimeoutMs(),
                new MemberSubscription.Classic(join.sessionTimeoutMs(), join.protocols()));
    }

    private boolean mayDowngrade(ConsumerGroup group, ConsumerMember replaced) {
        return config.migration().downgrades()
                && !replaced.isClassic()
                && group.classicMembers() == group.size() - 1
                && group.size() <= classicConfig.maxSize();
    }

    private Joining downgrade(
            ConsumerDraft draft,
            GroupCommand.Join join,
            ConsumerMember formerSelf,
            ConsumerMember joining,
            boolean subscriptionChanged,
            Map<Uuid, Set<Integer>> owned,
            ConsumerSituation now) {
        ConsumerGroup group = draft.group();
        boolean rebalances = group.targetEpoch() < draft.groupEpoch();
        ConsumerMember updated =
                rebalances
                        ? joining
                        : draft.reconcile(
                                joining, draft.target(joining), subscriptionChanged, owned);
        Group classic =
                GroupConversion.toClassic(
                        group,
                        draft.membersWith(updated),
                        Map.of(updated.memberId(), formerSelf.memberId()),
                        now,
                        classicConfig);
        List<GroupRecord> records = new ArrayList<>(draft.records());
        records.addAll(
                GroupConversion.tombstones(
                        group, Map.of(formerSelf.memberId(), updated.memberId())));
        records.add(classic.toRecord());
        return new Joining(joined(join, updated), records, classic, rebalances, Set.of(), null);
    }

    private static Answer.Joined joined(GroupCommand.Join join, ConsumerMember member) {
        return new Answer.Joined(
                join.waiter(),
                member.memberId(),
                member.epoch(),
                EmbeddedProtocol.CONSUMER,
                join.protocols().get(0).name(),
                "",
                List.of(),
                false);
    }

    // ---- SyncGroup, Heartbeat

    ConsumerMember sync(ConsumerGroup group, GroupCommand.Sync sync) {
        ConsumerMember member =
                member(group, sync.memberId(), sync.instanceId(), sync.generation());
        String protocol = member.classic().protocols().get(0).name();
        boolean sameProtocol =
                (sync.protocolType() == null
                                || sync.protocolType().equals(EmbeddedProtocol.CONSUMER))
                        && (sync.protocol() == null || sync.protocol().equals(protocol));
        if (!sameProtocol) {
            throw Errors.INCONSISTENT_GROUP_PROTOCOL.exception(
                    "expected %s of type %s, found %s of type %s"
                            .formatted(
                                    protocol,
                                    EmbeddedProtocol.CONSUMER,
                                    sync.protocol(),
                                    sync.protocolType()));
        }
        return member;
    }

    /** Between its JoinGroup and this SyncGroup the group got a new target. */
    static boolean mustRejoinBeforeSync(ConsumerGroup group, ConsumerMember member) {
        return group.targetEpoch() > member.epoch()
                && member.current().state() != MemberState.UNREVOKED_PARTITIONS;
    }

    static Bytes assignment(ConsumerMember member, Topics topics) {
        Map<Uuid, Set<Integer>> partitions = new HashMap<>();
        member.current()
                .assigned()
                .forEach((topic, epochs) -> partitions.put(topic, epochs.keySet()));
        return EmbeddedProtocol.assignment(
                partitions, member.classic().protocols().get(0).metadata(), topics);
    }

    /** A member of the classic protocol in that generation. */
    ConsumerMember member(
            ConsumerGroup group, String memberId, @Nullable String instanceId, int generation) {
        ConsumerMember member = member(group, memberId, instanceId);
        if (!member.isClassic()) {
            throw Errors.UNKNOWN_MEMBER_ID.exception(
                    memberId + " is a member with the consumer protocol");
        }
        if (member.epoch() != generation) {
            throw Errors.ILLEGAL_GENERATION.exception(
                    "member %s is in generation %d, not %d"
                            .formatted(memberId, member.epoch(), generation));
        }
        return member;
    }

    private static ConsumerMember member(
            ConsumerGroup group, String memberId, @Nullable String instanceId) {
        ConsumerMember member =
                instanceId == null ? group.member(memberId) : group.staticMember(instanceId);
        if (member == null) {
            throw Errors.UNKNOWN_MEMBER_ID.exception(
                    "group %s has no member %s".formatted(group.groupId(), memberId));
        }
        if (!member.memberId().equals(memberId)) {
            throw Errors.FENCED_INSTANCE_ID.exception(
                    "member %s has taken over instance id %s"
                            .formatted(member.memberId(), instanceId));
        }
        return member;
    }

    /** Whether a heartbeat tells the member to join again. */
    static boolean mustRejoin(ConsumerGroup group, ConsumerMember member) {
        return switch (member.current().state()) {
            case UNREVOKED_PARTITIONS -> true;
            case UNRELEASED_PARTITIONS ->
                    member.epoch() < group.targetEpoch() || !waitsForOthers(group, member);
            case STABLE, UNKNOWN -> member.epoch() < group.targetEpoch();
        };
    }

    private static boolean waitsForOthers(ConsumerGroup group, ConsumerMember member) {
        return group.target(member.memberId()).entrySet().stream()
                .anyMatch(
                        topic ->
                                topic.getValue().stream()
                                        .anyMatch(
                                                partition ->
                                                        !member.current()
                                                                        .assigned()
                                                                        .getOrDefault(
                                                                                topic.getKey(),
                                                                                Map.of())
                                                                        .containsKey(partition)
                                                                && group.ownerEpoch(
                                                                                topic.getKey(),
                                                                                partition)
                                                                        != ConsumerGroup.NO_OWNER));
    }

    /**
     * @return error of one that wants to leave, or the member
     */
    record Leaver(Errors error, @Nullable ConsumerMember member) {}

    static Leaver leaver(ConsumerGroup group, GroupCommand.Leave leave) {
        try {
            String instanceId = leave.instanceId();
            if (instanceId != null && leave.memberId().isEmpty()) {
                ConsumerMember member = group.staticMember(instanceId);
                return member == null
                        ? new Leaver(Errors.UNKNOWN_MEMBER_ID, null)
                        : new Leaver(Errors.NONE, member);
            }
            return new Leaver(Errors.NONE, member(group, leave.memberId(), instanceId));
        } catch (ApiException e) {
            return new Leaver(Errors.forException(e), null);
        }
    }
}
