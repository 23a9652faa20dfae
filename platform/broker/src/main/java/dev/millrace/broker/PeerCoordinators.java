package dev.millrace.broker;

import dev.millrace.broker.txn.RemoteCoordinators;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.NetworkException;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopic;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopicCollection;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTransaction;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTransactionCollection;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnPartitionResult;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnResult;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/** Asks with AddPartitionsToTxn, as brokers do among themselves. */
record PeerCoordinators(PeerRequests peers) implements RemoteCoordinators {
    private static final short VERSION = 5;

    @Override
    public Future<Map<TopicPartition, Errors>> admit(
            int nodeId,
            String transactionalId,
            long producerId,
            short epoch,
            Set<TopicPartition> partitions,
            boolean add) {
        Map<String, List<Integer>> byTopic = new HashMap<>();
        partitions.forEach(
                p -> byTopic.computeIfAbsent(p.topic(), t -> new ArrayList<>()).add(p.partition()));
        AddPartitionsToTxnTopicCollection topics = new AddPartitionsToTxnTopicCollection();
        byTopic.forEach(
                (name, indexes) ->
                        topics.add(
                                new AddPartitionsToTxnTopic()
                                        .setName(name)
                                        .setPartitions(indexes)));
        AddPartitionsToTxnTransactionCollection transactions =
                new AddPartitionsToTxnTransactionCollection();
        transactions.add(
                new AddPartitionsToTxnTransaction()
                        .setTransactionalId(transactionalId)
                        .setProducerId(producerId)
                        .setProducerEpoch(epoch)
                        .setVerifyOnly(!add)
                        .setTopics(topics));
        return peers.ask(
                        nodeId,
                        ApiKeys.ADD_PARTITIONS_TO_TXN,
                        VERSION,
                        new AddPartitionsToTxnRequestData().setTransactions(transactions))
                .recover(
                        lost ->
                                // A producer tries again after that one.
                                Future.failedFuture(
                                        new NetworkException(
                                                "broker %d, which coordinates %s, has not answered"
                                                        .formatted(nodeId, transactionalId),
                                                lost)))
                .map(answer -> errors(answer, partitions));
    }

    private static Map<TopicPartition, Errors> errors(
            ApiMessage message, Set<TopicPartition> partitions) {
        AddPartitionsToTxnResponseData response = (AddPartitionsToTxnResponseData) message;
        Map<TopicPartition, Errors> errors = new HashMap<>();
        Errors whole = Errors.forCode(response.errorCode());
        partitions.forEach(
                p -> errors.put(p, whole == Errors.NONE ? Errors.UNKNOWN_SERVER_ERROR : whole));
        for (AddPartitionsToTxnResult result : response.resultsByTransaction()) {
            for (AddPartitionsToTxnTopicResult topic : result.topicResults()) {
                for (AddPartitionsToTxnPartitionResult partition : topic.resultsByPartition()) {
                    errors.put(
                            new TopicPartition(topic.name(), partition.partitionIndex()),
                            Errors.forCode(partition.partitionErrorCode()));
                }
            }
        }
        return errors;
    }
}
