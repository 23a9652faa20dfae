package dev.millrace.broker;

import dev.millrace.wire.KafkaClient;
import io.vertx.core.Future;
import java.util.List;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/** Where the log of a partition begins and ends at its leader. */
record LeaderOffsets(long start, long end) {
    private static final short VERSION = 10;
    private static final long LATEST = -1;
    private static final long EARLIEST = -2;

    /** Fails with the leader's refusal; on the connection's event loop. */
    static Future<LeaderOffsets> ask(KafkaClient connection, int nodeId, Followed followed) {
        Future<Long> start = offset(connection, nodeId, followed, EARLIEST);
        Future<Long> end = offset(connection, nodeId, followed, LATEST);
        return Future.all(start, end).map(both -> new LeaderOffsets(start.result(), end.result()));
    }

    private static Future<Long> offset(
            KafkaClient connection, int nodeId, Followed followed, long timestamp) {
        ListOffsetsRequestData request =
                new ListOffsetsRequestData()
                        .setReplicaId(nodeId)
                        .setTopics(
                                List.of(
                                        new ListOffsetsTopic()
                                                .setName(
                                                        followed.partition.topicPartition().topic())
                                                .setPartitions(
                                                        List.of(
                                                                new ListOffsetsPartition()
                                                                        .setPartitionIndex(
                                                                                followed.key
                                                                                        .partition())
                                                                        .setCurrentLeaderEpoch(
                                                                                followed.leaderEpoch)
                                                                        .setTimestamp(
                                                                                timestamp)))));
        return connection.ask(ApiKeys.LIST_OFFSETS, VERSION, request).map(LeaderOffsets::of);
    }

    private static long of(ApiMessage message) {
        ListOffsetsPartitionResponse answer =
                ((ListOffsetsResponseData) message).topics().get(0).partitions().get(0);
        Errors error = Errors.forCode(answer.errorCode());
        if (error != Errors.NONE) {
            throw error.exception();
        }
        return answer.offset();
    }
}
