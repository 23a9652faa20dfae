package dev.millrace.broker.group;

import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The consumer groups (KIP-848) of a {@link GroupShard}: lets {@link ConsumerGroupMachine} decide,
 * replays and appends what it decided, and keeps the members' time. A heartbeat that changes
 * nothing appends nothing. The shard's event loop.
 */
final class ConsumerShard {
    /** What consumer groups ask of the shard they are part of. */
    interface Host {
        long nowMs();

        /** Appends records that are replayed already; if that fails, the shard is given up. */
        Future<Void> append(List<GroupRecord> records);

        /** Refuses whoever waits for a classic group that ends. */
        void refuseWaiters(Group classic, Errors error);

        /** Another coordinator has taken over, or will. */
        boolean closed();

        /** The group has become a classic one. */
        void becameClassic(Group classic, boolean rebalance);
    }

    private static final Logger LOG = LoggerFactory.getLogger(ConsumerShard.class);

    private final LoadedGroups groups;
    private final Deadlines deadlines;
    private final ClusterView cluster;
    private final Host host;
    private final ConsumerGroupMachine machine;
    private final ClassicMembers classicMembers;
    private long newTopicsVersion;

    ConsumerShard(
            GroupConfig config,
            LoadedGroups groups,
            Deadlines deadlines,
            ClusterView cluster,
            Host host) {
        this.groups = groups;
        this.deadlines = deadlines;
        this.cluster = cluster;
        this.host = host;
        this.machine = new ConsumerGroupMachine(config);
        this.classicMembers = new ClassicMembers(config, machine);
        this.newTopicsVersion = cluster.topics().version();
    }

    private ConsumerGroupConfig config() {
        return machine.config();
    }

    private ConsumerSituation situation(String groupId, @Nullable ConsumerCell cell) {
        Map<String, String> groupConfig = cluster.groupConfig(groupId);
        return new ConsumerSituation(
                cluster.topics(),
                groupConfig,
                config().assignmentIntervalMs()
                        .of(
                                groupConfig,
                                "consumer.assignment.interval.ms",
                                cluster.assignmentIntervalMs()),
                cluster.assignors(),
                newTopicsVersion,
                cell != null && cell.resolving,
                cell != null && cell.assigning,
                host.nowMs());
    }

    /**
     * Loading is over: every member has a whole session to be heard of, those with the classic
     * protocol the longer one of the others.
     */
    void loaded() {
        for (ConsumerCell cell : groups.consumerCells()) {
            long endsMs = host.nowMs() + sessionTimeoutMs(cell);
            for (ConsumerMember member : cell.group.members()) {
                cell.clock(member.memberId()).sessionEndsMs = endsMs;
                // When those with the classic protocol were told to join again, nobody knows now.
                watchRevocation(cell, member);
            }
            lookLater(cell);
        }
    }

    // ---- the consumer protocol

    /**
     * @param request valid as far as it goes by itself, with a member id
     * @return fails with the exception of an error code
     */
    Future<ConsumerGroupHeartbeatResponseData> heartbeat(
            ConsumerGroupHeartbeatRequestData request, ConsumerGroupMachine.Client client) {
        try {
            return request.memberEpoch() < 0 ? leave(request) : staysOrJoins(request, client);
        } catch (ApiException e) {
            return Future.failedFuture(e);
        }
    }

    private Future<ConsumerGroupHeartbeatResponseData> staysOrJoins(
            ConsumerGroupHeartbeatRequestData request, ConsumerGroupMachine.Client client) {
        String groupId = request.groupId();
        ConsumerCell cell = groups.consumerCell(groupId);
        Group classic = cell == null ? groups.group(groupId) : null;
        List<GroupRecord> before = cell == null ? beginning(request, classic) : List.of();
        ConsumerGroup group = cell == null ? of(groupId, before) : cell.group;
        ConsumerMember memberBefore = group.member(request.memberId());
        ConsumerGroupMachine.Decided<ConsumerGroupHeartbeatResponseData> decided =
                machine.heartbeat(group, request, client, situation(groupId, cell), before);
        if (cell == null && classic != null) {
            host.refuseWaiters(classic, Errors.REBALANCE_IN_PROGRESS);
        }
        Future<Void> applied = apply(decided.records());
        ConsumerCell applyCell = require(groupId);
        if (cell == null) {
            // Members of a group that has just changed its protocol.
            for (ConsumerMember member : applyCell.group.members()) {
                touch(applyCell, member.memberId());
            }
            applyCell.group.metadataSeen(applyCell.group.epoch());
        }
        if (!decided.records().isEmpty()) {
            // A static member may have taken the place of its former self.
            applyCell.forgetFormerMembers();
        }
        afterMember(applyCell, memberBefore, request.memberId());
        assign(applyCell, decided.assignment());
        Future<ConsumerGroupHeartbeatResponseData> answer = applied.map(decided.answer());
        if (decided.lookUp().isEmpty()) {
            return answer;
        }
        Future<Void> found = lookUp(groupId, applyCell, decided.lookUp());
        return request.subscribedTopicRegex() == null
                ? answer
                : answer.compose(first -> found.compose(done -> again(request, client, first)));
    }

    private static ConsumerGroup of(String groupId, List<GroupRecord> records) {
        ConsumerGroup group = new ConsumerGroup(groupId);
        for (GroupRecord record : records) {
            if (record instanceof ConsumerGroupRecord consumer) {
                group.replay(consumer);
            }
        }
        return group;
    }

    private ConsumerCell require(String groupId) {
        ConsumerCell cell = groups.consumerCell(groupId);
        if (cell == null) {
            throw new IllegalStateException("a heartbeat left no group " + groupId);
        }
        return cell;
    }

    /** The records with which a group becomes one in which the server assigns. */
    private List<GroupRecord> beginning(
            ConsumerGroupHeartbeatRequestData request, @Nullable Group classic) {
        String groupId = request.groupId();
        if (request.memberEpoch() != 0) {
            throw new GroupIdNotFoundException(
                    classic == null
                            ? "there is no group " + groupId
                            : "group " + groupId + " uses the classic protocol");
        } else if (classic == null) {
            if (!groups.admits(groupId)) {
                throw new PolicyViolationException(
                        "millrace.groups.max is reached: no room for group " + groupId);
            }
            return List.of();
        }
        return classic.state() == GroupState.EMPTY
                ? List.of(new GroupRecord.GroupDeleted(groupId))
                : GroupConversion.toConsumer(classic, config(), cluster.topics());
    }

    /** Expressions are looked up; then the group's next heartbeat finds out what that changes. */
    private Future<Void> lookUp(String groupId, ConsumerCell cell, Set<String> regexes) {
        cell.resolving = true;
        Topics topics = cluster.topics();
        long nowMs = host.nowMs();
        return cluster.offload(() -> RegexSubscriptions.resolve(regexes, topics, nowMs))
                .onComplete(done -> cell.resolving = false)
                .compose(
                        found ->
                                isStill(cell)
                                        ? apply(
                                                machine.found(
                                                        cell.group,
                                                        found,
                                                        situation(groupId, cell)))
                                        : Future.succeededFuture());
    }

    /** The group has not gone meanwhile, nor this coordinator. */
    private boolean isStill(ConsumerCell cell) {
        return !host.closed() && groups.consumerCell(cell.group.groupId()) == cell;
    }

    /**
     * Has an assignment made where it keeps nobody waiting, one for each group at a time; members
     * hear of it with their next heartbeat.
     */
    private void assign(ConsumerCell cell, @Nullable AssignmentTask task) {
        if (task == null) {
            return;
        }
        cell.assigning = true;
        cluster.offload(task::run)
                .onComplete(
                        made -> {
                            cell.assigning = false;
                            if (made.failed()) {
                                LOG.error(
                                        "Group {}: assigning with {} failed; tried again with the"
                                                + " next heartbeat",
                                        task.groupId(),
                                        task.assignor().name(),
                                        made.cause());
                            } else if (isStill(cell)) {
                                ConsumerSituation now = situation(task.groupId(), cell);
                                apply(machine.assigned(cell.group, task, made.result(), now));
                            }
                        });
    }

    /** The member need not wait for its next heartbeat to hear what its expression stands for. */
    private Future<ConsumerGroupHeartbeatResponseData> again(
            ConsumerGroupHeartbeatRequestData request,
            ConsumerGroupMachine.Client client,
            ConsumerGroupHeartbeatResponseData first) {
        ConsumerGroupHeartbeatRequestData next =
                new ConsumerGroupHeartbeatRequestData()
                        .setGroupId(request.groupId())
                        .setInstanceId(request.instanceId())
                        .setMemberId(first.memberId())
                        .setMemberEpoch(first.memberEpoch());
        return heartbeat(next, client)
                .map(
                        second ->
                                second.assignment() == null
                                        ? second.setAssignment(first.assignment())
                                        : second)
                .otherwise(first);
    }

    private Future<ConsumerGroupHeartbeatResponseData> leave(
            ConsumerGroupHeartbeatRequestData request) {
        ConsumerCell cell = groups.consumerCell(request.groupId());
        if (cell == null) {
            throw new GroupIdNotFoundException("there is no consumer group " + request.groupId());
        }
        ConsumerDraft draft =
                new ConsumerDraft(
                        cell.group, config(), situation(request.groupId(), cell), List.of());
        String instanceId = request.instanceId();
        ConsumerMember member =
                instanceId == null
                        ? draft.member(request.memberId())
                        : draft.staticMember(instanceId, request.memberId());
        ConsumerGroupHeartbeatResponseData answer =
                new ConsumerGroupHeartbeatResponseData()
                        .setMemberId(request.memberId())
                        .setMemberEpoch(request.memberEpoch());
        boolean comesBack =
                instanceId != null && request.memberEpoch() == MemberAssignment.STATIC_LEFT;
        Future<Void> applied =
                comesBack
                        ? apply(ConsumerGroupMachine.leaveForAWhile(cell.group, member))
                        : remove(cell, List.of(member));
        return applied.map(answer);
    }

    private Future<Void> remove(ConsumerCell cell, List<ConsumerMember> leaving) {
        String groupId = cell.group.groupId();
        ConsumerGroupMachine.Departure departure =
                machine.remove(cell.group, leaving, situation(groupId, cell));
        Future<Void> applied = apply(departure.records());
        Group downgraded = departure.downgraded();
        if (downgraded != null) {
            host.becameClassic(downgraded, true);
        } else {
            cell.forgetFormerMembers();
        }
        return applied;
    }

    // ---- members with the classic protocol

    /** Null if the group is not one in which the server assigns, or has no members. */
    @Nullable ConsumerCell withMembers(String groupId) {
        ConsumerCell cell = groups.consumerCell(groupId);
        return cell == null || cell.group.isEmpty() ? null : cell;
    }

    Future<Answer> join(ConsumerCell cell, GroupCommand.Join join) {
        ClassicMembers.Joining joining;
        try {
            joining = classicMembers.join(cell.group, join, situation(cell.group.groupId(), cell));
        } catch (ApiException e) {
            return Future.succeededFuture(
                    new Answer.JoinRefused(join.waiter(), join.memberId(), Errors.forException(e)));
        }
        Future<Void> applied = apply(joining.records());
        Group downgraded = joining.downgraded();
        if (downgraded != null) {
            host.becameClassic(downgraded, joining.rebalances());
        } else if (joining.answer() instanceof Answer.Joined joined) {
            cell.forgetFormerMembers();
            ConsumerCell.Clock clock = cell.clock(joined.memberId());
            clock.joinEndsMs = Group.NEVER;
            clock.syncEndsMs = host.nowMs() + Math.max(0, join.rebalanceTimeoutMs());
            touch(cell, joined.memberId());
            assign(cell, joining.assignment());
            if (!joining.lookUp().isEmpty()) {
                lookUp(cell.group.groupId(), cell, joining.lookUp());
            }
        }
        return applied.map(joining.answer());
    }

    Answer sync(ConsumerCell cell, GroupCommand.Sync sync) {
        try {
            ConsumerMember member = classicMembers.sync(cell.group, sync);
            if (ClassicMembers.mustRejoinBeforeSync(cell.group, member)) {
                expectRejoin(cell, member);
                return new Answer.SyncRefused(sync.waiter(), Errors.REBALANCE_IN_PROGRESS);
            }
            cell.clock(member.memberId()).syncEndsMs = Group.NEVER;
            touch(cell, member.memberId());
            return new Answer.Synced(
                    sync.waiter(),
                    member.memberId(),
                    sync.protocolType(),
                    sync.protocol(),
                    ClassicMembers.assignment(member, cluster.topics()));
        } catch (ApiException e) {
            return new Answer.SyncRefused(sync.waiter(), Errors.forException(e));
        }
    }

    Errors heartbeat(
            ConsumerCell cell, String memberId, @Nullable String instanceId, int generation) {
        try {
            ConsumerMember member =
                    classicMembers.member(cell.group, memberId, instanceId, generation);
            touch(cell, memberId);
            if (ClassicMembers.mustRejoin(cell.group, member)) {
                expectRejoin(cell, member);
                return Errors.REBALANCE_IN_PROGRESS;
            }
            return Errors.NONE;
        } catch (ApiException e) {
            return Errors.forException(e);
        }
    }

    private void expectRejoin(ConsumerCell cell, ConsumerMember member) {
        ConsumerCell.Clock clock = cell.clock(member.memberId());
        if (clock.joinEndsMs == Group.NEVER) {
            clock.joinEndsMs =
                    host.nowMs() + Math.max(0, member.subscription().rebalanceTimeoutMs());
            deadlines.lookAt(cell.group.groupId(), clock.joinEndsMs);
        }
    }

    /** One error for each who leaves, in order. */
    Future<List<Errors>> leave(ConsumerCell cell, List<GroupCommand.Leave> leaving) {
        List<Errors> errors = new ArrayList<>();
        List<ConsumerMember> members = new ArrayList<>();
        for (GroupCommand.Leave leave : leaving) {
            ClassicMembers.Leaver leaver = ClassicMembers.leaver(cell.group, leave);
            errors.add(leaver.error());
            ConsumerMember member = leaver.member();
            if (member != null && !members.contains(member)) {
                members.add(member);
            }
        }
        return remove(cell, members).map(errors);
    }

    // ---- topics

    /**
     * @param names topics that were created, deleted or have grown
     * @param created version of the metadata with new topics, -1 if there are none
     */
    void topicsChanged(Set<String> names, long created) {
        newTopicsVersion = Math.max(newTopicsVersion, created);
        for (ConsumerCell cell : groups.consumerCells()) {
            for (String topic : cell.group.subscribedTopics()) {
                if (names.contains(topic)) {
                    cell.group.topicsChanged();
                    break;
                }
            }
        }
    }

    // ---- applying

    private Future<Void> apply(List<GroupRecord> records) {
        if (records.isEmpty()) {
            return Future.succeededFuture();
        }
        records.forEach(groups::replay);
        return host.append(records);
    }

    /** A member has been heard of, and may have moved. */
    private void afterMember(ConsumerCell cell, @Nullable ConsumerMember before, String memberId) {
        ConsumerMember member = cell.group.member(memberId);
        if (member != null) {
            touch(cell, memberId);
            watchRevocation(
                    cell, before == null ? MemberAssignment.NONE : before.current(), member);
        }
    }

    private void touch(ConsumerCell cell, String memberId) {
        ConsumerMember member = cell.group.member(memberId);
        if (member == null) {
            return;
        }
        int sessionMs =
                member.isClassic() ? member.classic().sessionTimeoutMs() : sessionTimeoutMs(cell);
        ConsumerCell.Clock clock = cell.clock(memberId);
        clock.sessionEndsMs = host.nowMs() + sessionMs;
        deadlines.lookAt(cell.group.groupId(), clock.nextMs());
    }

    private int sessionTimeoutMs(ConsumerCell cell) {
        return config().sessionTimeoutMs()
                .of(cluster.groupConfig(cell.group.groupId()), "consumer.session.timeout.ms");
    }

    /** Members with the classic protocol are told to join again instead. */
    private void watchRevocation(
            ConsumerCell cell, MemberAssignment before, ConsumerMember member) {
        if (!member.isClassic() && !member.current().equals(before)) {
            watchRevocation(cell, member);
        }
    }

    private void watchRevocation(ConsumerCell cell, ConsumerMember member) {
        ConsumerCell.Clock clock = cell.clock(member.memberId());
        if (member.current().state() == MemberState.UNREVOKED_PARTITIONS) {
            clock.revocationEpoch = member.epoch();
            clock.revocationEndsMs = host.nowMs() + member.subscription().rebalanceTimeoutMs();
            deadlines.lookAt(cell.group.groupId(), clock.revocationEndsMs);
        } else {
            clock.revocationEndsMs = Group.NEVER;
        }
    }

    private void lookLater(ConsumerCell cell) {
        deadlines.lookAt(cell.group.groupId(), cell.nextDeadlineMs());
    }

    // ---- time

    /** Gives up members whose time is over. */
    void look(ConsumerCell cell, long nowMs) {
        for (ConsumerMember member : List.copyOf(cell.group.members())) {
            if (groups.consumerCell(cell.group.groupId()) != cell) {
                return;
            }
            if (isOver(cell.clock(member.memberId()), member, nowMs)) {
                remove(cell, List.of(member));
            }
        }
        lookLater(cell);
    }

    private static boolean isOver(ConsumerCell.Clock clock, ConsumerMember member, long nowMs) {
        if (clock.revocationEndsMs <= nowMs) {
            if (member.epoch() == clock.revocationEpoch) {
                return true;
            }
            clock.revocationEndsMs = Group.NEVER;
        }
        return Math.min(clock.sessionEndsMs, Math.min(clock.joinEndsMs, clock.syncEndsMs)) <= nowMs;
    }

    Topics topics() {
        return cluster.topics();
    }

    String defaultAssignor() {
        return config().assignors().get(0);
    }
}
