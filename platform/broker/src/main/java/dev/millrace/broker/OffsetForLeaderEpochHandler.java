package dev.millrace.broker;

import dev.millrace.wire.ApiHandler;
import dev.millrace.wire.RequestContext;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopic;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.EpochEndOffset;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.OffsetForLeaderTopicResult;

/** Where an epoch ended: how clients find out that what they read was truncated (KIP-320). */
final class OffsetForLeaderEpochHandler
        implements ApiHandler<OffsetForLeaderEpochRequestData, OffsetForLeaderEpochResponseData> {
    private final Partitions partitions;

    OffsetForLeaderEpochHandler(Partitions partitions) {
        this.partitions = partitions;
    }

    @Override
    public Future<OffsetForLeaderEpochResponseData> handle(
            RequestContext context, OffsetForLeaderEpochRequestData request) {
        OffsetForLeaderEpochResponseData response = new OffsetForLeaderEpochResponseData();
        for (OffsetForLeaderTopic topic : request.topics()) {
            List<EpochEndOffset> answers = new ArrayList<>(topic.partitions().size());
            for (OffsetForLeaderPartition wanted : topic.partitions()) {
                EpochEndOffset answer = new EpochEndOffset().setPartition(wanted.partition());
                answers.add(answer);
                try {
                    Partition partition = partitions.require(topic.topic(), wanted.partition());
                    partition.requireUsable(wanted.currentLeaderEpoch());
                    // Absent stays -1, -1: the epoch is older than what this log remembers.
                    partition
                            .log()
                            .endOffsetForEpoch(wanted.leaderEpoch())
                            .ifPresent(
                                    end ->
                                            answer.setLeaderEpoch(end.leaderEpoch())
                                                    .setEndOffset(end.endOffset()));
                } catch (RuntimeException e) {
                    answer.setErrorCode(
                            Refusals.error(context, topic.topic(), wanted.partition(), e).code());
                }
            }
            response.topics()
                    .add(
                            new OffsetForLeaderTopicResult()
                                    .setTopic(topic.topic())
                                    .setPartitions(answers));
        }
        return Future.succeededFuture(response);
    }
}
