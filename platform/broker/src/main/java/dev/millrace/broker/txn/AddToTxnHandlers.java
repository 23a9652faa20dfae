package dev.millrace.broker.txn;

import dev.millrace.cluster.MetadataImage;
import dev.millrace.wire.RequestContext;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToIntFunction;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.AddOffsetsToTxnRequestData;
import org.apache.kafka.common.message.AddOffsetsToTxnResponseData;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopic;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopicCollection;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTransaction;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnPartitionResult;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnResult;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnTopicResult;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnTopicResultCollection;
import org.apache.kafka.common.protocol.Errors;

/**
 * AddPartitionsToTxn 0-5 and AddOffsetsToTxn 0-4. Up to version 3, clients add partitions to their
 * one transaction; from version 4 on it is a request among brokers, of several transactions, that
 * may also only ask.
 */
final class AddToTxnHandlers {
    private static final short KNOWS_FENCED = 2;
    private static final short SEVERAL = 4;
    private static final String OFFSETS_TOPIC = "__consumer_offsets";

    private final TxnCoordinator coordinator;
    private final ToIntFunction<String> offsetsPartition;

    AddToTxnHandlers(TxnCoordinator coordinator, ToIntFunction<String> offsetsPartition) {
        this.coordinator = coordinator;
        this.offsetsPartition = offsetsPartition;
    }

    Future<AddPartitionsToTxnResponseData> addPartitions(
            RequestContext context, AddPartitionsToTxnRequestData request) {
        if (context.version() < SEVERAL) {
            return add(context, inNewForm(request))
                    .map(
                            result ->
                                    new AddPartitionsToTxnResponseData()
                                            .setResultsByTopicV3AndBelow(result.topicResults()));
        }
        List<Future<AddPartitionsToTxnResult>> results = new ArrayList<>();
        for (AddPartitionsToTxnTransaction transaction : request.transactions()) {
            results.add(add(context, transaction));
        }
        return Future.join(results)
                .map(
                        all -> {
                            AddPartitionsToTxnResponseData response =
                                    new AddPartitionsToTxnResponseData();
                            results.forEach(r -> response.resultsByTransaction().add(r.result()));
                            return response;
                        });
    }

    private static AddPartitionsToTxnTransaction inNewForm(AddPartitionsToTxnRequestData request) {
        // The elements belong to the request's collection and cannot be in two.
        AddPartitionsToTxnTopicCollection topics = new AddPartitionsToTxnTopicCollection();
        for (AddPartitionsToTxnTopic topic : request.v3AndBelowTopics()) {
            topics.add(topic.duplicate());
        }
        return new AddPartitionsToTxnTransaction()
                .setTransactionalId(request.v3AndBelowTransactionalId())
                .setProducerId(request.v3AndBelowProducerId())
                .setProducerEpoch(request.v3AndBelowProducerEpoch())
                .setTopics(topics);
    }

    private Future<AddPartitionsToTxnResult> add(
            RequestContext context, AddPartitionsToTxnTransaction transaction) {
        String id = transaction.transactionalId();
        Set<TopicPartition> partitions = new LinkedHashSet<>();
        for (AddPartitionsToTxnTopic topic : transaction.topics()) {
            topic.partitions().forEach(p -> partitions.add(new TopicPartition(topic.name(), p)));
        }
        if (id.isEmpty()) {
            return Future.succeededFuture(result(id, forAll(partitions, Errors.INVALID_REQUEST)));
        }
        Map<TopicPartition, Errors> unknown = unknown(partitions);
        if (!unknown.isEmpty()) {
            return Future.succeededFuture(result(id, unknown));
        }
        if (transaction.verifyOnly()) {
            return coordinator
                    .verify(id, transaction.producerId(), transaction.producerEpoch(), partitions)
                    .otherwise(failure -> forAll(partitions, Errors.forException(failure)))
                    .map(errors -> result(id, errors));
        }
        short version = context.version() >= SEVERAL ? Transaction.EPOCH_RAISED : 0;
        return coordinator
                .onShard(
                        id,
                        shard ->
                                shard.add(
                                        id,
                                        transaction.producerId(),
                                        transaction.producerEpoch(),
                                        partitions,
                                        version))
                .map(answer -> FencedError.asKnown(context, answer.error(), KNOWS_FENCED))
                .otherwise(Errors::forException)
                .map(error -> result(id, forAll(partitions, error)));
    }

    /** One partition that does not exist, and none is added. */
    private Map<TopicPartition, Errors> unknown(Set<TopicPartition> partitions) {
        MetadataImage image = coordinator.image();
        Map<TopicPartition, Errors> errors = forAll(partitions, Errors.OPERATION_NOT_ATTEMPTED);
        boolean all = true;
        for (TopicPartition partition : partitions) {
            boolean exists =
                    partition.partition() >= 0
                            && image.topic(partition.topic())
                                    .filter(t -> partition.partition() < t.partitions().size())
                                    .isPresent();
            if (!exists) {
                all = false;
                errors.put(partition, Errors.UNKNOWN_TOPIC_OR_PARTITION);
            }
        }
        return all ? Map.of() : errors;
    }

    private static Map<TopicPartition, Errors> forAll(
            Set<TopicPartition> partitions, Errors error) {
        Map<TopicPartition, Errors> errors = new LinkedHashMap<>();
        partitions.forEach(partition -> errors.put(partition, error));
        return errors;
    }

    private static AddPartitionsToTxnResult result(
            String transactionalId, Map<TopicPartition, Errors> errors) {
        AddPartitionsToTxnTopicResultCollection topics =
                new AddPartitionsToTxnTopicResultCollection();
        errors.forEach(
                (partition, error) -> {
                    AddPartitionsToTxnTopicResult topic = topics.find(partition.topic());
                    if (topic == null) {
                        topic = new AddPartitionsToTxnTopicResult().setName(partition.topic());
                        topics.add(topic);
                    }
                    topic.resultsByPartition()
                            .add(
                                    new AddPartitionsToTxnPartitionResult()
                                            .setPartitionIndex(partition.partition())
                                            .setPartitionErrorCode(error.code()));
                });
        return new AddPartitionsToTxnResult()
                .setTransactionalId(transactionalId)
                .setTopicResults(topics);
    }

    Future<AddOffsetsToTxnResponseData> addOffsets(
            RequestContext context, AddOffsetsToTxnRequestData request) {
        String id = request.transactionalId();
        if (id.isEmpty()) {
            return Future.succeededFuture(
                    new AddOffsetsToTxnResponseData().setErrorCode(Errors.INVALID_REQUEST.code()));
        }
        TopicPartition offsets =
                new TopicPartition(OFFSETS_TOPIC, offsetsPartition.applyAsInt(request.groupId()));
        return coordinator
                .onShard(
                        id,
                        shard ->
                                shard.add(
                                        id,
                                        request.producerId(),
                                        request.producerEpoch(),
                                        Set.of(offsets),
                                        (short) 0))
                .map(answer -> FencedError.asKnown(context, answer.error(), KNOWS_FENCED))
                .otherwise(Errors::forException)
                .map(error -> new AddOffsetsToTxnResponseData().setErrorCode(error.code()));
    }
}
