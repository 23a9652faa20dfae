package dev.millrace.broker.txn;

import dev.millrace.broker.group.RawClient;
import dev.millrace.wire.record.RecordBatchBuilder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.AddOffsetsToTxnRequestData;
import org.apache.kafka.common.message.AddOffsetsToTxnResponseData;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopic;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopicCollection;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTransaction;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTransactionCollection;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnTopicResultCollection;
import org.apache.kafka.common.message.EndTxnRequestData;
import org.apache.kafka.common.message.EndTxnResponseData;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceDataCollection;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData;
import org.apache.kafka.common.message.WriteTxnMarkersResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;

/**
 * The requests of a transactional producer, one by one and in any version. Asks again, as clients
 * do, while the coordinator is loading or finishing the last transaction.
 */
final class RawTransactions implements AutoCloseable {
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(20);
    private static final short ACKS_ALL = -1;

    private final RawClient client;

    RawTransactions(String bootstrapServers) throws IOException {
        client = new RawClient(bootstrapServers);
    }

    interface Call<A> {
        A send() throws IOException;
    }

    private static <A> A retrying(Call<A> call, Function<A, Short> errorOf) throws IOException {
        long deadlineNs = System.nanoTime() + PATIENCE_NS;
        while (true) {
            A answer = call.send();
            boolean again =
                    switch (Errors.forCode(errorOf.apply(answer))) {
                        case CONCURRENT_TRANSACTIONS,
                                COORDINATOR_LOAD_IN_PROGRESS,
                                COORDINATOR_NOT_AVAILABLE,
                                NOT_COORDINATOR,
                                NOT_LEADER_OR_FOLLOWER,
                                NOT_ENOUGH_REPLICAS ->
                                true;
                        default -> false;
                    };
            if (!again || System.nanoTime() - deadlineNs > 0) {
                return answer;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
    }

    void findCoordinator(int version, String key, int type) throws IOException {
        retrying(
                () ->
                        client.call(
                                ApiKeys.FIND_COORDINATOR,
                                version,
                                version >= 4
                                        ? new FindCoordinatorRequestData()
                                                .setCoordinatorKeys(List.of(key))
                                                .setKeyType((byte) type)
                                        : new FindCoordinatorRequestData()
                                                .setKey(key)
                                                .setKeyType((byte) type),
                                FindCoordinatorResponseData::new),
                answer ->
                        version >= 4
                                ? answer.coordinators().get(0).errorCode()
                                : answer.errorCode());
    }

    InitProducerIdResponseData init(int version, String id) throws IOException {
        return init(version, id, 60_000, -1, -1);
    }

    InitProducerIdResponseData init(
            int version, String id, int timeoutMs, long producerId, int epoch) throws IOException {
        InitProducerIdRequestData request =
                new InitProducerIdRequestData()
                        .setTransactionalId(id)
                        .setTransactionTimeoutMs(timeoutMs);
        if (version >= 3) {
            request.setProducerId(producerId).setProducerEpoch((short) epoch);
        }
        return retrying(
                () ->
                        client.call(
                                ApiKeys.INIT_PRODUCER_ID,
                                version,
                                request,
                                InitProducerIdResponseData::new),
                InitProducerIdResponseData::errorCode);
    }

    Errors add(int version, String id, long producerId, int epoch, String topic, int partition)
            throws IOException {
        return add(version, id, producerId, epoch, topic, List.of(partition), false).get(0);
    }

    List<Errors> add(
            int version,
            String id,
            long producerId,
            int epoch,
            String topic,
            List<Integer> partitions,
            boolean verifyOnly)
            throws IOException {
        AddPartitionsToTxnTopicCollection topics = new AddPartitionsToTxnTopicCollection();
        topics.add(new AddPartitionsToTxnTopic().setName(topic).setPartitions(partitions));
        AddPartitionsToTxnRequestData request = new AddPartitionsToTxnRequestData();
        if (version < 4) {
            request.setV3AndBelowTransactionalId(id)
                    .setV3AndBelowProducerId(producerId)
                    .setV3AndBelowProducerEpoch((short) epoch)
                    .setV3AndBelowTopics(topics);
        } else {
            AddPartitionsToTxnTransactionCollection transactions =
                    new AddPartitionsToTxnTransactionCollection();
            transactions.add(
                    new AddPartitionsToTxnTransaction()
                            .setTransactionalId(id)
                            .setProducerId(producerId)
                            .setProducerEpoch((short) epoch)
                            .setVerifyOnly(verifyOnly)
                            .setTopics(topics));
            request.setTransactions(transactions);
        }
        AddPartitionsToTxnResponseData answered =
                retrying(
                        () ->
                                client.call(
                                        ApiKeys.ADD_PARTITIONS_TO_TXN,
                                        version,
                                        request,
                                        AddPartitionsToTxnResponseData::new),
                        answer ->
                                results(version, answer)
                                        .iterator()
                                        .next()
                                        .resultsByPartition()
                                        .iterator()
                                        .next()
                                        .partitionErrorCode());
        return results(version, answered).iterator().next().resultsByPartition().stream()
                .map(result -> Errors.forCode(result.partitionErrorCode()))
                .toList();
    }

    private static AddPartitionsToTxnTopicResultCollection results(
            int version, AddPartitionsToTxnResponseData answer) {
        return version < 4
                ? answer.resultsByTopicV3AndBelow()
                : answer.resultsByTransaction().iterator().next().topicResults();
    }

    EndTxnResponseData end(int version, String id, long producerId, int epoch, boolean commit)
            throws IOException {
        return retrying(
                () ->
                        client.call(
                                ApiKeys.END_TXN,
                                version,
                                new EndTxnRequestData()
                                        .setTransactionalId(id)
                                        .setProducerId(producerId)
                                        .setProducerEpoch((short) epoch)
                                        .setCommitted(commit),
                                EndTxnResponseData::new),
                EndTxnResponseData::errorCode);
    }

    Errors endError(int version, String id, long producerId, int epoch, boolean commit)
            throws IOException {
        return Errors.forCode(end(version, id, producerId, epoch, commit).errorCode());
    }

    /** Up to version 12, by name. */
    Errors produce(
            int version,
            String id,
            long producerId,
            int epoch,
            int sequence,
            String topic,
            int partition,
            String value)
            throws IOException {
        // Built anew for each attempt: the broker writes offsets into what it gets.
        return Errors.forCode(
                retrying(
                                () ->
                                        client.call(
                                                ApiKeys.PRODUCE,
                                                version,
                                                produceRequest(
                                                        id,
                                                        producerId,
                                                        epoch,
                                                        sequence,
                                                        topic,
                                                        partition,
                                                        value),
                                                ProduceResponseData::new),
                                RawTransactions::produceError)
                        .responses()
                        .iterator()
                        .next()
                        .partitionResponses()
                        .get(0)
                        .errorCode());
    }

    private static short produceError(ProduceResponseData answer) {
        return answer.responses().iterator().next().partitionResponses().get(0).errorCode();
    }

    private static ProduceRequestData produceRequest(
            String id,
            long producerId,
            int epoch,
            int sequence,
            String topic,
            int partition,
            String value) {
        ByteBuffer batch =
                new RecordBatchBuilder()
                        .producer(producerId, (short) epoch, sequence)
                        .transactional()
                        .append(
                                System.currentTimeMillis(),
                                null,
                                value.getBytes(StandardCharsets.UTF_8))
                        .build();
        TopicProduceDataCollection topics = new TopicProduceDataCollection();
        topics.add(
                new TopicProduceData()
                        .setName(topic)
                        .setTopicId(Uuid.ZERO_UUID)
                        .setPartitionData(
                                List.of(
                                        new PartitionProduceData()
                                                .setIndex(partition)
                                                .setRecords(
                                                        MemoryRecords.readableRecords(batch)))));
        return new ProduceRequestData()
                .setTransactionalId(id)
                .setAcks(ACKS_ALL)
                .setTimeoutMs(10_000)
                .setTopicData(topics);
    }

    Errors addOffsets(int version, String id, long producerId, int epoch, String group)
            throws IOException {
        return Errors.forCode(
                retrying(
                                () ->
                                        client.call(
                                                ApiKeys.ADD_OFFSETS_TO_TXN,
                                                version,
                                                new AddOffsetsToTxnRequestData()
                                                        .setTransactionalId(id)
                                                        .setProducerId(producerId)
                                                        .setProducerEpoch((short) epoch)
                                                        .setGroupId(group),
                                                AddOffsetsToTxnResponseData::new),
                                AddOffsetsToTxnResponseData::errorCode)
                        .errorCode());
    }

    TxnOffsetCommitRequestData offsetCommit(
            String id, long producerId, int epoch, String group, String topic, long offset) {
        return new TxnOffsetCommitRequestData()
                .setTransactionalId(id)
                .setProducerId(producerId)
                .setProducerEpoch((short) epoch)
                .setGroupId(group)
                .setTopics(
                        List.of(
                                new TxnOffsetCommitRequestData.TxnOffsetCommitRequestTopic()
                                        .setName(topic)
                                        .setPartitions(
                                                List.of(
                                                        new TxnOffsetCommitRequestData
                                                                        .TxnOffsetCommitRequestPartition()
                                                                .setPartitionIndex(0)
                                                                .setCommittedOffset(offset)
                                                                .setCommittedMetadata("")))));
    }

    Errors commitOffsets(int version, TxnOffsetCommitRequestData request) throws IOException {
        return Errors.forCode(
                retrying(
                                () ->
                                        client.call(
                                                ApiKeys.TXN_OFFSET_COMMIT,
                                                version,
                                                request,
                                                TxnOffsetCommitResponseData::new),
                                answer -> answer.topics().get(0).partitions().get(0).errorCode())
                        .topics()
                        .get(0)
                        .partitions()
                        .get(0)
                        .errorCode());
    }

    OffsetFetchResponseData.OffsetFetchResponsePartitions fetchOffset(
            String group, String topic, boolean stable) throws IOException {
        return client.call(
                        ApiKeys.OFFSET_FETCH,
                        8,
                        new OffsetFetchRequestData()
                                .setRequireStable(stable)
                                .setGroups(
                                        List.of(
                                                new OffsetFetchRequestData.OffsetFetchRequestGroup()
                                                        .setGroupId(group)
                                                        .setTopics(
                                                                List.of(
                                                                        new OffsetFetchRequestData
                                                                                        .OffsetFetchRequestTopics()
                                                                                .setName(topic)
                                                                                .setPartitionIndexes(
                                                                                        List.of(
                                                                                                0)))))),
                        OffsetFetchResponseData::new)
                .groups()
                .get(0)
                .topics()
                .get(0)
                .partitions()
                .get(0);
    }

    Errors writeMarker(
            int version,
            long producerId,
            int epoch,
            boolean commit,
            int coordinatorEpoch,
            int transactionVersion,
            String topic)
            throws IOException {
        WriteTxnMarkersRequestData.WritableTxnMarker marker =
                new WriteTxnMarkersRequestData.WritableTxnMarker()
                        .setProducerId(producerId)
                        .setProducerEpoch((short) epoch)
                        .setTransactionResult(commit)
                        .setCoordinatorEpoch(coordinatorEpoch)
                        .setTopics(
                                List.of(
                                        new WriteTxnMarkersRequestData.WritableTxnMarkerTopic()
                                                .setName(topic)
                                                .setPartitionIndexes(List.of(0))));
        if (version >= 2) {
            marker.setTransactionVersion((byte) transactionVersion);
        }
        return Errors.forCode(
                markerError(
                        retrying(
                                () ->
                                        client.call(
                                                ApiKeys.WRITE_TXN_MARKERS,
                                                version,
                                                new WriteTxnMarkersRequestData()
                                                        .setMarkers(List.of(marker)),
                                                WriteTxnMarkersResponseData::new),
                                RawTransactions::markerError)));
    }

    private static short markerError(WriteTxnMarkersResponseData answer) {
        return answer.markers().get(0).topics().get(0).partitions().get(0).errorCode();
    }

    RawClient client() {
        return client;
    }

    @Override
    public void close() throws IOException {
        client.close();
    }
}
