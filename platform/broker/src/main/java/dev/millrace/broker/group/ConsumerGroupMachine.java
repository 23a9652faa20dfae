package dev.millrace.broker.group;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.FencedMemberEpochException;
import org.apache.kafka.common.errors.GroupMaxSizeReachedException;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData.TopicPartitions;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.jspecify.annotations.Nullable;

/**
 * The consumer group protocol (KIP-848) as decisions: a group, a heartbeat, the situation; out come
 * records and an answer. What is refused is thrown as the exception of its error code, and then
 * nothing has changed.
 *
 * @see "KIP-848, KIP-1082 (member ids from clients), KIP-1251 (epochs of assigned partitions)"
 */
final class ConsumerGroupMachine {
    private static final int NOT_SENT = -1;

    private final ConsumerGroupConfig config;
    private final GroupConfig classicConfig;

    ConsumerGroupMachine(GroupConfig config) {
        this.config = config.consumer();
        this.classicConfig = config;
    }

    ConsumerGroupConfig config() {
        return config;
    }

    /** Who sends a request. */
    record Client(String clientId, String host) {}

    /**
     * @param records to replay and append, then to answer
     * @param lookUp expressions to look up, for {@link #found}
     * @param assignment to be made elsewhere, for {@link #assigned}; null if there is none
     */
    record Decided<A>(
            A answer,
            List<GroupRecord> records,
            Set<String> lookUp,
            @Nullable AssignmentTask assignment) {
        Decided {
            records = List.copyOf(records);
        }
    }

    // ---- heartbeats

    /**
     * @param request of a member that stays or joins; its member id is not empty
     * @param before records that make the group what it is, if it is about to become one
     */
    Decided<ConsumerGroupHeartbeatResponseData> heartbeat(
            ConsumerGroup group,
            ConsumerGroupHeartbeatRequestData request,
            Client client,
            ConsumerSituation now,
            List<GroupRecord> before) {
        ConsumerDraft draft = new ConsumerDraft(group, config, now, before);
        requireRoom(group, request.memberId());
        Map<Uuid, Set<Integer>> owned = owned(request);
        ConsumerMember member = who(draft, request, owned);
        ConsumerMember updated = member.with(subscription(member.subscription(), request, client));
        boolean namesChanged = draft.subscribe(member, updated);
        RegexSubscriptions.Update regex =
                RegexSubscriptions.update(
                        draft, member, updated, now, config.regexRefreshIntervalMs());
        boolean subscriptionChanged =
                namesChanged || regex.change() != RegexSubscriptions.Change.NONE;
        boolean raise = namesChanged || regex.change() == RegexSubscriptions.Change.RESOLVED;
        if (raise || group.isMetadataStale()) {
            draft.refresh(draft.membersWith(updated), raise);
        }
        ConsumerDraft.Target target = draft.target(updated);
        updated = draft.reconcile(updated, target, subscriptionChanged, owned);

        ConsumerGroupHeartbeatResponseData answer =
                new ConsumerGroupHeartbeatResponseData()
                        .setMemberId(updated.memberId())
                        .setMemberEpoch(updated.epoch())
                        .setHeartbeatIntervalMs(heartbeatIntervalMs(draft, updated, target, now));
        boolean asksForAll =
                request.memberEpoch() == 0
                        || (request.rebalanceTimeoutMs() != NOT_SENT
                                && (request.subscribedTopicNames() != null
                                        || request.subscribedTopicRegex() != null)
                                && owned != null);
        if (asksForAll || !updated.current().assigned().equals(member.current().assigned())) {
            answer.setAssignment(assignment(updated.current().assigned()));
        }
        return new Decided<>(answer, draft.records(), regex.lookUp(), draft.assignment());
    }

    void requireRoom(ConsumerGroup group, String memberId) {
        if (group.size() >= config.maxSize() && group.member(memberId) == null) {
            throw new GroupMaxSizeReachedException(
                    "group %s has %d members, group.consumer.max.size allows %d"
                            .formatted(group.groupId(), group.size(), config.maxSize()));
        }
    }

    private static ConsumerMember who(
            ConsumerDraft draft,
            ConsumerGroupHeartbeatRequestData request,
            @Nullable Map<Uuid, Set<Integer>> owned) {
        boolean joins = request.memberEpoch() == 0;
        String memberId = request.memberId();
        String instanceId = request.instanceId();
        if (joins && instanceId != null) {
            ConsumerMember before = draft.group().staticMember(instanceId);
            return draft.joiningStatic(instanceId, memberId, before != null && before.isClassic());
        }
        ConsumerMember member;
        if (instanceId != null) {
            member = draft.staticMember(instanceId, memberId);
        } else {
            member = joins ? draft.memberOrNew(memberId) : draft.member(memberId);
        }
        requireEpoch(member, request.memberEpoch(), owned);
        return member;
    }

    /**
     * The current epoch, or the previous one if the answer with the current one may have been lost:
     * then the member owns nothing that it has not now.
     */
    private static void requireEpoch(
            ConsumerMember member, int epoch, @Nullable Map<Uuid, Set<Integer>> owned) {
        if (epoch == 0 || epoch == member.epoch()) {
            return;
        }
        boolean answerWasLost =
                epoch < member.epoch()
                        && epoch == member.current().previousEpoch()
                        && owned != null
                        && hasAll(member.current().assigned(), owned);
        if (!answerWasLost) {
            throw new FencedMemberEpochException(
                    "member %s is in epoch %d, not %d: it has to give up all partitions and join again"
                            .formatted(member.memberId(), member.epoch(), epoch));
        }
    }

    private static boolean hasAll(
            Map<Uuid, Map<Integer, Integer>> assigned, Map<Uuid, Set<Integer>> owned) {
        return owned.entrySet().stream()
                .allMatch(
                        topic ->
                                assigned.containsKey(topic.getKey())
                                        && assigned.getOrDefault(topic.getKey(), Map.of())
                                                .keySet()
                                                .containsAll(topic.getValue()));
    }

    // What a request leaves out is null in its message.
    @SuppressWarnings("NullAway")
    private static @Nullable Map<Uuid, Set<Integer>> owned(
            ConsumerGroupHeartbeatRequestData request) {
        if (request.topicPartitions() == null) {
            return null;
        }
        Map<Uuid, Set<Integer>> owned = new HashMap<>();
        for (TopicPartitions topic : request.topicPartitions()) {
            owned.computeIfAbsent(topic.topicId(), id -> new HashSet<>())
                    .addAll(topic.partitions());
        }
        return owned;
    }

    /** What the request does not mention stays as it is. */
    private static MemberSubscription subscription(
            MemberSubscription before, ConsumerGroupHeartbeatRequestData request, Client client) {
        boolean unchanged =
                (request.instanceId() == null || request.instanceId().equals(before.instanceId()))
                        && request.rackId() == null
                        && request.rebalanceTimeoutMs() == NOT_SENT
                        && request.subscribedTopicNames() == null
                        && request.subscribedTopicRegex() == null
                        && request.serverAssignor() == null
                        && client.clientId().equals(before.clientId())
                        && client.host().equals(before.clientHost())
                        && before.classic() == null;
        return unchanged
                ? before
                : new MemberSubscription(
                        or(request.instanceId(), before.instanceId()),
                        or(request.rackId(), before.rackId()),
                        client.clientId(),
                        client.host(),
                        request.subscribedTopicNames() == null
                                ? before.topics()
                                : Set.copyOf(new HashSet<>(request.subscribedTopicNames())),
                        request.subscribedTopicRegex() == null
                                ? before.regex()
                                : request.subscribedTopicRegex(),
                        or(request.serverAssignor(), before.assignor()),
                        request.rebalanceTimeoutMs() == NOT_SENT
                                ? before.rebalanceTimeoutMs()
                                : request.rebalanceTimeoutMs(),
                        null);
    }

    private static @Nullable String or(@Nullable String sent, @Nullable String before) {
        return sent != null ? sent : before;
    }

    /** Sooner than the setting while something is to be expected. */
    private int heartbeatIntervalMs(
            ConsumerDraft draft,
            ConsumerMember member,
            ConsumerDraft.Target target,
            ConsumerSituation now) {
        String name = "consumer.heartbeat.interval.ms";
        int intervalMs = config.heartbeatIntervalMs().of(now.groupConfig(), name);
        if (!config.adaptiveHeartbeat() || now.groupConfig().containsKey(name)) {
            return intervalMs;
        }
        if (target.epoch() < draft.groupEpoch()
                || !member.current().isReconciledTo(target.epoch())) {
            return Math.min(intervalMs, ConsumerGroupConfig.CONVERGING_HEARTBEAT_MS);
        }
        boolean settled =
                target.epoch() == draft.group().targetEpoch()
                        && now.nowMs() - draft.group().targetTimestampMs()
                                >= ConsumerGroupConfig.SETTLED_AFTER_MS;
        return settled
                ? intervalMs
                : Math.min(intervalMs, ConsumerGroupConfig.UNSETTLED_HEARTBEAT_MS);
    }

    private static ConsumerGroupHeartbeatResponseData.Assignment assignment(
            Map<Uuid, Map<Integer, Integer>> assigned) {
        return new ConsumerGroupHeartbeatResponseData.Assignment()
                .setTopicPartitions(
                        assigned.entrySet().stream()
                                .map(
                                        topic ->
                                                new ConsumerGroupHeartbeatResponseData
                                                                .TopicPartitions()
                                                        .setTopicId(topic.getKey())
                                                        .setPartitions(
                                                                topic.getValue().keySet().stream()
                                                                        .sorted()
                                                                        .toList()))
                                .toList());
    }

    /** Expressions were looked up. */
    List<GroupRecord> found(
            ConsumerGroup group, Map<String, ResolvedRegex> found, ConsumerSituation now) {
        return List.copyOf(
                RegexSubscriptions.found(
                        new ConsumerDraft(group, config, now, List.of()), found, now.topics()));
    }

    /**
     * An assignment was made elsewhere: the records that make it the target. None if the group is
     * not in that epoch any more; its next heartbeat asks for another.
     */
    List<GroupRecord> assigned(
            ConsumerGroup group,
            AssignmentTask task,
            Map<String, Map<Uuid, Set<Integer>>> assigned,
            ConsumerSituation now) {
        if (!task.fits(group)) {
            return List.of();
        }
        ConsumerDraft draft = new ConsumerDraft(group, config, now, List.of());
        draft.addTargets(task, assigned);
        return List.copyOf(draft.records());
    }

    // ---- leaving

    /** The records after which a static member is expected back, its partitions kept for it. */
    static List<GroupRecord> leaveForAWhile(ConsumerGroup group, ConsumerMember member) {
        Map<Uuid, Map<Integer, Integer>> fromTheStart = new HashMap<>();
        member.current()
                .assigned()
                .forEach(
                        (topic, partitions) -> {
                            Map<Integer, Integer> epochs = new HashMap<>();
                            partitions.keySet().forEach(partition -> epochs.put(partition, 0));
                            fromTheStart.put(topic, epochs);
                        });
        return List.of(
                new ConsumerGroupRecord.Current(
                        group.groupId(),
                        member.memberId(),
                        new MemberAssignment(
                                MemberAssignment.STATIC_LEFT,
                                member.current().previousEpoch(),
                                member.current().state(),
                                fromTheStart,
                                Map.of())));
    }

    /**
     * @param downgraded what the group is from now on, if those who stay all speak the classic
     *     protocol; it has to rebalance
     */
    record Departure(List<GroupRecord> records, @Nullable Group downgraded) {}

    /** These members are gone; the records are none if they are none. */
    Departure remove(
            ConsumerGroup group, Collection<ConsumerMember> leaving, ConsumerSituation now) {
        if (leaving.isEmpty()) {
            return new Departure(List.of(), null);
        }
        List<ConsumerMember> staying =
                group.members().stream().filter(member -> !leaving.contains(member)).toList();
        if (mayDowngrade(staying)) {
            Group classic = GroupConversion.toClassic(group, staying, Map.of(), now, classicConfig);
            List<GroupRecord> records =
                    new ArrayList<>(GroupConversion.tombstones(group, Map.of()));
            records.add(classic.toRecord());
            return new Departure(records, classic);
        }
        ConsumerDraft draft = new ConsumerDraft(group, config, now, List.of());
        leaving.forEach(member -> draft.addTombstones(member.memberId()));
        Set<String> stillSubscribed = new HashSet<>();
        staying.forEach(member -> stillSubscribed.add(member.subscription().regex()));
        Set<String> unsubscribed = new HashSet<>();
        leaving.forEach(member -> unsubscribed.add(member.subscription().regex()));
        unsubscribed.removeAll(stillSubscribed);
        unsubscribed.remove("");
        unsubscribed.forEach(
                regex -> draft.add(new ConsumerGroupRecord.RegexDeleted(group.groupId(), regex)));
        draft.raiseEpoch(
                MetadataHash.of(
                        TopicSubscriptions.of(staying, group.resolvedRegexes()).topics(),
                        now.topics()));
        return new Departure(List.copyOf(draft.records()), null);
    }

    private boolean mayDowngrade(Collection<ConsumerMember> staying) {
        return config.migration().downgrades()
                && !staying.isEmpty()
                && staying.size() <= classicConfig.maxSize()
                && staying.stream().allMatch(ConsumerMember::isClassic);
    }
}
