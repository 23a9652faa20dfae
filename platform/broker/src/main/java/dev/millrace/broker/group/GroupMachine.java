package dev.millrace.broker.group;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * The classic group protocol as decisions: a group, what a member asks, the time; out come the next
 * group, records and answers. No clock, no log, no state of its own.
 *
 * <p>A request either is answered by the decision it causes, or waits as {@link Member#joinWaiter}
 * or {@link Member#syncWaiter} and is answered by a later one; nothing waits longer than the
 * rebalance timeout of the slowest member.
 *
 * @see "KIP-62 (rebalance timeout), KIP-345 (static members), KIP-394 (member id required), KIP-559
 *     (protocol in SyncGroup), KIP-814 (static leader skips the assignment)"
 */
final class GroupMachine {
    /** Ids given out to clients that have not come back with them; each is kept for a session. */
    static final int MAX_PENDING_MEMBERS = 10_000;

    private final GroupConfig config;

    GroupMachine(GroupConfig config) {
        this.config = config;
    }

    /** A group that does not exist is {@link Group#empty}: the caller knows whether it does. */
    Decided join(Group group, GroupCommand.Join join, long nowMs) {
        if (join.sessionTimeoutMs() < config.minSessionTimeoutMs()
                || join.sessionTimeoutMs() > config.maxSessionTimeoutMs()) {
            return refuse(group, join, Errors.INVALID_SESSION_TIMEOUT);
        }
        if (!hasRoomFor(group, join)) {
            GroupDraft draft = new GroupDraft(group, config, nowMs);
            draft.removePending(join.memberId());
            draft.answer(new Answer.JoinRefused(join.waiter(), "", Errors.GROUP_MAX_SIZE_REACHED));
            draft.completeJoinIfAllJoined();
            return draft.decided();
        }
        if (!hasCommonProtocol(group, join)) {
            return refuse(group, join, Errors.INCONSISTENT_GROUP_PROTOCOL);
        }
        return join.memberId().isEmpty()
                ? joinNew(group, join, nowMs)
                : joinKnown(group, join, nowMs);
    }

    private Decided joinNew(Group group, GroupCommand.Join join, long nowMs) {
        GroupDraft draft = new GroupDraft(group, config, nowMs);
        String instanceId = join.instanceId();
        if (instanceId != null) {
            Member before = group.staticMember(instanceId);
            if (before != null) {
                return replaceStatic(draft, before, join);
            }
        } else if (join.memberIdRequired()) {
            if (group.pendingMembers().size() >= MAX_PENDING_MEMBERS) {
                return refuse(group, join, Errors.GROUP_MAX_SIZE_REACHED);
            }
            draft.addPending(join.newMemberId(), nowMs + join.sessionTimeoutMs());
            draft.answer(
                    new Answer.JoinRefused(
                            join.waiter(), join.newMemberId(), Errors.MEMBER_ID_REQUIRED));
            return draft.decided();
        }
        draft.addMember(join.newMemberId(), join);
        draft.rebalance();
        return draft.decided();
    }

    private Decided joinKnown(Group group, GroupCommand.Join join, long nowMs) {
        String memberId = join.memberId();
        GroupDraft draft = new GroupDraft(group, config, nowMs);
        if (group.pendingMembers().containsKey(memberId)) {
            if (join.instanceId() != null && group.staticMember(join.instanceId()) != null) {
                return refuse(group, join, Errors.FENCED_INSTANCE_ID);
            }
            draft.addMember(memberId, join);
            draft.rebalance();
            return draft.decided();
        }
        Errors error = validateMember(group, memberId, join.instanceId());
        if (error != Errors.NONE) {
            return refuse(group, join, error);
        }
        Member member = draft.member(memberId);
        boolean unchanged = member.protocols().equals(join.protocols());
        boolean answerNow =
                switch (group.state()) {
                    // It probably lost our answer, and the generation it asks for has begun.
                    case COMPLETING_REBALANCE -> unchanged;
                    // A leader joins again to have partitions assigned anew, for instance because
                    // a topic grew; a follower that brings nothing new changes nothing.
                    case STABLE -> unchanged && !group.isLeader(memberId);
                    case EMPTY, PREPARING_REBALANCE -> false;
                };
        if (answerNow) {
            return Decided.answer(
                    group,
                    draft.joined(
                            join.waiter(),
                            memberId,
                            draft.leaderId(),
                            group.isLeader(memberId) ? draft.everybody() : List.of(),
                            false));
        }
        draft.updateMember(memberId, join);
        draft.rebalance();
        return draft.decided();
    }

    /**
     * A static member that comes back without its id takes the place of its former self. While the
     * group is stable and the assignor stays the same, nobody else need notice.
     */
    private Decided replaceStatic(GroupDraft draft, Member before, GroupCommand.Join join) {
        String leaderBefore = draft.leaderId();
        String memberId = join.newMemberId();
        draft.replaceStaticMember(before.memberId(), memberId);
        if (draft.state() == GroupState.STABLE) {
            draft.updateWithoutWaiting(memberId, join);
            if (draft.selectProtocol().equals(draft.protocol())) {
                draft.store();
                boolean skips = draft.isLeader(memberId) && join.canSkipAssignment();
                // An older client that learned it leads would assign again, without knowing what
                // the others own: it is told that its former self leads.
                draft.answer(
                        draft.joined(
                                join.waiter(),
                                memberId,
                                join.canSkipAssignment() ? draft.leaderId() : leaderBefore,
                                skips ? draft.everybody() : List.of(),
                                skips));
                return draft.decided();
            }
        }
        draft.updateMember(memberId, join);
        draft.rebalance();
        return draft.decided();
    }

    Decided sync(Group group, GroupCommand.Sync sync, long nowMs) {
        Errors error = validateMember(group, sync.memberId(), sync.instanceId());
        if (error == Errors.NONE) {
            error = validateGeneration(group, sync);
        }
        if (error == Errors.NONE && group.state() == GroupState.PREPARING_REBALANCE) {
            error = Errors.REBALANCE_IN_PROGRESS;
        }
        if (error != Errors.NONE) {
            return Decided.answer(group, new Answer.SyncRefused(sync.waiter(), error));
        }
        GroupDraft draft = new GroupDraft(group, config, nowMs);
        if (group.state() == GroupState.STABLE) {
            draft.synced(sync.memberId());
            Member member = draft.member(sync.memberId());
            draft.answer(draft.synced(member.withWaiters(member.joinWaiter(), sync.waiter())));
            return draft.decided();
        }
        draft.awaitSync(sync.memberId(), sync.waiter());
        if (group.isLeader(sync.memberId())) {
            draft.assign(sync.assignments());
        }
        return draft.decided();
    }

    private static Errors validateGeneration(Group group, GroupCommand.Sync sync) {
        if (sync.generation() != group.generation()) {
            return Errors.ILLEGAL_GENERATION;
        }
        boolean sameProtocol =
                (sync.protocolType() == null || sync.protocolType().equals(group.protocolType()))
                        && (sync.protocol() == null || sync.protocol().equals(group.protocol()));
        return sameProtocol ? Errors.NONE : Errors.INCONSISTENT_GROUP_PROTOCOL;
    }

    /**
     * NONE, or REBALANCE_IN_PROGRESS, after which the member rejoins and is still a member; the
     * rest are refusals.
     */
    Errors heartbeat(Group group, String memberId, @Nullable String instanceId, int generation) {
        Errors error = validateMember(group, memberId, instanceId);
        if (error != Errors.NONE) {
            return error;
        }
        if (generation != group.generation()) {
            return Errors.ILLEGAL_GENERATION;
        }
        return group.state() == GroupState.PREPARING_REBALANCE
                ? Errors.REBALANCE_IN_PROGRESS
                : Errors.NONE;
    }

    /**
     * @param errors one for each member that was to leave, in their order
     */
    record Left(Decided decided, List<Errors> errors) {}

    Left leave(Group group, Collection<GroupCommand.Leave> leaving, long nowMs) {
        GroupDraft draft = new GroupDraft(group, config, nowMs);
        List<Errors> errors = new ArrayList<>();
        for (GroupCommand.Leave leave : leaving) {
            errors.add(leaveOne(group, draft, leave));
        }
        if (errors.contains(Errors.NONE)) {
            if (group.state() == GroupState.PREPARING_REBALANCE) {
                draft.completeJoinIfAllJoined();
            } else if (draft.everybody().size() < group.members().size()) {
                draft.rebalance();
            }
        }
        return new Left(draft.decided(), errors);
    }

    private static Errors leaveOne(Group group, GroupDraft draft, GroupCommand.Leave leave) {
        String memberId = leave.memberId();
        if (memberId.isEmpty() && leave.instanceId() != null) {
            Member member = group.staticMember(leave.instanceId());
            if (member == null) {
                return Errors.UNKNOWN_MEMBER_ID;
            }
            draft.removeMember(member.memberId());
            return Errors.NONE;
        }
        if (group.pendingMembers().containsKey(memberId)) {
            draft.removePending(memberId);
            return Errors.NONE;
        }
        Errors error = validateMember(group, memberId, leave.instanceId());
        if (error == Errors.NONE) {
            draft.removeMember(memberId);
        }
        return error;
    }

    /** Begins a rebalance for a reason outside of the group. */
    Decided rebalance(Group group, long nowMs) {
        GroupDraft draft = new GroupDraft(group, config, nowMs);
        draft.rebalance();
        return draft.decided();
    }

    /** Members that were silent for longer than their session timeout. */
    Decided sessionsExpired(Group group, Collection<String> memberIds, long nowMs) {
        GroupDraft draft = new GroupDraft(group, config, nowMs);
        memberIds.forEach(draft::removeMember);
        if (draft.everybody().size() < group.members().size()) {
            draft.rebalance();
        }
        return draft.decided();
    }

    /** To be called once {@link Group#nextDeadlineMs} has come; earlier it changes nothing. */
    Decided timePassed(Group group, long nowMs) {
        if (group.nextDeadlineMs() > nowMs) {
            return Decided.nothing(group);
        }
        GroupDraft draft = new GroupDraft(group, config, nowMs);
        for (Map.Entry<String, Long> pending : group.pendingMembers().entrySet()) {
            if (pending.getValue() <= nowMs) {
                draft.removePending(pending.getKey());
            }
        }
        if (group.deadlineMs() > nowMs) {
            draft.completeJoinIfAllJoined();
        } else if (group.state() == GroupState.PREPARING_REBALANCE) {
            draft.joinPhaseExpired();
        } else {
            draft.syncPhaseExpired();
        }
        return draft.decided();
    }

    /**
     * May this member commit offsets? Without member and generation only an empty group takes them:
     * that is a consumer that assigns its partitions itself, or an operator.
     */
    Errors validateCommit(
            Group group, String memberId, @Nullable String instanceId, int generation) {
        if (generation < 0 && group.state() == GroupState.EMPTY) {
            return Errors.NONE;
        }
        if (generation < 0 && memberId.isEmpty() && instanceId == null) {
            return Errors.UNKNOWN_MEMBER_ID;
        }
        Errors error = validateMember(group, memberId, instanceId);
        if (error != Errors.NONE) {
            return error;
        }
        if (generation != group.generation()) {
            return Errors.ILLEGAL_GENERATION;
        }
        // Between its JoinGroup and its SyncGroup a member owns nothing whose offset it could know.
        return group.state() == GroupState.COMPLETING_REBALANCE
                ? Errors.REBALANCE_IN_PROGRESS
                : Errors.NONE;
    }

    /** May this member commit offsets in a transaction? */
    Errors validateTxnCommit(
            Group group, String memberId, @Nullable String instanceId, int generation) {
        if (generation < 0 && memberId.isEmpty() && instanceId == null) {
            return Errors.NONE;
        }
        Errors error = validateCommit(group, memberId, instanceId, generation);
        return error == Errors.REBALANCE_IN_PROGRESS ? Errors.NONE : error;
    }

    private static Errors validateMember(
            Group group, String memberId, @Nullable String instanceId) {
        if (instanceId != null) {
            Member owner = group.staticMember(instanceId);
            if (owner == null) {
                return Errors.UNKNOWN_MEMBER_ID;
            }
            if (!owner.memberId().equals(memberId)) {
                return Errors.FENCED_INSTANCE_ID;
            }
        }
        return group.members().containsKey(memberId) ? Errors.NONE : Errors.UNKNOWN_MEMBER_ID;
    }

    private boolean hasRoomFor(Group group, GroupCommand.Join join) {
        Member known = group.members().get(join.memberId());
        if (known == null && join.instanceId() != null && join.memberId().isEmpty()) {
            known = group.staticMember(join.instanceId());
        }
        return switch (group.state()) {
            case EMPTY -> true;
            // Those who rejoin first stay when the limit was lowered below the group's size.
            case PREPARING_REBALANCE ->
                    (known != null && known.awaitsJoin())
                            || group.members().values().stream().filter(Member::awaitsJoin).count()
                                    < config.maxSize();
            case COMPLETING_REBALANCE, STABLE ->
                    known != null || group.members().size() < config.maxSize();
        };
    }

    private static boolean hasCommonProtocol(Group group, GroupCommand.Join join) {
        if (join.protocolType().isEmpty() || join.protocols().isEmpty()) {
            return false;
        }
        if (group.members().isEmpty()) {
            return true;
        }
        if (!join.protocolType().equals(group.protocolType())) {
            return false;
        }
        Collection<Member> others =
                group.members().values().stream()
                        .filter(m -> !m.memberId().equals(join.memberId()))
                        .toList();
        return join.protocols().stream().anyMatch(p -> GroupDraft.supportedByAll(p.name(), others));
    }

    private static Decided refuse(Group group, GroupCommand.Join join, Errors error) {
        return Decided.answer(group, new Answer.JoinRefused(join.waiter(), join.memberId(), error));
    }
}
