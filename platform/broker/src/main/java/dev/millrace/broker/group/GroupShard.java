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
import java.util.function.Predicate;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.apache.kafka.common.errors.IllegalGenerationException;
import org.apache.kafka.common.errors.StaleMemberEpochException;
import org.apache.kafka.common.errors.UnknownMemberIdException;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
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
    private final ConsumerShard consumers;
    private final Map<Long, Promise<Answer>> waiters = new HashMap<>();
    private long nextWaiter;
    private @Nullable Errors closed;

    /**
     * @param count of all groups of this node
     * @param cluster for groups in which the server assigns
     * @param appender appends with acks=all; futures complete on the shard's loop, in order
     * @param onBroken the shard no longer knows what the log holds; it answers nothing any more
     */
    GroupShard(
            GroupConfig config,
            GroupCount count,
            LongSupplier clockMs,
            ClusterView cluster,
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
        this.consumers = new ConsumerShard(config, groups, deadlines, cluster, new Host());
    }

    /** What consumer groups ask of this shard. */
    private final class Host implements ConsumerShard.Host {
        @Override
        public long nowMs() {
            return clockMs.getAsLong();
        }

        @Override
        public Future<Void> append(List<GroupRecord> records) {
            return GroupShard.this.append(records).onFailure(GroupShard.this::broken);
        }

        @Override
        public boolean closed() {
            return closed != null;
        }

        @Override
        public void refuseWaiters(Group classic, Errors error) {
            for (Member member : classic.members().values()) {
                if (member.awaitsJoin()) {
                    deliver(new Answer.JoinRefused(member.joinWaiter(), member.memberId(), error));
                }
                if (member.awaitsSync()) {
                    deliver(new Answer.SyncRefused(member.syncWaiter(), error));
                }
            }
        }

        @Override
        public void becameClassic(Group classic, boolean rebalance) {
            long nowMs = clockMs.getAsLong();
            Cell cell = new Cell(classic);
            cell.stored = true;
            groups.put(cell);
            classic.members().keySet().forEach(memberId -> touch(cell, memberId, nowMs));
            if (rebalance) {
                apply(cell, machine.rebalance(classic, nowMs), nowMs);
            }
        }
    }

    /** Leader epoch under which it was loaded, and in which alone it may append. */
    int coordinatorEpoch() {
        return live.coordinatorEpoch();
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
        for (Cell cell : List.copyOf(groups.cells())) {
            cell.group.members().keySet().forEach(memberId -> touch(cell, memberId, nowMs));
            if (cell.group.members().size() > config.maxSize()) {
                // The limit was lowered: who rejoins in time stays.
                apply(cell, machine.rebalance(cell.group, nowMs), nowMs);
            }
            deadlines.lookAt(cell.group.groupId(), cell.group.nextDeadlineMs());
        }
        consumers.loaded();
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
                    ConsumerCell consumer = consumers.withMembers(groupId);
                    if (consumer != null) {
                        answerLater(waiter, consumers.join(consumer, command));
                        return;
                    }
                    if (groups.consumerCell(groupId) != null && command.memberId().isEmpty()) {
                        endEmptyConsumerGroup(groupId);
                    }
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
                    ConsumerCell consumer = consumers.withMembers(groupId);
                    Cell cell = groups.cell(groupId);
                    if (consumer != null) {
                        deliver(consumers.sync(consumer, sync.apply(waiter)));
                    } else if (cell == null) {
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
        ConsumerCell consumer = groups.consumerCell(groupId);
        if (consumer != null) {
            return consumers.heartbeat(consumer, memberId, instanceId, generation);
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
        ConsumerCell consumer = groups.consumerCell(groupId);
        if (consumer != null) {
            return consumers.leave(consumer, leaving);
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

    /** ConsumerGroupHeartbeat; fails with the exception of an error code. */
    Future<ConsumerGroupHeartbeatResponseData> consumerHeartbeat(
            ConsumerGroupHeartbeatRequestData request, ConsumerGroupMachine.Client client) {
        return closed != null
                ? Future.failedFuture(closed.exception())
                : consumers.heartbeat(request, client);
    }

    /** A classic group takes the id of a consumer group without members. */
    private void endEmptyConsumerGroup(String groupId) {
        List<GroupRecord> records = new ArrayList<>(groups.groupTombstones(groupId));
        // Apache shows offsets only of groups it knows.
        records.add(Group.empty(groupId, clockMs.getAsLong()).toRecord());
        records.forEach(groups::replay);
        append(records).onFailure(this::broken);
    }

    private void answerLater(long waiter, Future<Answer> answer) {
        answer.onSuccess(this::deliver)
                .onFailure(
                        failure -> {
                            Promise<Answer> promise = waiters.remove(waiter);
                            if (promise != null) {
                                promise.fail(failure);
                            }
                        });
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
            } else if (answer instanceof Answer.Synced synced
                    && before.state() != GroupState.STABLE) {
                // Who asks later for what has been assigned already has heartbeats to be heard by.
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
            ConsumerCell consumer = groups.consumerCell(groupId);
            if (consumer != null && closed == null) {
                consumers.look(consumer, nowMs);
            }
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

    /**
     * May this member commit? A valid member of a classic group is alive by that.
     *
     * @param version of OffsetCommit
     * @return which partitions' commits to take
     * @throws ApiException the request is refused
     */
    CommitCheck validateCommit(
            String groupId,
            String memberId,
            @Nullable String instanceId,
            int generation,
            short version) {
        requireOpen();
        ConsumerCell consumer = groups.consumerCell(groupId);
        if (consumer != null) {
            return CommitCheck.of(consumer.group, memberId, generation, version);
        }
        Errors error = validateCommit(groupId, memberId, instanceId, generation);
        if (error == Errors.ILLEGAL_GENERATION
                && groups.group(groupId) == null
                && version >= CommitCheck.CONSUMER_PROTOCOL) {
            error = Errors.GROUP_ID_NOT_FOUND;
        }
        if (error != Errors.NONE) {
            throw error.exception();
        }
        return CommitCheck.ANY;
    }

    private void requireOpen() {
        if (closed != null) {
            throw closed.exception();
        }
    }

    /** The same of a classic group, or one that only stores offsets. */
    private Errors validateCommit(
            String groupId, String memberId, @Nullable String instanceId, int generation) {
        Cell cell = groups.cell(groupId);
        if (cell == null) {
            // A group that only stores offsets begins with its first commit.
            if (generation >= 0) {
                return groups.group(groupId) == null
                        ? Errors.ILLEGAL_GENERATION
                        : Errors.UNKNOWN_MEMBER_ID;
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
     * May this member see the group's offsets?
     *
     * @param memberId null if the client does not say, as before OffsetFetch 9
     * @throws ApiException it may not
     */
    void validateFetch(String groupId, @Nullable String memberId, int epoch) {
        requireOpen();
        ConsumerCell consumer = groups.consumerCell(groupId);
        if (consumer == null || (memberId == null && epoch < 0)) {
            return;
        }
        ConsumerMember member = memberId == null ? null : consumer.group.member(memberId);
        if (member == null) {
            throw new UnknownMemberIdException(
                    "group %s has no member %s".formatted(groupId, memberId));
        }
        if (member.epoch() != epoch) {
            String message =
                    "member %s is in epoch %d, not %d".formatted(memberId, member.epoch(), epoch);
            throw member.isClassic()
                    ? new IllegalGenerationException(message)
                    : new StaleMemberEpochException(message);
        }
    }

    /**
     * The same for offsets of a transaction: older clients name neither member nor generation, and
     * whether a classic group rebalances does not matter.
     */
    CommitCheck validateTxnCommit(
            String groupId, String memberId, @Nullable String instanceId, int generation) {
        requireOpen();
        ConsumerCell consumer = groups.consumerCell(groupId);
        if (consumer != null) {
            return CommitCheck.ofTransaction(consumer.group, memberId, instanceId, generation);
        }
        Cell cell = groups.cell(groupId);
        Errors error =
                cell == null
                        ? validateCommit(groupId, memberId, instanceId, generation)
                        : machine.validateTxnCommit(cell.group, memberId, instanceId, generation);
        if (error != Errors.NONE) {
            throw error.exception();
        }
        if (cell != null) {
            touch(cell, memberId, clockMs.getAsLong());
        }
        return CommitCheck.ANY;
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

    /**
     * Whose offsets may be deleted?
     *
     * @return the topics that members read, or may read: their offsets stay
     * @throws ApiException none may be deleted
     */
    Predicate<String> validateDeleteOffsets(String groupId) {
        requireOpen();
        ConsumerCell consumer = groups.consumerCell(groupId);
        if (consumer != null) {
            return consumer.group.subscribedTopics()::contains;
        }
        Group group = group(groupId);
        if (group == null) {
            throw new GroupIdNotFoundException("there is no group " + groupId);
        }
        if (group.members().isEmpty()) {
            return topic -> false;
        } else if (!EmbeddedProtocol.CONSUMER.equals(group.protocolType())) {
            throw new GroupNotEmptyException(
                    "group %s has members, and what they read is not known".formatted(groupId));
        }
        Set<String> read = group.readTopics();
        return read == null ? topic -> true : read::contains;
    }

    // ---- groups as a whole

    /** Null if nothing is known of the group; a group that only has offsets is empty. */
    @Nullable Group group(String groupId) {
        return groups.group(groupId);
    }

    /** Those in which the server assigns aside. */
    Collection<Group> groups() {
        return groups.all();
    }

    Collection<ConsumerGroup> consumerGroups() {
        return groups.consumerCells().stream().map(cell -> cell.group).toList();
    }

    /** Null if there is none of that id in which the server assigns. */
    @Nullable ConsumerGroup consumerGroup(String groupId) {
        ConsumerCell cell = groups.consumerCell(groupId);
        return cell == null ? null : cell.group;
    }

    /** The assignor of groups whose members do not choose. */
    String defaultAssignor() {
        return consumers.defaultAssignor();
    }

    Topics topics() {
        return consumers.topics();
    }

    /** Deletes an empty group with its offsets. */
    Future<Errors> delete(String groupId) {
        if (closed != null) {
            return Future.succeededFuture(closed);
        }
        Group group = group(groupId);
        ConsumerGroup consumer = consumerGroup(groupId);
        if (group == null && consumer == null) {
            return Future.succeededFuture(Errors.GROUP_ID_NOT_FOUND);
        }
        boolean empty =
                group != null
                        ? group.state() == GroupState.EMPTY
                        : consumer == null || consumer.isEmpty();
        if (!empty) {
            return Future.succeededFuture(Errors.NON_EMPTY_GROUP);
        }
        List<GroupRecord> records = new ArrayList<>(groups.tombstones(groupId, partition -> true));
        records.addAll(groups.groupTombstones(groupId));
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
        ConsumerCell consumer = groups.consumerCell(groupId);
        if (consumer != null && consumer.group.isEmpty()) {
            groups.replay(new ConsumerGroupRecord.EpochDeleted(groupId));
        }
    }

    /**
     * @param names topics that were created, deleted or have grown
     * @param created version of the metadata with new topics, -1 if there are none
     */
    void topicsChanged(Set<String> names, long created) {
        consumers.topicsChanged(names, created);
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
