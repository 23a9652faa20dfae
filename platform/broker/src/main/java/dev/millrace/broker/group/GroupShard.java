package dev.millrace.broker.group;

import dev.millrace.broker.group.LoadedGroups.Cell;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * The groups of one partition of {@code __consumer_offsets}, for as long as this broker leads it.
 * One event loop calls everything. Lets {@link GroupMachine} decide, appends, then answers: a
 * request that sees its answer will find the same after a fail-over.
 *
 * <p>Offsets are visible once appended. Members move at once, since the next decision builds on
 * them; if their record then cannot be appended, the shard gives up and is loaded from the log
 * again.
 */
final class GroupShard {
    private final GroupMachine machine;
    private final GroupConfig config;
    private final LongSupplier clockMs;
    private final Function<List<GroupRecord>, Future<Void>> appender;
    private final LivePublisher live;
    private final Consumer<Throwable> onBroken;

    private final LoadedGroups groups;
    private final Deadlines deadlines = new Deadlines();
    private final Map<Long, Promise<Answer>> waiters = new HashMap<>();
    private long nextWaiter;
    private @Nullable Errors closed;

    /**
     * @param count of all groups of this node
     * @param appender appends with acks=all; futures complete on the shard's loop, in order
     * @param onBroken the shard no longer knows what the log holds; it answers nothing any more
     */
    GroupShard(
            GroupConfig config,
            GroupCount count,
            LongSupplier clockMs,
            Function<List<GroupRecord>, Future<Void>> appender,
            LivePublisher live,
            Consumer<Throwable> onBroken) {
        this.machine = new GroupMachine(config);
        this.config = config;
        this.groups = new LoadedGroups(count);
        this.clockMs = clockMs;
        this.appender = appender;
        this.live = live;
        this.onBroken = onBroken;
    }

    // ---- loading

    /** A record read back from the log, in order, before the first request. */
    void replay(GroupRecord record) {
        groups.replay(record);
    }

    /** A record of a transaction, read back or just appended. */
    void replayPending(long producerId, GroupRecord record) {
        groups.replayPending(producerId, record);
    }

    /** The marker of a transaction, read back or just appended. */
    void replayEnd(long producerId, boolean commit) {
        groups.replayEnd(producerId, commit);
    }

    /** Groups with members, of which somebody may know more than the log does. */
    List<String> groupsWithMembers() {
        return groups.cells().stream()
                .filter(cell -> !cell.group.members().isEmpty())
                .map(cell -> cell.group.groupId())
                .toList();
    }

    /** Takes over what the last coordinator shared, if the log does not have it yet. */
    void adopt(Group shared) {
        Cell cell = groups.cell(shared.groupId());
        if (cell != null && shared.generation() > cell.group.generation()) {
            cell.group = shared;
        }
    }

    /** Loading is over: every member has a whole session to be heard of. */
    void loaded() {
        groups.enterCount();
        long nowMs = clockMs.getAsLong();
        for (Cell cell : groups.cells()) {
            cell.group.members().keySet().forEach(memberId -> touch(cell, memberId, nowMs));
            deadlines.lookAt(cell.group.groupId(), cell.group.nextDeadlineMs());
        }
    }

    /** Answers everybody who waits with {@code error}; nothing is decided from now on. */
    void close(Errors error) {
        if (closed == null) {
            closed = error;
            groups.leaveCount();
            List<Promise<Answer>> waiting = List.copyOf(waiters.values());
            waiters.clear();
            waiting.forEach(waiter -> waiter.fail(error.exception()));
        }
    }

    // ---- members

    /**
     * @param join makes the command from the number under which its request waits
     */
    Future<Answer> join(String groupId, LongFunction<GroupCommand.Join> join) {
        return waiting(
                waiter -> {
                    long nowMs = clockMs.getAsLong();
                    GroupCommand.Join command = join.apply(waiter);
                    Cell cell = groups.cell(groupId);
                    if (cell == null && !command.memberId().isEmpty()) {
                        deliver(
                                new Answer.JoinRefused(
                                        waiter, command.memberId(), Errors.UNKNOWN_MEMBER_ID));
                        return;
                    }
                    if (cell == null && !groups.admits(groupId)) {
                        deliver(
                                new Answer.JoinRefused(
                                        waiter, command.memberId(), Errors.POLICY_VIOLATION));
                        return;
                    }
                    if (cell == null) {
                        cell = new Cell(Group.empty(groupId, nowMs));
                    }
                    Decided decided = machine.join(cell.group, command, nowMs);
                    groups.put(cell);
                    apply(cell, decided, nowMs);
                });
    }

    Future<Answer> sync(String groupId, LongFunction<GroupCommand.Sync> sync) {
        return waiting(
                waiter -> {
                    long nowMs = clockMs.getAsLong();
                    Cell cell = groups.cell(groupId);
                    if (cell == null) {
                        deliver(new Answer.SyncRefused(waiter, Errors.UNKNOWN_MEMBER_ID));
                    } else {
                        apply(cell, machine.sync(cell.group, sync.apply(waiter), nowMs), nowMs);
                    }
                });
    }

    Errors heartbeat(String groupId, String memberId, @Nullable String instanceId, int generation) {
        if (closed != null) {
            return closed;
        }
        Cell cell = groups.cell(groupId);
        if (cell == null) {
            return Errors.UNKNOWN_MEMBER_ID;
        }
        Errors error = machine.heartbeat(cell.group, memberId, instanceId, generation);
        if (error == Errors.NONE || error == Errors.REBALANCE_IN_PROGRESS) {
            touch(cell, memberId, clockMs.getAsLong());
        }
        return error;
    }

    /** One error for each who leaves, in order. */
    Future<List<Errors>> leave(String groupId, List<GroupCommand.Leave> leaving) {
        if (closed != null) {
            return Future.failedFuture(closed.exception());
        }
        Cell cell = groups.cell(groupId);
        if (cell == null) {
            return Future.succeededFuture(
                    leaving.stream().map(leave -> Errors.UNKNOWN_MEMBER_ID).toList());
        }
        long nowMs = clockMs.getAsLong();
        GroupMachine.Left left = machine.leave(cell.group, leaving, nowMs);
        return apply(cell, left.decided(), nowMs).map(left.errors());
    }

    private Future<Answer> waiting(LongConsumer request) {
        if (closed != null) {
            return Future.failedFuture(closed.exception());
        }
        long waiter = nextWaiter++;
        Promise<Answer> promise = Promise.promise();
        waiters.put(waiter, promise);
        try {
            request.accept(waiter);
        } catch (RuntimeException e) {
            waiters.remove(waiter);
            throw e;
        }
        return promise.future();
    }

    private Future<Void> apply(Cell cell, Decided decided, long nowMs) {
        Group before = cell.group;
        Group after = decided.group();
        cell.group = after;
        for (Answer answer : decided.answers()) {
            if (answer instanceof Answer.Joined joined) {
                touch(cell, joined.memberId(), nowMs);
            } else if (answer instanceof Answer.Synced synced) {
                touch(cell, synced.memberId(), nowMs);
            }
        }
        deadlines.lookAt(after.groupId(), after.nextDeadlineMs());
        // While members gather there is nothing that a successor could use.
        if (after.state() != GroupState.PREPARING_REBALANCE) {
            boolean moved =
                    before.generation() != after.generation()
                            || before.state() != after.state()
                            || !before.members().keySet().equals(after.members().keySet());
            if (moved && after.generation() > 0) {
                live.publish(after);
            }
        }
        if (decided.records().isEmpty()) {
            decided.answers().forEach(this::deliver);
            forgetIfUnused(cell);
            return Future.succeededFuture();
        }
        cell.stored = true;
        return append(decided.records())
                .onSuccess(
                        appended -> {
                            decided.answers().forEach(this::deliver);
                        })
                .onFailure(this::broken);
    }

    private Future<Void> append(List<GroupRecord> records) {
        try {
            return appender.apply(records);
        } catch (RuntimeException e) {
            return Future.failedFuture(e);
        }
    }

    private void deliver(Answer answer) {
        Promise<Answer> promise = waiters.remove(answer.waiter());
        if (promise != null) {
            promise.complete(answer);
        }
    }

    private void broken(Throwable cause) {
        if (closed == null) {
            close(Errors.NOT_COORDINATOR);
            onBroken.accept(cause);
        }
    }

    private void touch(Cell cell, String memberId, long nowMs) {
        Member member = cell.group.members().get(memberId);
        if (member != null) {
            long endsMs = nowMs + member.sessionTimeoutMs();
            cell.sessionEndsMs.put(memberId, endsMs);
            deadlines.lookAt(cell.group.groupId(), endsMs);
        }
    }

    private void forgetIfUnused(Cell cell) {
        Group group = cell.group;
        if (group.state() == GroupState.EMPTY && group.pendingMembers().isEmpty() && !cell.stored) {
            groups.remove(group.groupId());
        }
    }

    // ---- time

    /** When {@link #tick} has something to do; {@link Group#NEVER} if nothing is due ever. */
    long nextDeadlineMs() {
        return closed != null ? Group.NEVER : deadlines.nextMs();
    }

    void tick() {
        long nowMs = clockMs.getAsLong();
        for (String groupId : deadlines.takeDue(nowMs)) {
            Cell cell = groups.cell(groupId);
            if (cell != null && closed == null) {
                look(cell, nowMs);
            }
        }
    }

    private void look(Cell cell, long nowMs) {
        Set<String> silent = new HashSet<>();
        cell.sessionEndsMs.keySet().retainAll(cell.group.members().keySet());
        for (Map.Entry<String, Long> session : cell.sessionEndsMs.entrySet()) {
            if (session.getValue() > nowMs) {
                continue;
            }
            Member member = cell.group.members().get(session.getKey());
            if (member == null) {
                continue;
            }
            if (member.awaitsJoin() || member.awaitsSync()) {
                // It waits for us, and does not heartbeat meanwhile.
                session.setValue(nowMs + member.sessionTimeoutMs());
            } else {
                silent.add(session.getKey());
            }
        }
        if (!silent.isEmpty()) {
            apply(cell, machine.sessionsExpired(cell.group, silent, nowMs), nowMs);
            cell.sessionEndsMs.keySet().removeAll(silent);
        }
        if (cell.group.nextDeadlineMs() <= nowMs) {
            apply(cell, machine.timePassed(cell.group, nowMs), nowMs);
        }
        deadlines.lookAt(cell.group.groupId(), cell.group.nextDeadlineMs());
        for (long endsMs : cell.sessionEndsMs.values()) {
            deadlines.lookAt(cell.group.groupId(), endsMs);
        }
    }

    // ---- offsets

    /** May this member commit? A valid member is alive by that. */
    Errors validateCommit(
            String groupId, String memberId, @Nullable String instanceId, int generation) {
        if (closed != null) {
            return closed;
        }
        Cell cell = groups.cell(groupId);
        if (cell == null) {
            // A group that only stores offsets begins with its first commit.
            if (generation >= 0) {
                return Errors.ILLEGAL_GENERATION;
            }
            return groups.admits(groupId) ? Errors.NONE : Errors.POLICY_VIOLATION;
        }
        Errors error = machine.validateCommit(cell.group, memberId, instanceId, generation);
        if (error == Errors.NONE) {
            touch(cell, memberId, clockMs.getAsLong());
        }
        return error;
    }

    /**
     * The same for offsets of a transaction: older clients name neither member nor generation, and
     * whether the group rebalances does not matter.
     */
    Errors validateTxnCommit(
            String groupId, String memberId, @Nullable String instanceId, int generation) {
        Cell cell = closed == null ? groups.cell(groupId) : null;
        if (cell == null) {
            return validateCommit(groupId, memberId, instanceId, generation);
        }
        Errors error = machine.validateTxnCommit(cell.group, memberId, instanceId, generation);
        if (error == Errors.NONE) {
            touch(cell, memberId, clockMs.getAsLong());
        }
        return error;
    }

    /** Whether an open transaction has committed an offset of the partition. */
    boolean isPending(String groupId, TopicPartition partition) {
        return groups.isPending(groupId, partition);
    }

    /** Completes once the offsets are appended and visible. */
    Future<Void> commit(List<GroupRecord> records) {
        if (closed != null) {
            return Future.failedFuture(closed.exception());
        }
        return records.isEmpty()
                ? Future.succeededFuture()
                : append(records).onSuccess(appended -> records.forEach(groups::replayOffset));
    }

    Map<TopicPartition, GroupRecord.CommittedOffset> offsets(String groupId) {
        return groups.offsets(groupId);
    }

    /** Is the partition's topic among those that a member of the group reads? */
    Errors validateDeleteOffsets(String groupId) {
        Group group = group(groupId);
        if (group == null) {
            return Errors.GROUP_ID_NOT_FOUND;
        }
        return group.members().isEmpty() ? Errors.NONE : Errors.NON_EMPTY_GROUP;
    }

    // ---- groups as a whole

    /** Null if nothing is known of the group; a group that only has offsets is empty. */
    @Nullable Group group(String groupId) {
        return groups.group(groupId);
    }

    Collection<Group> groups() {
        return groups.all();
    }

    /** Deletes an empty group with its offsets. */
    Future<Errors> delete(String groupId) {
        if (closed != null) {
            return Future.succeededFuture(closed);
        }
        Group group = group(groupId);
        if (group == null) {
            return Future.succeededFuture(Errors.GROUP_ID_NOT_FOUND);
        }
        if (group.state() != GroupState.EMPTY) {
            return Future.succeededFuture(Errors.NON_EMPTY_GROUP);
        }
        List<GroupRecord> records = new ArrayList<>(groups.tombstones(groupId, partition -> true));
        records.add(new GroupRecord.GroupDeleted(groupId));
        return commit(records)
                .map(
                        appended -> {
                            forget(groupId);
                            return Errors.NONE;
                        });
    }

    private void forget(String groupId) {
        Cell cell = groups.cell(groupId);
        // Somebody may have joined while the tombstone was on its way.
        if (cell != null && cell.group.state() == GroupState.EMPTY) {
            groups.remove(groupId);
            live.remove(groupId);
        }
    }

    /** Offsets of a deleted topic must not apply to a later one of the same name. */
    Future<Void> topicsDeleted(Set<String> topics) {
        return commit(groups.tombstones(topics));
    }

    /** One pass of {@code offsets.retention.minutes}; drops groups of which nothing is left. */
    Future<Void> expireOffsets() {
        LoadedGroups.Expired expired =
                groups.expired(clockMs.getAsLong(), config.offsetsRetentionMs());
        return commit(expired.records())
                .onSuccess(appended -> expired.unused().forEach(this::forget));
    }
}
