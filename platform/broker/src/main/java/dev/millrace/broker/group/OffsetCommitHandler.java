package dev.millrace.broker.group;

import dev.millrace.cluster.MetadataImage;
import dev.millrace.wire.RequestContext;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetCommitResponseData.OffsetCommitResponsePartition;
import org.apache.kafka.common.message.OffsetCommitResponseData.OffsetCommitResponseTopic;
import org.apache.kafka.common.protocol.Errors;

/** OffsetCommit 2-10: answers once the offsets are appended with acks=all. */
final class OffsetCommitHandler {
    private static final short TOPIC_IDS = 10;

    private final GroupCoordinator coordinator;

    OffsetCommitHandler(GroupCoordinator coordinator) {
        this.coordinator = coordinator;
    }

    Future<OffsetCommitResponseData> commit(
            RequestContext context, OffsetCommitRequestData request) {
        Commit commit = new Commit(context.version() >= TOPIC_IDS, request);
        if (commit.records.isEmpty()) {
            return Future.succeededFuture(commit.response);
        }
        return coordinator
                .onShard(
                        request.groupId(),
                        shard -> commitOn(shard, request, context.version(), commit.records))
                .otherwise(OffsetCommitHandler::commitError)
                .map(
                        error -> {
                            commit.accepted.forEach(p -> p.setErrorCode(error.code()));
                            return commit.response;
                        });
    }

    private static Future<Errors> commitOn(
            GroupShard shard,
            OffsetCommitRequestData request,
            short version,
            List<GroupRecord.OffsetCommitted> records) {
        try {
            CommitCheck check =
                    shard.validateCommit(
                            request.groupId(),
                            request.memberId(),
                            request.groupInstanceId(),
                            request.generationIdOrMemberEpoch(),
                            version);
            for (GroupRecord.OffsetCommitted record : records) {
                check.validate(record.offset().topicId(), record.partition());
            }
        } catch (ApiException e) {
            return Future.succeededFuture(Errors.forException(e));
        }
        return shard.commit(List.copyOf(records)).map(Errors.NONE);
    }

    /** What a failed append means to a committing client: look again, retry, or never try again. */
    static Errors commitError(Throwable failure) {
        Errors error = Errors.forException(failure);
        return switch (error) {
            case UNKNOWN_TOPIC_OR_PARTITION,
                    NOT_ENOUGH_REPLICAS,
                    NOT_ENOUGH_REPLICAS_AFTER_APPEND,
                    REQUEST_TIMED_OUT ->
                    Errors.COORDINATOR_NOT_AVAILABLE;
            case NOT_LEADER_OR_FOLLOWER, FENCED_LEADER_EPOCH, KAFKA_STORAGE_ERROR ->
                    Errors.NOT_COORDINATOR;
            case MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE, INVALID_FETCH_SIZE ->
                    Errors.INVALID_COMMIT_OFFSET_SIZE;
            default -> error;
        };
    }

    /** The request sorted into what can be committed and what is refused at once. */
    private final class Commit {
        private final OffsetCommitResponseData response = new OffsetCommitResponseData();
        private final List<GroupRecord.OffsetCommitted> records = new ArrayList<>();
        private final List<OffsetCommitResponsePartition> accepted = new ArrayList<>();
        private final MetadataImage image = coordinator.image();
        private final long nowMs = System.currentTimeMillis();

        private Commit(boolean byId, OffsetCommitRequestData request) {
            for (OffsetCommitRequestTopic topic : request.topics()) {
                Optional<MetadataImage.Topic> known =
                        byId ? image.topic(topic.topicId()) : image.topic(topic.name());
                Errors unknown = byId ? Errors.UNKNOWN_TOPIC_ID : Errors.UNKNOWN_TOPIC_OR_PARTITION;
                OffsetCommitResponseTopic answer =
                        new OffsetCommitResponseTopic()
                                .setName(topic.name())
                                .setTopicId(topic.topicId());
                response.topics().add(answer);
                for (OffsetCommitRequestPartition partition : topic.partitions()) {
                    OffsetCommitResponsePartition partitionAnswer =
                            new OffsetCommitResponsePartition()
                                    .setPartitionIndex(partition.partitionIndex());
                    answer.partitions().add(partitionAnswer);
                    Errors error = known.isEmpty() ? unknown : validate(known.get(), partition);
                    partitionAnswer.setErrorCode(error.code());
                    if (error == Errors.NONE && known.isPresent()) {
                        accepted.add(partitionAnswer);
                        records.add(record(request.groupId(), known.get(), partition));
                    }
                }
            }
        }

        private Errors validate(MetadataImage.Topic topic, OffsetCommitRequestPartition partition) {
            int index = partition.partitionIndex();
            if (index < 0 || index >= topic.partitions().size()) {
                return Errors.UNKNOWN_TOPIC_OR_PARTITION;
            }
            String metadata = partition.committedMetadata();
            return metadata != null
                            && metadata.length() > coordinator.config().offsetMetadataMaxBytes()
                    ? Errors.OFFSET_METADATA_TOO_LARGE
                    : Errors.NONE;
        }

        private GroupRecord.OffsetCommitted record(
                String groupId, MetadataImage.Topic topic, OffsetCommitRequestPartition partition) {
            return new GroupRecord.OffsetCommitted(
                    groupId,
                    topic.name(),
                    partition.partitionIndex(),
                    new GroupRecord.CommittedOffset(
                            partition.committedOffset(),
                            partition.committedLeaderEpoch(),
                            Objects.requireNonNullElse(partition.committedMetadata(), ""),
                            nowMs,
                            -1,
                            topic.id()));
        }
    }
}
