package dev.millrace.broker.group;

import dev.millrace.cluster.MetadataImage;
import dev.millrace.cluster.MetadataImage.BrokerRegistration;
import dev.millrace.wire.RequestContext;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.message.DeleteGroupsResponseData;
import org.apache.kafka.common.message.DeleteGroupsResponseData.DeletableGroupResult;
import org.apache.kafka.common.message.DeleteGroupsResponseData.DeletableGroupResultCollection;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.message.DescribeGroupsResponseData.DescribedGroup;
import org.apache.kafka.common.message.DescribeGroupsResponseData.DescribedGroupMember;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.FindCoordinatorResponseData.Coordinator;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.message.ListGroupsResponseData.ListedGroup;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestPartition;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopic;
import org.apache.kafka.common.message.OffsetDeleteResponseData;
import org.apache.kafka.common.message.OffsetDeleteResponseData.OffsetDeleteResponsePartition;
import org.apache.kafka.common.message.OffsetDeleteResponseData.OffsetDeleteResponseTopic;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/** FindCoordinator, ListGroups, DescribeGroups, DeleteGroups, OffsetDelete. */
final class GroupQueryHandlers {
    private static final byte GROUP_KEY = 0;
    private static final byte TRANSACTION_KEY = 1;
    private static final short FIND_SEVERAL = 4;
    private static final short DESCRIBE_NOT_FOUND = 6;
    private static final String CLASSIC = "classic";
    private static final String CONSUMER = "consumer";
    private static final int AUTHORIZED_OPERATIONS_OMITTED = Integer.MIN_VALUE;

    private final GroupCoordinator coordinator;
    private final Function<String, Future<BrokerRegistration>> transactionCoordinatorOf;

    GroupQueryHandlers(
            GroupCoordinator coordinator,
            Function<String, Future<BrokerRegistration>> transactionCoordinatorOf) {
        this.coordinator = coordinator;
        this.transactionCoordinatorOf = transactionCoordinatorOf;
    }

    // ---- FindCoordinator

    Future<FindCoordinatorResponseData> find(
            RequestContext context, FindCoordinatorRequestData request) {
        boolean several = context.version() >= FIND_SEVERAL;
        List<String> keys = several ? request.coordinatorKeys() : List.of(request.key());
        List<Future<Coordinator>> found =
                keys.stream().map(key -> find(key, request.keyType())).toList();
        return Future.join(found)
                .map(
                        all -> {
                            List<Coordinator> coordinators =
                                    found.stream().map(Future::result).toList();
                            return several
                                    ? new FindCoordinatorResponseData()
                                            .setCoordinators(coordinators)
                                    : inOldForm(coordinators.get(0));
                        });
    }

    private Future<Coordinator> find(String key, byte keyType) {
        if (keyType != GROUP_KEY && keyType != TRANSACTION_KEY) {
            // Not COORDINATOR_NOT_AVAILABLE: a client would ask again until its time is up,
            // instead of telling its user what is missing.
            return Future.succeededFuture(
                    none(
                            key,
                            Errors.INVALID_REQUEST,
                            "this broker coordinates consumer groups (key type 0) and transactions"
                                    + " (1), not key type "
                                    + keyType
                                    + ": share groups are not available"));
        }
        Future<BrokerRegistration> found =
                keyType == GROUP_KEY
                        ? coordinator.coordinatorOf(key)
                        : transactionCoordinatorOf.apply(key);
        return found.map(
                        broker ->
                                new Coordinator()
                                        .setKey(key)
                                        .setNodeId(broker.nodeId())
                                        .setHost(broker.host())
                                        .setPort(broker.port())
                                        .setErrorMessage(""))
                .otherwise(
                        failure -> {
                            Errors error = OffsetCommitHandler.commitError(failure);
                            return none(key, error, failure.getMessage());
                        });
    }

    private static Coordinator none(String key, Errors error, @Nullable String message) {
        return new Coordinator()
                .setKey(key)
                .setNodeId(-1)
                .setHost("")
                .setPort(-1)
                .setErrorCode(error.code())
                .setErrorMessage(Objects.requireNonNullElse(message, error.message()));
    }

    private static FindCoordinatorResponseData inOldForm(Coordinator coordinator) {
        return new FindCoordinatorResponseData()
                .setErrorCode(coordinator.errorCode())
                .setErrorMessage(coordinator.errorMessage())
                .setNodeId(coordinator.nodeId())
                .setHost(coordinator.host())
                .setPort(coordinator.port());
    }

    // ---- ListGroups

    Future<ListGroupsResponseData> list(RequestContext context, ListGroupsRequestData request) {
        return coordinator
                .onAllShards(shard -> Future.succeededFuture(listed(shard)))
                .map(
                        shards ->
                                new ListGroupsResponseData()
                                        .setGroups(
                                                shards.stream()
                                                        .flatMap(List::stream)
                                                        .filter(group -> matches(request, group))
                                                        .toList()))
                .otherwise(
                        failure ->
                                new ListGroupsResponseData()
                                        .setErrorCode(Errors.forException(failure).code()));
    }

    private static boolean matches(ListGroupsRequestData request, ListedGroup group) {
        return matches(request.typesFilter(), group.groupType())
                && matches(request.statesFilter(), group.groupState());
    }

    private static List<ListedGroup> listed(GroupShard shard) {
        List<ListedGroup> listed = new ArrayList<>();
        for (Group group : shard.groups()) {
            listed.add(
                    new ListedGroup()
                            .setGroupId(group.groupId())
                            .setProtocolType(protocolType(group))
                            .setGroupState(group.state().wireName())
                            .setGroupType(CLASSIC));
        }
        for (ConsumerGroup group : shard.consumerGroups()) {
            listed.add(
                    new ListedGroup()
                            .setGroupId(group.groupId())
                            .setProtocolType(EmbeddedProtocol.CONSUMER)
                            .setGroupState(group.state().wireName())
                            .setGroupType(CONSUMER));
        }
        return listed;
    }

    /** An empty filter lets everything through. */
    private static boolean matches(Collection<String> filter, String value) {
        String lower = value.toLowerCase(Locale.ROOT);
        return filter.isEmpty()
                || filter.stream().anyMatch(f -> f.trim().toLowerCase(Locale.ROOT).equals(lower));
    }

    private static String protocolType(Group group) {
        return Objects.requireNonNullElse(group.protocolType(), "");
    }

    // ---- DescribeGroups

    Future<DescribeGroupsResponseData> describe(
            RequestContext context, DescribeGroupsRequestData request) {
        List<Future<DescribedGroup>> described =
                request.groups().stream()
                        .map(groupId -> describe(groupId, context.version()))
                        .toList();
        return Future.join(described)
                .map(
                        all ->
                                new DescribeGroupsResponseData()
                                        .setGroups(
                                                described.stream().map(Future::result).toList()));
    }

    private Future<DescribedGroup> describe(String groupId, short version) {
        return coordinator
                .onShard(
                        groupId,
                        shard ->
                                Future.succeededFuture(
                                        described(
                                                groupId,
                                                shard.group(groupId),
                                                shard.consumerGroup(groupId) != null,
                                                version)))
                .otherwise(
                        failure ->
                                new DescribedGroup()
                                        .setGroupId(groupId)
                                        .setErrorCode(Errors.forException(failure).code()));
    }

    private static DescribedGroup described(
            String groupId, @Nullable Group group, boolean isConsumerGroup, short version) {
        DescribedGroup described =
                new DescribedGroup()
                        .setGroupId(groupId)
                        .setAuthorizedOperations(AUTHORIZED_OPERATIONS_OMITTED);
        if (group == null) {
            // Older clients know a group that does not exist as a dead one.
            return version >= DESCRIBE_NOT_FOUND
                    ? described
                            .setGroupState("Dead")
                            .setErrorCode(Errors.GROUP_ID_NOT_FOUND.code())
                            .setErrorMessage(
                                    "Group "
                                            + groupId
                                            + (isConsumerGroup
                                                    ? " is not a classic group."
                                                    : " not found."))
                    : described.setGroupState("Dead");
        }
        boolean stable = group.state() == GroupState.STABLE;
        return described
                .setGroupState(group.state().wireName())
                .setProtocolType(protocolType(group))
                .setProtocolData(stable ? Objects.requireNonNullElse(group.protocol(), "") : "")
                .setMembers(
                        group.members().values().stream()
                                .map(member -> described(group, member, stable))
                                .toList());
    }

    private static DescribedGroupMember described(Group group, Member member, boolean stable) {
        DescribedGroupMember described =
                new DescribedGroupMember()
                        .setMemberId(member.memberId())
                        .setGroupInstanceId(member.instanceId())
                        .setClientId(member.clientId())
                        .setClientHost(member.clientHost());
        // In between, subscription and assignment belong to different generations.
        return stable
                ? described
                        .setMemberMetadata(member.metadata(group.protocol()).array())
                        .setMemberAssignment(member.assignment().array())
                : described;
    }

    // ---- DeleteGroups, OffsetDelete

    Future<DeleteGroupsResponseData> delete(
            RequestContext context, DeleteGroupsRequestData request) {
        List<String> groupIds = request.groupsNames().stream().distinct().toList();
        List<Future<Errors>> deleted =
                groupIds.stream()
                        .map(
                                groupId ->
                                        coordinator
                                                .onShard(groupId, shard -> shard.delete(groupId))
                                                .otherwise(OffsetCommitHandler::commitError))
                        .toList();
        return Future.join(deleted)
                .map(
                        all -> {
                            DeletableGroupResultCollection results =
                                    new DeletableGroupResultCollection(groupIds.size());
                            for (int i = 0; i < groupIds.size(); i++) {
                                results.add(
                                        new DeletableGroupResult()
                                                .setGroupId(groupIds.get(i))
                                                .setErrorCode(deleted.get(i).result().code()));
                            }
                            return new DeleteGroupsResponseData().setResults(results);
                        });
    }

    Future<OffsetDeleteResponseData> deleteOffsets(
            RequestContext context, OffsetDeleteRequestData request) {
        if (request.groupId().isEmpty()) {
            return Future.succeededFuture(
                    new OffsetDeleteResponseData().setErrorCode(Errors.INVALID_GROUP_ID.code()));
        }
        return coordinator
                .onShard(request.groupId(), shard -> deleteOffsets(request, shard))
                .otherwise(
                        failure ->
                                new OffsetDeleteResponseData()
                                        .setErrorCode(
                                                OffsetCommitHandler.commitError(failure).code()));
    }

    private Future<OffsetDeleteResponseData> deleteOffsets(
            OffsetDeleteRequestData request, GroupShard shard) {
        Predicate<String> read = shard.validateDeleteOffsets(request.groupId());
        Map<TopicPartition, GroupRecord.CommittedOffset> committed =
                shard.offsets(request.groupId());
        MetadataImage image = coordinator.image();
        OffsetDeleteResponseData response = new OffsetDeleteResponseData();
        List<GroupRecord> tombstones = new ArrayList<>();
        for (OffsetDeleteRequestTopic topic : request.topics()) {
            Errors error = Errors.NONE;
            if (image.topic(topic.name()).isEmpty()) {
                error = Errors.UNKNOWN_TOPIC_OR_PARTITION;
            } else if (read.test(topic.name())) {
                error = Errors.GROUP_SUBSCRIBED_TO_TOPIC;
            }
            OffsetDeleteResponseTopic answer =
                    new OffsetDeleteResponseTopic().setName(topic.name());
            response.topics().add(answer);
            for (OffsetDeleteRequestPartition partition : topic.partitions()) {
                int index = partition.partitionIndex();
                answer.partitions()
                        .add(
                                new OffsetDeleteResponsePartition()
                                        .setPartitionIndex(index)
                                        .setErrorCode(error.code()));
                if (error == Errors.NONE
                        && committed.containsKey(new TopicPartition(topic.name(), index))) {
                    tombstones.add(
                            new GroupRecord.OffsetDeleted(request.groupId(), topic.name(), index));
                }
            }
        }
        return shard.commit(tombstones).map(response);
    }
}
