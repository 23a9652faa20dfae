package dev.millrace.broker.group;

import static dev.millrace.broker.group.Member.NOBODY;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * A group being changed within one decision: the rebalance itself. Lives no longer than the call
 * that made it; {@link #decided} freezes it.
 */
final class GroupDraft {
    private final GroupConfig config;
    private final long nowMs;
    private final String groupId;
    private final Map<String, Member> members;
    private final Map<String, Long> pendingMembers;
    private final Set<String> pendingSync;
    private final List<GroupRecord> records = new ArrayList<>();
    private final List<Answer> answers = new ArrayList<>();

    private GroupState state;
    private int generation;
    private @Nullable String protocolType;
    private @Nullable String protocol;
    private @Nullable String leaderId;
    private long stateTimestampMs;
    private long deadlineMs;
    private Group.@Nullable InitialDelay initialDelay;

    GroupDraft(Group group, GroupConfig config, long nowMs) {
        this.config = config;
        this.nowMs = nowMs;
        groupId = group.groupId();
        members = new LinkedHashMap<>(group.members());
        pendingMembers = new HashMap<>(group.pendingMembers());
        pendingSync = new LinkedHashSet<>(group.pendingSync());
        state = group.state();
        generation = group.generation();
        protocolType = group.protocolType();
        protocol = group.protocol();
        leaderId = group.leaderId();
        stateTimestampMs = group.stateTimestampMs();
        deadlineMs = group.deadlineMs();
        initialDelay = group.initialDelay();
    }

    Decided decided() {
        return new Decided(freeze(), records, answers);
    }

    private Group freeze() {
        return new Group(
                groupId,
                state,
                generation,
                protocolType,
                protocol,
                leaderId,
                stateTimestampMs,
                members,
                pendingMembers,
                pendingSync,
                deadlineMs,
                initialDelay);
    }

    void answer(Answer answer) {
        answers.add(answer);
    }

    Member member(String memberId) {
        Member member = members.get(memberId);
        if (member == null) {
            throw new IllegalStateException("no member " + memberId + " in group " + groupId);
        }
        return member;
    }

    // ---- members come and go

    void addPending(String memberId, long forgottenAtMs) {
        pendingMembers.put(memberId, forgottenAtMs);
        if (config.waitsForSilence()) {
            arrived();
        }
    }

    void removePending(String memberId) {
        pendingMembers.remove(memberId);
    }

    /** A member that was not there before; its JoinGroup request waits. */
    void addMember(String memberId, GroupCommand.Join join) {
        pendingMembers.remove(memberId);
        if (members.isEmpty()) {
            protocolType = join.protocolType();
        }
        if (leaderId == null) {
            leaderId = memberId;
        }
        members.put(
                memberId,
                new Member(
                        memberId,
                        join.instanceId(),
                        join.clientId(),
                        join.clientHost(),
                        join.rebalanceTimeoutMs(),
                        join.sessionTimeoutMs(),
                        join.protocols(),
                        Bytes.EMPTY,
                        join.waiter(),
                        NOBODY));
        arrived();
    }

    /** A member joins again, perhaps with another subscription; its request waits. */
    void updateMember(String memberId, GroupCommand.Join join) {
        Member member = member(memberId);
        if (member.awaitsJoin()) {
            // The client gave up on the earlier request, or else it would not have sent this one.
            answer(
                    new Answer.JoinRefused(
                            member.joinWaiter(), memberId, Errors.REBALANCE_IN_PROGRESS));
        }
        members.put(memberId, member.withJoin(join, join.waiter()));
    }

    void updateWithoutWaiting(String memberId, GroupCommand.Join join) {
        members.put(memberId, member(memberId).withJoin(join, NOBODY));
    }

    /** A static member came back under a new id: it keeps its place and its assignment. */
    void replaceStaticMember(String oldMemberId, String newMemberId) {
        Map<String, Member> before = new LinkedHashMap<>(members);
        members.clear();
        before.forEach(
                (id, member) -> {
                    if (id.equals(oldMemberId)) {
                        refuseWaiters(member, Errors.FENCED_INSTANCE_ID);
                        members.put(newMemberId, member.withId(newMemberId));
                    } else {
                        members.put(id, member);
                    }
                });
        if (oldMemberId.equals(leaderId)) {
            leaderId = newMemberId;
        }
        if (pendingSync.remove(oldMemberId)) {
            pendingSync.add(newMemberId);
        }
    }

    void removeMember(String memberId) {
        Member member = members.remove(memberId);
        if (member == null) {
            return;
        }
        refuseWaiters(member, Errors.UNKNOWN_MEMBER_ID);
        pendingSync.remove(memberId);
        if (memberId.equals(leaderId)) {
            leaderId = members.isEmpty() ? null : members.keySet().iterator().next();
        }
    }

    private void refuseWaiters(Member member, Errors error) {
        if (member.awaitsJoin()) {
            answer(new Answer.JoinRefused(member.joinWaiter(), member.memberId(), error));
        }
        if (member.awaitsSync()) {
            answer(new Answer.SyncRefused(member.syncWaiter(), error));
        }
    }

    private void arrived() {
        if (initialDelay != null) {
            initialDelay = new Group.InitialDelay(initialDelay.remainingMs(), true);
        }
    }

    // ---- the join phase

    /** After members came or went: begins a rebalance, or ends the join phase that is under way. */
    void rebalance() {
        if (state == GroupState.PREPARING_REBALANCE) {
            completeJoinIfAllJoined();
        } else {
            prepareRebalance();
        }
    }

    void completeJoinIfAllJoined() {
        if (state == GroupState.PREPARING_REBALANCE && initialDelay == null && allJoined()) {
            completeJoin();
        }
    }

    private void prepareRebalance() {
        if (state == GroupState.COMPLETING_REBALANCE) {
            // Of a generation that nobody has begun, nobody has anything.
            members.replaceAll((id, member) -> member.withAssignment(Bytes.EMPTY));
        }
        for (Member member : List.copyOf(members.values())) {
            if (member.awaitsSync()) {
                answer(new Answer.SyncRefused(member.syncWaiter(), Errors.REBALANCE_IN_PROGRESS));
                members.put(member.memberId(), member.withWaiters(member.joinWaiter(), NOBODY));
            }
        }
        pendingSync.clear();
        boolean initial = state == GroupState.EMPTY;
        become(GroupState.PREPARING_REBALANCE);
        if (initial && config.initialRebalanceDelayMs() == 0) {
            // Whoever has only been given an id comes too late, as after any delay.
            completeJoin();
        } else if (initial) {
            int delayMs = config.initialRebalanceDelayMs();
            long boundMs = Math.min(config.maxInitialRebalanceDelayMs(), rebalanceTimeoutMs());
            deadlineMs = nowMs + delayMs;
            // Ids handed out before the first member came are arrivals too.
            initialDelay =
                    new Group.InitialDelay(
                            Math.max(boundMs - delayMs, 0),
                            config.waitsForSilence() && !pendingMembers.isEmpty());
        } else if (allJoined()) {
            completeJoin();
        } else {
            deadlineMs = nowMs + rebalanceTimeoutMs();
        }
    }

    private boolean allJoined() {
        return pendingMembers.isEmpty() && members.values().stream().allMatch(Member::awaitsJoin);
    }

    /** The join phase has lasted as long as it may. */
    void joinPhaseExpired() {
        Group.InitialDelay delay = initialDelay;
        if (delay != null && delay.arrived() && delay.remainingMs() > 0) {
            long prolongedByMs = Math.min(config.initialRebalanceDelayMs(), delay.remainingMs());
            initialDelay = new Group.InitialDelay(delay.remainingMs() - prolongedByMs, false);
            deadlineMs = nowMs + prolongedByMs;
        } else {
            completeJoin();
        }
    }

    private void completeJoin() {
        initialDelay = null;
        deadlineMs = Group.NEVER;
        for (Member member : List.copyOf(members.values())) {
            // A static member may be restarting: only its session ends its membership.
            if (!member.awaitsJoin() && !member.isStatic()) {
                removeMember(member.memberId());
            }
        }
        if (!members.isEmpty() && !electLeader()) {
            deadlineMs = nowMs + rebalanceTimeoutMs();
            return;
        }
        generation++;
        if (members.isEmpty()) {
            protocol = null;
            leaderId = null;
            become(GroupState.EMPTY);
            records.add(freeze().toRecord());
            return;
        }
        protocol = selectProtocol();
        become(GroupState.COMPLETING_REBALANCE);
        deadlineMs = nowMs + rebalanceTimeoutMs();
        List<Member> everybody = List.copyOf(members.values());
        for (Member member : everybody) {
            pendingSync.add(member.memberId());
            if (member.awaitsJoin()) {
                answer(
                        joined(
                                member.joinWaiter(),
                                member.memberId(),
                                leaderId(),
                                isLeader(member.memberId()) ? everybody : List.of(),
                                false));
                members.put(member.memberId(), member.withWaiters(NOBODY, member.syncWaiter()));
            }
        }
    }

    /** The leader must be one who is there to assign; false if nobody is. */
    private boolean electLeader() {
        if (leaderId != null && member(leaderId).awaitsJoin()) {
            return true;
        }
        for (Member member : members.values()) {
            if (member.awaitsJoin()) {
                leaderId = member.memberId();
                return true;
            }
        }
        return false;
    }

    /**
     * The protocol that everybody supports and most prefer; among equals the one that the earliest
     * member prefers.
     */
    String selectProtocol() {
        Map<String, Integer> votes = new LinkedHashMap<>();
        for (Member member : members.values()) {
            for (Member.Protocol candidate : member.protocols()) {
                if (supportedByAll(candidate.name(), members.values())) {
                    votes.merge(candidate.name(), 1, Integer::sum);
                    break;
                }
            }
        }
        String best = null;
        int most = 0;
        for (Map.Entry<String, Integer> vote : votes.entrySet()) {
            if (vote.getValue() > most) {
                best = vote.getKey();
                most = vote.getValue();
            }
        }
        if (best == null) {
            // Members without a common protocol are refused when they join.
            throw new IllegalStateException("group " + groupId + " has no common protocol");
        }
        return best;
    }

    static boolean supportedByAll(String protocol, Collection<Member> members) {
        for (Member member : members) {
            if (!member.supports(protocol)) {
                return false;
            }
        }
        return true;
    }

    Answer.Joined joined(
            long waiter,
            String memberId,
            String leader,
            List<Member> everybody,
            boolean skipAssignment) {
        return new Answer.Joined(
                waiter,
                memberId,
                generation,
                protocolType,
                protocol,
                leader,
                everybody,
                skipAssignment);
    }

    // ---- the sync phase

    void awaitSync(String memberId, long waiter) {
        Member member = member(memberId);
        if (member.awaitsSync()) {
            answer(new Answer.SyncRefused(member.syncWaiter(), Errors.REBALANCE_IN_PROGRESS));
        }
        members.put(memberId, member.withWaiters(member.joinWaiter(), waiter));
        synced(memberId);
    }

    void synced(String memberId) {
        pendingSync.remove(memberId);
        if (pendingSync.isEmpty() && state != GroupState.PREPARING_REBALANCE) {
            deadlineMs = Group.NEVER;
        }
    }

    /** The leader has assigned: the generation becomes a record, and everybody who waits hears. */
    void assign(Map<String, Bytes> assignments) {
        members.replaceAll(
                (id, member) -> member.withAssignment(assignments.getOrDefault(id, Bytes.EMPTY)));
        become(GroupState.STABLE);
        records.add(freeze().toRecord());
        for (Member member : List.copyOf(members.values())) {
            if (member.awaitsSync()) {
                answer(synced(member));
                members.put(member.memberId(), member.withWaiters(member.joinWaiter(), NOBODY));
            }
        }
    }

    Answer.Synced synced(Member member) {
        return new Answer.Synced(
                member.syncWaiter(),
                member.memberId(),
                protocolType,
                protocol,
                member.assignment());
    }

    /** Members that did not ask for their assignment within the rebalance timeout are gone. */
    void syncPhaseExpired() {
        deadlineMs = Group.NEVER;
        List<String> late = List.copyOf(pendingSync);
        late.forEach(this::removeMember);
        if (!late.isEmpty()) {
            prepareRebalance();
        }
    }

    void store() {
        records.add(freeze().toRecord());
    }

    private void become(GroupState next) {
        state = next;
        stateTimestampMs = nowMs;
    }

    GroupState state() {
        return state;
    }

    @Nullable String protocol() {
        return protocol;
    }

    String leaderId() {
        if (leaderId == null) {
            throw new IllegalStateException("group " + groupId + " has no leader");
        }
        return leaderId;
    }

    boolean isLeader(String memberId) {
        return memberId.equals(leaderId);
    }

    List<Member> everybody() {
        return List.copyOf(members.values());
    }

    private int rebalanceTimeoutMs() {
        return members.values().stream().mapToInt(Member::rebalanceTimeoutMs).max().orElse(0);
    }
}
