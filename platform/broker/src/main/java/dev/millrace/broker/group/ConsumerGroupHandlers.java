package dev.millrace.broker.group;

import dev.millrace.broker.AuthorizedOperations;
import dev.millrace.wire.RequestContext;
import io.vertx.core.Future;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.UnsupportedAssignorException;
import org.apache.kafka.common.message.ConsumerGroupDescribeRequestData;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData.Assignment;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData.DescribedGroup;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData.TopicPartitions;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/** ConsumerGroupHeartbeat 0-1 and ConsumerGroupDescribe 0-1. */
final class ConsumerGroupHandlers {
    /** From this version on the client makes its member id up itself. */
    private static final short MEMBER_ID_FROM_CLIENT = 1;

    private static final int NOT_SENT = -1;
    private static final byte CLASSIC_MEMBER = 0;
    private static final byte CONSUMER_MEMBER = 1;

    private final GroupCoordinator coordinator;
    private final Leaving leaving;

    ConsumerGroupHandlers(GroupCoordinator coordinator, Leaving leaving) {
        this.coordinator = coordinator;
        this.leaving = leaving;
    }

    // ---- ConsumerGroupHeartbeat

    Future<ConsumerGroupHeartbeatResponseData> heartbeat(
            RequestContext context, ConsumerGroupHeartbeatRequestData request) {
        try {
            requireValid(request, context.version(), coordinator.config().consumer().assignors());
        } catch (InvalidRequestException | UnsupportedAssignorException e) {
            return Future.succeededFuture(refused(e));
        }
        if (request.memberId().isEmpty()) {
            request.setMemberId(Uuid.randomUuid().toString());
        }
        ConsumerGroupMachine.Client client =
                new ConsumerGroupMachine.Client(
                        context.clientId(), "/" + context.client().getAddress().getHostAddress());
        return request.memberEpoch() == MemberAssignment.LEFT
                ? leaving.deliver(
                        request.groupId(),
                        context.api(),
                        context.version(),
                        request,
                        ConsumerGroupHeartbeatResponseData.class,
                        () -> heartbeat(request, client),
                        answer -> Errors.forCode(answer.errorCode()))
                : heartbeat(request, client);
    }

    private Future<ConsumerGroupHeartbeatResponseData> heartbeat(
            ConsumerGroupHeartbeatRequestData request, ConsumerGroupMachine.Client client) {
        return coordinator
                .onShard(request.groupId(), shard -> shard.consumerHeartbeat(request, client))
                .otherwise(ConsumerGroupHandlers::refused);
    }

    private static ConsumerGroupHeartbeatResponseData refused(Throwable failure) {
        Errors error = OffsetCommitHandler.commitError(failure);
        return new ConsumerGroupHeartbeatResponseData()
                .setErrorCode(error.code())
                .setErrorMessage(Objects.requireNonNullElse(failure.getMessage(), error.message()));
    }

    /** What a request must say by itself, whatever its group is. */
    // What a request leaves out is null in its message.
    @SuppressWarnings("NullAway")
    static void requireValid(
            ConsumerGroupHeartbeatRequestData request, short version, List<String> assignors) {
        int epoch = request.memberEpoch();
        if (version >= MEMBER_ID_FROM_CLIENT || epoch > 0 || epoch == MemberAssignment.LEFT) {
            requireText(request.memberId(), "MemberId");
        }
        requireText(request.groupId(), "GroupId");
        requireText(request.instanceId(), "InstanceId");
        requireText(request.rackId(), "RackId");
        if (epoch == 0) {
            require(
                    request.rebalanceTimeoutMs() != NOT_SENT,
                    "RebalanceTimeoutMs is missing: a member that joins must say it");
            require(
                    request.topicPartitions() != null && request.topicPartitions().isEmpty(),
                    "TopicPartitions must be empty: a member that joins owns nothing");
            require(
                    request.subscribedTopicNames() != null
                            || request.subscribedTopicRegex() != null,
                    "SubscribedTopicNames and SubscribedTopicRegex are missing: a member that joins"
                            + " must send one of them");
        } else if (epoch == MemberAssignment.STATIC_LEFT) {
            require(
                    request.instanceId() != null,
                    "InstanceId is missing: only a static member leaves with epoch -2");
        } else {
            require(
                    epoch >= MemberAssignment.LEFT,
                    "MemberEpoch is " + epoch + ", expected -2, -1, 0 or an epoch");
        }
        String assignor = request.serverAssignor();
        if (assignor != null && !assignors.contains(assignor)) {
            throw new UnsupportedAssignorException(
                    "there is no assignor %s here, only %s"
                            .formatted(assignor, String.join(", ", assignors)));
        }
    }

    private static void requireText(@Nullable String value, String field) {
        require(value == null || !value.isBlank(), field + " is empty");
    }

    private static void require(boolean valid, String message) {
        if (!valid) {
            throw new InvalidRequestException(message);
        }
    }

    // ---- ConsumerGroupDescribe

    Future<ConsumerGroupDescribeResponseData> describe(
            RequestContext context, ConsumerGroupDescribeRequestData request) {
        List<Future<DescribedGroup>> described =
                request.groupIds().stream()
                        .map(
                                groupId ->
                                        describe(groupId)
                                                .map(
                                                        group ->
                                                                withOperations(
                                                                        group,
                                                                        request
                                                                                .includeAuthorizedOperations())))
                        .toList();
        return Future.join(described)
                .map(
                        all ->
                                new ConsumerGroupDescribeResponseData()
                                        .setGroups(
                                                described.stream().map(Future::result).toList()));
    }

    private Future<DescribedGroup> describe(String groupId) {
        if (groupId.isEmpty()) {
            return Future.succeededFuture(
                    new DescribedGroup()
                            .setGroupId(groupId)
                            .setErrorCode(Errors.INVALID_GROUP_ID.code()));
        }
        return coordinator
                .onShard(groupId, shard -> Future.succeededFuture(described(groupId, shard)))
                .otherwise(
                        failure ->
                                new DescribedGroup()
                                        .setGroupId(groupId)
                                        .setErrorCode(Errors.forException(failure).code())
                                        .setErrorMessage(failure.getMessage()));
    }

    private static DescribedGroup withOperations(DescribedGroup group, boolean asked) {
        return asked && group.errorCode() == Errors.NONE.code()
                ? group.setAuthorizedOperations(AuthorizedOperations.GROUP)
                : group;
    }

    static DescribedGroup described(String groupId, GroupShard shard) {
        ConsumerGroup group = shard.consumerGroup(groupId);
        if (group == null) {
            return new DescribedGroup()
                    .setGroupId(groupId)
                    .setErrorCode(Errors.GROUP_ID_NOT_FOUND.code())
                    .setErrorMessage(
                            shard.group(groupId) == null
                                    ? "Group " + groupId + " not found."
                                    : "Group " + groupId + " is not a consumer group.");
        }
        Topics topics = shard.topics();
        return new DescribedGroup()
                .setGroupId(groupId)
                .setGroupState(group.state().wireName())
                .setGroupEpoch(group.epoch())
                .setAssignmentEpoch(group.targetEpoch())
                .setAssignorName(assignor(group, shard.defaultAssignor()))
                .setMembers(
                        group.members().stream()
                                .map(member -> describe(group, member, topics))
                                .toList());
    }

    private static String assignor(ConsumerGroup group, String defaultAssignor) {
        Map<String, Integer> votes = new HashMap<>();
        for (ConsumerMember member : group.members()) {
            String wanted = member.subscription().assignor();
            if (wanted != null) {
                votes.merge(wanted, 1, Integer::sum);
            }
        }
        return votes.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey)
                .orElse(defaultAssignor);
    }

    private static ConsumerGroupDescribeResponseData.Member describe(
            ConsumerGroup group, ConsumerMember member, Topics topics) {
        // It answers for what it is giving up until it has.
        Map<Uuid, Set<Integer>> has = new HashMap<>();
        for (Map<Uuid, Map<Integer, Integer>> partitions :
                List.of(member.current().assigned(), member.current().revoking())) {
            partitions.forEach(
                    (topic, epochs) ->
                            has.computeIfAbsent(topic, id -> new HashSet<>())
                                    .addAll(epochs.keySet()));
        }
        return new ConsumerGroupDescribeResponseData.Member()
                .setMemberId(member.memberId())
                .setInstanceId(member.instanceId())
                .setRackId(member.subscription().rackId())
                .setMemberEpoch(member.epoch())
                .setClientId(member.subscription().clientId())
                .setClientHost(member.subscription().clientHost())
                .setSubscribedTopicNames(List.copyOf(member.subscription().topics()))
                .setSubscribedTopicRegex(member.subscription().regex())
                .setAssignment(assignment(has, topics))
                .setTargetAssignment(assignment(group.target(member.memberId()), topics))
                .setMemberType(member.isClassic() ? CLASSIC_MEMBER : CONSUMER_MEMBER);
    }

    /** Topics that do not exist any more have no name, and are left out. */
    private static Assignment assignment(Map<Uuid, Set<Integer>> partitions, Topics topics) {
        Assignment assignment = new Assignment();
        partitions.forEach(
                (id, numbers) -> {
                    Topics.Topic topic = topics.withId(id);
                    if (topic != null) {
                        assignment
                                .topicPartitions()
                                .add(
                                        new TopicPartitions()
                                                .setTopicId(id)
                                                .setTopicName(topic.name())
                                                .setPartitions(numbers.stream().sorted().toList()));
                    }
                });
        return assignment;
    }
}
