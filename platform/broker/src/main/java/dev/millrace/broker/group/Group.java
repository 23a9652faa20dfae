package dev.millrace.broker.group;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.jspecify.annotations.Nullable;

/**
 * A group at one moment; a value. {@link GroupMachine} makes the next one.
 *
 * @param protocolType {@code consumer}, {@code connect}, …; null until the first member
 * @param protocol the assignor of this generation; null without members
 * @param members in the order in which they joined
 * @param pendingMembers ids that were handed out and not yet used, with the time they are forgotten
 * @param pendingSync members that have not asked for their assignment since the last join phase
 * @param deadlineMs when the phase ends by itself: the join phase in PREPARING_REBALANCE, the wait
 *     for SyncGroup after it; {@link #NEVER} if nothing is waited for
 * @param initialDelay set while an empty group gathers its first members
 */
record Group(
        String groupId,
        GroupState state,
        int generation,
        @Nullable String protocolType,
        @Nullable String protocol,
        @Nullable String leaderId,
        long stateTimestampMs,
        Map<String, Member> members,
        Map<String, Long> pendingMembers,
        Set<String> pendingSync,
        long deadlineMs,
        @Nullable InitialDelay initialDelay) {

    static final long NEVER = Long.MAX_VALUE;

    /**
     * @param remainingMs by how much arrivals may still prolong it
     * @param arrived somebody arrived since it was last prolonged
     */
    record InitialDelay(long remainingMs, boolean arrived) {}

    Group {
        members = Collections.unmodifiableMap(new LinkedHashMap<>(members));
        pendingMembers = Map.copyOf(pendingMembers);
        pendingSync = Collections.unmodifiableSet(new LinkedHashSet<>(pendingSync));
    }

    static Group empty(String groupId, long nowMs) {
        return new Group(
                groupId,
                GroupState.EMPTY,
                0,
                null,
                null,
                null,
                nowMs,
                Map.of(),
                Map.of(),
                Set.of(),
                NEVER,
                null);
    }

    /**
     * The group after {@code record}: what a new coordinator finds, and how the leader's assignment
     * takes effect. Requests that wait in {@code current} go on waiting.
     */
    static Group replay(@Nullable Group current, GroupRecord.Generation record) {
        Map<String, Member> members = new LinkedHashMap<>();
        for (GroupRecord.Assigned assigned : record.members()) {
            Member known = current == null ? null : current.members.get(assigned.memberId());
            members.put(
                    assigned.memberId(),
                    known != null
                            ? known.withAssignment(assigned.assignment())
                            : restored(assigned, record.protocol()));
        }
        return new Group(
                record.groupId(),
                members.isEmpty() ? GroupState.EMPTY : GroupState.STABLE,
                record.generation(),
                record.protocolType().isEmpty() ? null : record.protocolType(),
                record.protocol(),
                members.isEmpty() ? null : record.leaderId(),
                record.stateTimestampMs(),
                members,
                current == null ? Map.of() : current.pendingMembers,
                current == null ? Set.of() : current.pendingSync,
                current == null ? NEVER : current.deadlineMs,
                null);
    }

    private static Member restored(GroupRecord.Assigned assigned, @Nullable String protocol) {
        return new Member(
                assigned.memberId(),
                assigned.instanceId(),
                assigned.clientId(),
                assigned.clientHost(),
                assigned.rebalanceTimeoutMs(),
                assigned.sessionTimeoutMs(),
                protocol == null
                        ? List.of()
                        : List.of(new Member.Protocol(protocol, assigned.subscription())),
                assigned.assignment(),
                Member.NOBODY,
                Member.NOBODY);
    }

    /** The record that brings this generation back. */
    GroupRecord.Generation toRecord() {
        List<GroupRecord.Assigned> assigned = new ArrayList<>(members.size());
        for (Member member : members.values()) {
            assigned.add(
                    new GroupRecord.Assigned(
                            member.memberId(),
                            member.instanceId(),
                            member.clientId(),
                            member.clientHost(),
                            member.rebalanceTimeoutMs(),
                            member.sessionTimeoutMs(),
                            member.metadata(protocol),
                            member.assignment()));
        }
        return new GroupRecord.Generation(
                groupId,
                protocolType == null ? "" : protocolType,
                generation,
                members.isEmpty() ? null : protocol,
                members.isEmpty() ? null : leaderId,
                stateTimestampMs,
                assigned);
    }

    /** The next moment at which time alone changes the group, sessions of members aside. */
    long nextDeadlineMs() {
        long next = deadlineMs;
        for (long pendingDeadlineMs : pendingMembers.values()) {
            next = Math.min(next, pendingDeadlineMs);
        }
        return next;
    }

    /**
     * Topics that the members read, as far as the coordinator can look into their subscriptions.
     *
     * @return null if it cannot: the members are not consumers, or no generation has begun
     */
    @Nullable Set<String> readTopics() {
        if (!EmbeddedProtocol.CONSUMER.equals(protocolType)) {
            return null;
        }
        if (members.isEmpty()) {
            return Set.of();
        }
        try {
            return protocol == null
                    ? null
                    : EmbeddedProtocol.topics(
                            members.values().stream()
                                    .map(member -> member.metadata(protocol))
                                    .toList());
        } catch (InvalidRequestException e) {
            return null;
        }
    }

    boolean isLeader(String memberId) {
        return memberId.equals(leaderId);
    }

    @Nullable Member staticMember(String instanceId) {
        for (Member member : members.values()) {
            if (instanceId.equals(member.instanceId())) {
                return member;
            }
        }
        return null;
    }

    /** How long to wait for members to rejoin: the slowest decides. */
    int rebalanceTimeoutMs() {
        return members.values().stream().mapToInt(Member::rebalanceTimeoutMs).max().orElse(0);
    }
}
