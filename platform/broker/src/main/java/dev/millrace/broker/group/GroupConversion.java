package dev.millrace.broker.group;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.ConsumerProtocolAssignment;
import org.apache.kafka.common.message.ConsumerProtocolSubscription;
import org.jspecify.annotations.Nullable;

/**
 * A group with members changes its protocol: to KIP-848 with its first member that speaks it, and
 * back when the last of those has left. Members keep their ids, epochs and partitions.
 */
final class GroupConversion {
    private GroupConversion() {}

    /**
     * The records that make a consumer group of a classic one.
     *
     * @throws GroupIdNotFoundException it may or can not become one
     */
    static List<GroupRecord> toConsumer(Group classic, ConsumerGroupConfig config, Topics topics) {
        if (!config.migration().upgrades()) {
            throw stays(classic, "group.consumer.migration.policy is " + config.migration());
        } else if (!EmbeddedProtocol.CONSUMER.equals(classic.protocolType())) {
            throw stays(classic, "its members are not consumers, but " + classic.protocolType());
        } else if (classic.members().size() > config.maxSize()) {
            throw stays(
                    classic,
                    "it has %d members, group.consumer.max.size allows %d"
                            .formatted(classic.members().size(), config.maxSize()));
        }
        List<ConsumerMember> members = new ArrayList<>();
        Map<String, Map<Uuid, Set<Integer>>> targets = new HashMap<>();
        for (Member member : classic.members().values()) {
            Map<Uuid, Set<Integer>> target = assigned(classic, member, topics);
            targets.put(member.memberId(), target);
            members.add(converted(classic, member, target));
        }
        String groupId = classic.groupId();
        List<GroupRecord> records = new ArrayList<>();
        records.add(new GroupRecord.GroupDeleted(groupId));
        for (ConsumerMember member : members) {
            records.add(
                    new ConsumerGroupRecord.Subscription(
                            groupId, member.memberId(), member.subscription()));
        }
        long hash = MetadataHash.of(TopicSubscriptions.of(members, Map.of()).topics(), topics);
        records.add(new ConsumerGroupRecord.Epoch(groupId, classic.generation(), hash));
        targets.forEach(
                (memberId, target) ->
                        records.add(new ConsumerGroupRecord.Target(groupId, memberId, target)));
        records.add(new ConsumerGroupRecord.TargetEpoch(groupId, classic.generation(), 0));
        for (ConsumerMember member : members) {
            records.add(
                    new ConsumerGroupRecord.Current(groupId, member.memberId(), member.current()));
        }
        return records;
    }

    private static GroupIdNotFoundException stays(Group classic, String reason) {
        return new GroupIdNotFoundException(
                "group %s stays with the classic protocol: %s"
                        .formatted(classic.groupId(), reason));
    }

    private static Map<Uuid, Set<Integer>> assigned(Group classic, Member member, Topics topics) {
        if (member.assignment().equals(Bytes.EMPTY)) {
            return Map.of();
        }
        try {
            ConsumerProtocolAssignment assignment =
                    EmbeddedProtocol.assignment(member.assignment());
            if (assignment.userData() != null && assignment.userData().hasRemaining()) {
                throw stays(
                        classic,
                        "its assignor keeps data of its own in the assignments, which would be lost;"
                                + " change to one of Kafka's assignors first");
            }
            return EmbeddedProtocol.partitions(assignment, topics);
        } catch (InvalidRequestException e) {
            throw stays(classic, "the assignment of " + member.memberId() + " cannot be read");
        }
    }

    private static ConsumerMember converted(
            Group classic, Member member, Map<Uuid, Set<Integer>> target) {
        ConsumerProtocolSubscription subscription;
        try {
            subscription = EmbeddedProtocol.subscription(metadata(classic, member));
        } catch (InvalidRequestException e) {
            throw stays(classic, "the subscription of " + member.memberId() + " cannot be read");
        }
        Map<Uuid, Map<Integer, Integer>> assigned = new HashMap<>();
        target.forEach(
                (topic, partitions) -> {
                    Map<Integer, Integer> epochs = new HashMap<>();
                    partitions.forEach(partition -> epochs.put(partition, classic.generation()));
                    assigned.put(topic, epochs);
                });
        return new ConsumerMember(
                member.memberId(),
                new MemberSubscription(
                        member.instanceId(),
                        rackId(subscription),
                        member.clientId(),
                        member.clientHost(),
                        new HashSet<>(subscription.topics()),
                        "",
                        null,
                        member.rebalanceTimeoutMs(),
                        new MemberSubscription.Classic(
                                member.sessionTimeoutMs(), member.protocols())),
                new MemberAssignment(
                        classic.generation(),
                        classic.generation(),
                        MemberState.STABLE,
                        assigned,
                        Map.of()));
    }

    /** Before the first generation nothing is elected: what the member prefers is as good. */
    private static Bytes metadata(Group classic, Member member) {
        return classic.protocol() != null
                ? member.metadata(classic.protocol())
                : member.protocols().get(0).metadata();
    }

    static @Nullable String rackId(ConsumerProtocolSubscription subscription) {
        String rackId = subscription.rackId();
        return rackId == null || rackId.isEmpty() ? null : rackId;
    }

    /**
     * The classic group that a consumer group becomes; stable, and what members shall have is what
     * they have.
     *
     * @param staying all of them speak the classic protocol
     * @param formerIds of static members that have just come back under a new id: the id by which
     *     the group knows them
     */
    static Group toClassic(
            ConsumerGroup group,
            Collection<ConsumerMember> staying,
            Map<String, String> formerIds,
            ConsumerSituation now,
            GroupConfig config) {
        Map<String, Member> members = new LinkedHashMap<>();
        for (ConsumerMember member : staying) {
            MemberSubscription subscription = member.subscription();
            members.put(
                    member.memberId(),
                    new Member(
                            member.memberId(),
                            member.instanceId(),
                            subscription.clientId(),
                            subscription.clientHost(),
                            subscription.rebalanceTimeoutMs(),
                            member.classic().sessionTimeoutMs(),
                            member.classic().protocols(),
                            Bytes.EMPTY,
                            Member.NOBODY,
                            Member.NOBODY));
        }
        Group classic = stable(group, null, members, now);
        String protocol = new GroupDraft(classic, config, now.nowMs()).selectProtocol();
        members.replaceAll(
                (memberId, member) ->
                        member.withAssignment(
                                EmbeddedProtocol.assignment(
                                        group.target(formerIds.getOrDefault(memberId, memberId)),
                                        member.metadata(protocol),
                                        now.topics())));
        return stable(group, protocol, members, now);
    }

    private static Group stable(
            ConsumerGroup group,
            @Nullable String protocol,
            Map<String, Member> members,
            ConsumerSituation now) {
        return new Group(
                group.groupId(),
                GroupState.STABLE,
                group.epoch(),
                EmbeddedProtocol.CONSUMER,
                protocol,
                members.keySet().iterator().next(),
                now.nowMs(),
                members,
                Map.of(),
                Set.of(),
                Group.NEVER,
                null);
    }

    /**
     * The records that end a consumer group.
     *
     * @param newIds of members that have been replaced within the same decision
     */
    static List<GroupRecord> tombstones(ConsumerGroup group, Map<String, String> newIds) {
        String groupId = group.groupId();
        List<String> memberIds =
                group.members().stream()
                        .map(member -> newIds.getOrDefault(member.memberId(), member.memberId()))
                        .toList();
        List<GroupRecord> records = new ArrayList<>();
        memberIds.forEach(id -> records.add(new ConsumerGroupRecord.CurrentDeleted(groupId, id)));
        memberIds.forEach(id -> records.add(new ConsumerGroupRecord.TargetDeleted(groupId, id)));
        records.add(new ConsumerGroupRecord.TargetEpochDeleted(groupId));
        memberIds.forEach(
                id -> records.add(new ConsumerGroupRecord.SubscriptionDeleted(groupId, id)));
        group.resolvedRegexes()
                .keySet()
                .forEach(
                        regex -> records.add(new ConsumerGroupRecord.RegexDeleted(groupId, regex)));
        records.add(new ConsumerGroupRecord.PartitionMetadataDeleted(groupId));
        records.add(new ConsumerGroupRecord.EpochDeleted(groupId));
        return records;
    }
}
