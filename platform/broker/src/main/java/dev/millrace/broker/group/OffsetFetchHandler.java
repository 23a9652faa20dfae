package dev.millrace.broker.group;

import dev.millrace.cluster.MetadataImage;
import dev.millrace.wire.RequestContext;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartition;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartitions;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseTopic;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseTopics;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * OffsetFetch 1-10. Versions before 8 ask for one group in another place of the message: they are
 * turned into the newer form, and its answer back. Who asks for stable offsets is told of those
 * that an open transaction may change (KIP-447).
 */
final class OffsetFetchHandler {
    private static final short TOP_LEVEL_ERROR = 2;
    private static final short SEVERAL_GROUPS = 8;
    private static final short TOPIC_IDS = 10;
    private static final long NO_OFFSET = -1;

    private final GroupCoordinator coordinator;

    OffsetFetchHandler(GroupCoordinator coordinator) {
        this.coordinator = coordinator;
    }

    Future<OffsetFetchResponseData> fetch(RequestContext context, OffsetFetchRequestData request) {
        if (context.version() < SEVERAL_GROUPS) {
            return fetchGroup(inNewForm(request), false, request.requireStable())
                    .map(group -> inOldForm(group, context.version()));
        }
        boolean byId = context.version() >= TOPIC_IDS;
        List<Future<OffsetFetchResponseGroup>> groups =
                request.groups().stream()
                        .map(group -> fetchGroup(group, byId, request.requireStable()))
                        .toList();
        return Future.join(groups)
                .map(
                        all ->
                                new OffsetFetchResponseData()
                                        .setGroups(groups.stream().map(Future::result).toList()));
    }

    private Future<OffsetFetchResponseGroup> fetchGroup(
            OffsetFetchRequestGroup request, boolean byId, boolean stable) {
        return coordinator
                .onShard(
                        request.groupId(),
                        shard -> Future.succeededFuture(read(shard, request, byId, stable)))
                .otherwise(failure -> failed(request, Errors.forException(failure)));
    }

    private static OffsetFetchResponseGroup failed(OffsetFetchRequestGroup request, Errors error) {
        OffsetFetchResponseGroup group =
                new OffsetFetchResponseGroup()
                        .setGroupId(request.groupId())
                        .setErrorCode(error.code());
        if (request.topics() != null) {
            for (OffsetFetchRequestTopics topic : request.topics()) {
                group.topics().add(unknown(topic, error));
            }
        }
        return group;
    }

    private static OffsetFetchResponseTopics unknown(OffsetFetchRequestTopics topic, Errors error) {
        return new OffsetFetchResponseTopics()
                .setName(topic.name())
                .setTopicId(topic.topicId())
                .setPartitions(
                        topic.partitionIndexes().stream()
                                .map(index -> answer(index, null).setErrorCode(error.code()))
                                .toList());
    }

    private OffsetFetchResponseGroup read(
            GroupShard shard, OffsetFetchRequestGroup request, boolean byId, boolean stable) {
        shard.validateFetch(request.groupId(), request.memberId(), request.memberEpoch());
        MetadataImage image = coordinator.image();
        OffsetFetchResponseGroup group =
                new OffsetFetchResponseGroup().setGroupId(request.groupId());
        Map<TopicPartition, GroupRecord.CommittedOffset> offsets = shard.offsets(request.groupId());
        Predicate<TopicPartition> unstable =
                partition -> stable && shard.isPending(request.groupId(), partition);
        if (request.topics() == null) {
            return group.setTopics(all(image, offsets, byId, unstable));
        }
        for (OffsetFetchRequestTopics topic : request.topics()) {
            Optional<MetadataImage.Topic> known =
                    byId ? image.topic(topic.topicId()) : image.topic(topic.name());
            if (byId && known.isEmpty()) {
                group.topics().add(unknown(topic, Errors.UNKNOWN_TOPIC_ID));
                continue;
            }
            String name = known.map(MetadataImage.Topic::name).orElse(topic.name());
            Uuid id = known.map(MetadataImage.Topic::id).orElse(Uuid.ZERO_UUID);
            List<OffsetFetchResponsePartitions> partitions = new ArrayList<>();
            for (int index : topic.partitionIndexes()) {
                TopicPartition partition = new TopicPartition(name, index);
                partitions.add(
                        unstable.test(partition)
                                ? unstable(index)
                                : answer(index, current(offsets.get(partition), id)));
            }
            group.topics()
                    .add(
                            new OffsetFetchResponseTopics()
                                    .setName(topic.name())
                                    .setTopicId(topic.topicId())
                                    .setPartitions(partitions));
        }
        return group;
    }

    /** An offset of an earlier topic of the same name says nothing about this one. */
    private static GroupRecord.@Nullable CommittedOffset current(
            GroupRecord.@Nullable CommittedOffset offset, Uuid topicId) {
        boolean stale =
                offset != null
                        && !topicId.equals(Uuid.ZERO_UUID)
                        && !offset.topicId().equals(Uuid.ZERO_UUID)
                        && !offset.topicId().equals(topicId);
        return stale ? null : offset;
    }

    private static List<OffsetFetchResponseTopics> all(
            MetadataImage image,
            Map<TopicPartition, GroupRecord.CommittedOffset> offsets,
            boolean byId,
            Predicate<TopicPartition> unstable) {
        Map<String, OffsetFetchResponseTopics> topics = new TreeMap<>();
        offsets.forEach(
                (partition, offset) -> {
                    Uuid id =
                            image.topic(partition.topic())
                                    .map(MetadataImage.Topic::id)
                                    .orElse(Uuid.ZERO_UUID);
                    // By id, a topic that no longer exists cannot even be named.
                    boolean nameable = !byId || !id.equals(Uuid.ZERO_UUID);
                    if (nameable && current(offset, id) != null) {
                        topics.computeIfAbsent(
                                        partition.topic(),
                                        name ->
                                                new OffsetFetchResponseTopics()
                                                        .setName(name)
                                                        .setTopicId(id))
                                .partitions()
                                .add(
                                        unstable.test(partition)
                                                ? unstable(partition.partition())
                                                : answer(partition.partition(), offset));
                    }
                });
        return List.copyOf(topics.values());
    }

    private static OffsetFetchResponsePartitions unstable(int index) {
        return answer(index, null).setErrorCode(Errors.UNSTABLE_OFFSET_COMMIT.code());
    }

    private static OffsetFetchResponsePartitions answer(
            int index, GroupRecord.@Nullable CommittedOffset offset) {
        OffsetFetchResponsePartitions partition =
                new OffsetFetchResponsePartitions().setPartitionIndex(index);
        return offset == null
                ? partition.setCommittedOffset(NO_OFFSET).setMetadata("")
                : partition
                        .setCommittedOffset(offset.offset())
                        .setCommittedLeaderEpoch(offset.leaderEpoch())
                        .setMetadata(offset.metadata());
    }

    // Null topics mean all topics, in both forms.
    @SuppressWarnings("NullAway")
    private static OffsetFetchRequestGroup inNewForm(OffsetFetchRequestData request) {
        return new OffsetFetchRequestGroup()
                .setGroupId(request.groupId())
                .setTopics(
                        request.topics() == null
                                ? null
                                : request.topics().stream()
                                        .map(
                                                topic ->
                                                        new OffsetFetchRequestTopics()
                                                                .setName(topic.name())
                                                                .setPartitionIndexes(
                                                                        topic.partitionIndexes()))
                                        .toList());
    }

    private static OffsetFetchResponseData inOldForm(
            OffsetFetchResponseGroup group, short version) {
        OffsetFetchResponseData response = new OffsetFetchResponseData();
        if (version >= TOP_LEVEL_ERROR) {
            response.setErrorCode(group.errorCode());
        }
        for (OffsetFetchResponseTopics topic : group.topics()) {
            List<OffsetFetchResponsePartition> partitions = new ArrayList<>();
            for (OffsetFetchResponsePartitions partition : topic.partitions()) {
                partitions.add(
                        new OffsetFetchResponsePartition()
                                .setPartitionIndex(partition.partitionIndex())
                                .setCommittedOffset(partition.committedOffset())
                                .setCommittedLeaderEpoch(partition.committedLeaderEpoch())
                                .setMetadata(partition.metadata())
                                .setErrorCode(partition.errorCode()));
            }
            response.topics()
                    .add(
                            new OffsetFetchResponseTopic()
                                    .setName(topic.name())
                                    .setPartitions(partitions));
        }
        return response;
    }
}
