package dev.millrace.broker.group;

import dev.millrace.broker.txn.TxnCoordinator;
import dev.millrace.cluster.MetadataImage;
import dev.millrace.log.AppendTerms;
import dev.millrace.wire.RequestContext;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestPartition;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestTopic;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData.TxnOffsetCommitResponsePartition;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData.TxnOffsetCommitResponseTopic;
import org.apache.kafka.common.protocol.Errors;

/**
 * TxnOffsetCommit 0-5: offsets that hold once the transaction is committed. From version 5 on the
 * first of them makes the offsets partition part of the transaction (KIP-890); before, the client
 * has done that by AddOffsetsToTxn, and the coordinator is asked whether it has.
 *
 * @see "KIP-447: fenced by member and generation from version 3 on"
 */
final class TxnOffsetCommitHandler {
    private static final short KNOWS_LOADING = 2;
    private static final short KNOWS_ABORTABLE = 4;
    private static final short TRANSACTIONS_V2 = 5;

    private final GroupCoordinator coordinator;
    private final TxnCoordinator transactions;

    TxnOffsetCommitHandler(GroupCoordinator coordinator, TxnCoordinator transactions) {
        this.coordinator = coordinator;
        this.transactions = transactions;
    }

    Future<TxnOffsetCommitResponseData> commit(
            RequestContext context, TxnOffsetCommitRequestData request) {
        Commit commit = new Commit(request);
        if (commit.records.isEmpty()) {
            return Future.succeededFuture(commit.response);
        }
        Future<Errors> committed =
                request.groupId().isEmpty()
                        ? Future.succeededFuture(Errors.INVALID_GROUP_ID)
                        : admitted(context.version(), request)
                                .compose(terms -> append(request, commit.records, terms))
                                .otherwise(OffsetCommitHandler::commitError);
        return committed.map(
                error -> {
                    short code = known(context.version(), error).code();
                    commit.accepted.forEach(partition -> partition.setErrorCode(code));
                    return commit.response;
                });
    }

    /** The coordinator of the transaction knows that offsets are part of it. */
    private Future<AppendTerms> admitted(short version, TxnOffsetCommitRequestData request) {
        boolean add = version >= TRANSACTIONS_V2;
        if (!add && !transactions.verifiesPartitions()) {
            return Future.succeededFuture(AppendTerms.NONE);
        }
        return coordinator
                .transactionGuard(
                        request.groupId(), request.producerId(), request.producerEpoch(), add)
                .compose(
                        guard ->
                                guard.isEmpty()
                                        ? Future.succeededFuture(AppendTerms.guarded(null))
                                        : ask(version, request, add)
                                                .map(AppendTerms.guarded(guard.get())));
    }

    private Future<Void> ask(short version, TxnOffsetCommitRequestData request, boolean add) {
        TopicPartition offsets =
                new TopicPartition(
                        GroupCoordinator.OFFSETS_TOPIC, coordinator.partitionOf(request.groupId()));
        return transactions
                .admit(
                        request.transactionalId(),
                        request.producerId(),
                        request.producerEpoch(),
                        Set.of(offsets),
                        add,
                        version >= KNOWS_ABORTABLE)
                .compose(
                        errors -> {
                            Errors error = errors.getOrDefault(offsets, Errors.NONE);
                            return error == Errors.NONE
                                    ? Future.succeededFuture()
                                    : Future.failedFuture(error.exception());
                        });
    }

    private Future<Errors> append(
            TxnOffsetCommitRequestData request,
            List<GroupRecord.OffsetCommitted> records,
            AppendTerms terms) {
        return coordinator.onShard(
                request.groupId(),
                shard -> {
                    try {
                        CommitCheck check =
                                shard.validateTxnCommit(
                                        request.groupId(),
                                        request.memberId(),
                                        request.groupInstanceId(),
                                        request.generationId());
                        for (GroupRecord.OffsetCommitted record : records) {
                            check.validate(record.offset().topicId(), record.partition());
                        }
                    } catch (ApiException e) {
                        return Future.succeededFuture(Errors.forException(e));
                    }
                    return coordinator
                            .commitPending(
                                    shard,
                                    request.groupId(),
                                    request.producerId(),
                                    request.producerEpoch(),
                                    List.copyOf(records),
                                    terms)
                            .map(Errors.NONE);
                });
    }

    /** Older clients take the newer error for a fatal one (KAFKA-7296). */
    private static Errors known(short version, Errors error) {
        return version < KNOWS_LOADING && error == Errors.COORDINATOR_LOAD_IN_PROGRESS
                ? Errors.COORDINATOR_NOT_AVAILABLE
                : error;
    }

    /** The request sorted into what can be committed and what is refused at once. */
    private final class Commit {
        private final TxnOffsetCommitResponseData response = new TxnOffsetCommitResponseData();
        private final List<GroupRecord.OffsetCommitted> records = new ArrayList<>();
        private final List<TxnOffsetCommitResponsePartition> accepted = new ArrayList<>();

        private Commit(TxnOffsetCommitRequestData request) {
            MetadataImage image = coordinator.image();
            long nowMs = System.currentTimeMillis();
            for (TxnOffsetCommitRequestTopic topic : request.topics()) {
                Optional<MetadataImage.Topic> known = image.topic(topic.name());
                TxnOffsetCommitResponseTopic answer =
                        new TxnOffsetCommitResponseTopic().setName(topic.name());
                response.topics().add(answer);
                for (TxnOffsetCommitRequestPartition partition : topic.partitions()) {
                    TxnOffsetCommitResponsePartition partitionAnswer =
                            new TxnOffsetCommitResponsePartition()
                                    .setPartitionIndex(partition.partitionIndex());
                    answer.partitions().add(partitionAnswer);
                    Errors error = validate(known, partition);
                    partitionAnswer.setErrorCode(error.code());
                    if (error == Errors.NONE && known.isPresent()) {
                        accepted.add(partitionAnswer);
                        records.add(record(request.groupId(), known.get(), partition, nowMs));
                    }
                }
            }
        }

        private Errors validate(
                Optional<MetadataImage.Topic> topic, TxnOffsetCommitRequestPartition partition) {
            int index = partition.partitionIndex();
            if (topic.isEmpty() || index < 0 || index >= topic.get().partitions().size()) {
                return Errors.UNKNOWN_TOPIC_OR_PARTITION;
            }
            String metadata = partition.committedMetadata();
            return metadata != null
                            && metadata.length() > coordinator.config().offsetMetadataMaxBytes()
                    ? Errors.OFFSET_METADATA_TOO_LARGE
                    : Errors.NONE;
        }

        private static GroupRecord.OffsetCommitted record(
                String groupId,
                MetadataImage.Topic topic,
                TxnOffsetCommitRequestPartition partition,
                long nowMs) {
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
