package dev.millrace.broker.group;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/** Plays requests against a {@link GroupMachine}, and remembers who was answered what. */
final class GroupStory {
    static final int SESSION_MS = 10_000;
    static final int REBALANCE_MS = 60_000;

    final GroupMachine machine;
    Group group;
    long nowMs = 1_000_000;
    final Map<Long, Answer> answers = new HashMap<>();
    final List<GroupRecord> records = new ArrayList<>();
    private long nextWaiter;

    GroupStory(GroupConfig config) {
        machine = new GroupMachine(config);
        group = Group.empty("g", nowMs);
    }

    /** Without a delay before the first rebalance, which most stories are not about. */
    GroupStory() {
        this(config(0, 0));
    }

    static GroupConfig config(int delayMs, int maxDelayMs) {
        return new GroupConfig(
                6_000,
                300_000,
                Integer.MAX_VALUE,
                100,
                delayMs,
                maxDelayMs,
                4_096,
                60_000,
                1_000,
                1,
                ConsumerGroupConfig.from(Map.of()));
    }

    static GroupConfig maxSize(int size) {
        return new GroupConfig(
                6_000,
                300_000,
                size,
                100,
                0,
                0,
                4_096,
                60_000,
                1_000,
                1,
                ConsumerGroupConfig.from(Map.of()));
    }

    void take(Decided decided) {
        group = decided.group();
        records.addAll(decided.records());
        for (Answer answer : decided.answers()) {
            Answer before = answers.put(answer.waiter(), answer);
            if (before != null) {
                throw new AssertionError("request " + answer.waiter() + " was answered twice");
            }
        }
    }

    // ---- requests; each gives the number under which its answer appears

    /** A dynamic member of an old client (before KIP-394) or one that brings its id. */
    long join(String memberId, String... protocols) {
        return join(
                memberId, null, false, protocols.length == 0 ? new String[] {"range"} : protocols);
    }

    long joinNew(String newMemberId, String... protocols) {
        long waiter = nextWaiter++;
        take(
                machine.join(
                        group,
                        command(waiter, "", newMemberId, null, false, protocols(protocols)),
                        nowMs));
        return waiter;
    }

    long joinNewRequiringId(String newMemberId) {
        long waiter = nextWaiter++;
        take(machine.join(group, command(waiter, "", newMemberId, null, true, protocols()), nowMs));
        return waiter;
    }

    long joinStatic(String instanceId, String newMemberId, String... protocols) {
        long waiter = nextWaiter++;
        take(
                machine.join(
                        group,
                        command(waiter, "", newMemberId, instanceId, false, protocols(protocols)),
                        nowMs));
        return waiter;
    }

    long join(
            String memberId, @Nullable String instanceId, boolean idRequired, String... protocols) {
        long waiter = nextWaiter++;
        take(
                machine.join(
                        group,
                        command(waiter, memberId, "unused", instanceId, idRequired, protocols),
                        nowMs));
        return waiter;
    }

    private static String[] protocols(String... protocols) {
        return protocols.length == 0 ? new String[] {"range"} : protocols;
    }

    GroupCommand.Join command(
            long waiter,
            String memberId,
            String newMemberId,
            @Nullable String instanceId,
            boolean idRequired,
            String... protocols) {
        return new GroupCommand.Join(
                waiter,
                memberId,
                newMemberId,
                instanceId,
                "client",
                "/127.0.0.1",
                SESSION_MS,
                REBALANCE_MS,
                "consumer",
                Arrays.stream(protocols)
                        .map(
                                p ->
                                        new Member.Protocol(
                                                p, Bytes.of(OffsetsTopic.utf8("topics of " + p))))
                        .toList(),
                idRequired,
                true);
    }

    long sync(String memberId, int generation, Map<String, String> assignments) {
        long waiter = nextWaiter++;
        Map<String, Bytes> bytes = new HashMap<>();
        assignments.forEach((id, text) -> bytes.put(id, Bytes.of(OffsetsTopic.utf8(text))));
        take(
                machine.sync(
                        group,
                        new GroupCommand.Sync(
                                waiter, memberId, null, generation, null, null, bytes),
                        nowMs));
        return waiter;
    }

    long sync(String memberId) {
        return sync(memberId, group.generation(), Map.of());
    }

    /** The leader syncs and gives every member "{id} in {generation}"; everybody else syncs. */
    void everybodySyncs() {
        String leader = String.valueOf(group.leaderId());
        for (String memberId : List.copyOf(group.members().keySet())) {
            if (!memberId.equals(leader)) {
                sync(memberId);
            }
        }
        Map<String, String> assignments = new HashMap<>();
        group.members()
                .keySet()
                .forEach(id -> assignments.put(id, id + " in " + group.generation()));
        sync(leader, group.generation(), assignments);
    }

    /** A stable group of these members, the first of which leads. */
    void stable(String... memberIds) {
        for (String memberId : memberIds) {
            joinNew(memberId);
            for (String other : memberIds) {
                if (group.state() == GroupState.PREPARING_REBALANCE
                        && group.members().containsKey(other)
                        && !member(other).awaitsJoin()) {
                    join(other);
                }
            }
        }
        everybodySyncs();
    }

    Errors heartbeat(String memberId) {
        return machine.heartbeat(group, memberId, null, group.generation());
    }

    List<Errors> leave(String... memberIds) {
        GroupMachine.Left left =
                machine.leave(
                        group,
                        Arrays.stream(memberIds)
                                .map(id -> new GroupCommand.Leave(id, null))
                                .toList(),
                        nowMs);
        take(left.decided());
        return left.errors();
    }

    void falls_silent(String... memberIds) {
        take(machine.sessionsExpired(group, List.of(memberIds), nowMs));
    }

    void passes(long ms) {
        nowMs += ms;
        take(machine.timePassed(group, nowMs));
    }

    // ---- what came of it

    Member member(String memberId) {
        Member member = group.members().get(memberId);
        if (member == null) {
            throw new AssertionError(memberId + " is not in " + group.members().keySet());
        }
        return member;
    }

    Optional<Answer> answer(long waiter) {
        return Optional.ofNullable(answers.get(waiter));
    }

    boolean waits(long waiter) {
        return !answers.containsKey(waiter);
    }

    Answer.Joined joined(long waiter) {
        if (answers.get(waiter) instanceof Answer.Joined joined) {
            return joined;
        }
        throw new AssertionError("request " + waiter + " heard " + answers.get(waiter));
    }

    String synced(long waiter) {
        if (answers.get(waiter) instanceof Answer.Synced synced) {
            return new String(synced.assignment().array(), java.nio.charset.StandardCharsets.UTF_8);
        }
        throw new AssertionError("request " + waiter + " heard " + answers.get(waiter));
    }

    Errors error(long waiter) {
        Answer answer = answers.get(waiter);
        if (answer instanceof Answer.JoinRefused refused) {
            return refused.error();
        } else if (answer instanceof Answer.SyncRefused refused) {
            return refused.error();
        }
        throw new AssertionError("request " + waiter + " heard " + answer);
    }
}
