package dev.millrace.broker;

import dev.millrace.log.PartitionLog;
import dev.millrace.log.PartitionLog.TimestampedOffset;
import dev.millrace.wire.ApiHandler;
import dev.millrace.wire.RequestContext;
import io.vertx.core.Future;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.LeaderNotAvailableException;
import org.apache.kafka.common.errors.OffsetNotAvailableException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsTopicResponse;
import org.apache.kafka.common.protocol.Errors;

/**
 * ListOffsets: the ends of a log at once, the offset of a timestamp from a worker, since that may
 * read old segments.
 */
final class ListOffsetsHandler
        implements ApiHandler<ListOffsetsRequestData, ListOffsetsResponseData> {
    // The timestamps that are none, with the version that introduced each.
    private static final long LATEST = -1;
    private static final long EARLIEST = -2;
    private static final long MAX_TIMESTAMP = -3; // v7
    private static final long EARLIEST_LOCAL = -4; // v8
    private static final long LATEST_TIERED = -5; // v9
    private static final long EARLIEST_PENDING_UPLOAD = -6; // v11

    private static final short FIRST_VERSION_WITH_EPOCHS = 4;
    private static final short FIRST_VERSION_WITH_UNKNOWN_END = 5;
    private static final byte READ_COMMITTED = 1;
    private static final int CONSUMER = -1;
    private static final int UNKNOWN = -1;

    private final Partitions partitions;
    private final Workers workers;

    ListOffsetsHandler(Partitions partitions, Workers workers) {
        this.partitions = partitions;
        this.workers = workers;
    }

    @Override
    public Future<ListOffsetsResponseData> handle(
            RequestContext context, ListOffsetsRequestData request) {
        Map<TopicPartition, Integer> times = times(request);
        Set<TopicPartition> seen = new HashSet<>();
        List<Future<?>> lookups = new ArrayList<>();
        List<ListOffsetsTopicResponse> topics = new ArrayList<>();
        for (ListOffsetsTopic topic : request.topics()) {
            List<ListOffsetsPartitionResponse> answers = new ArrayList<>();
            for (ListOffsetsPartition wanted : topic.partitions()) {
                TopicPartition tp = new TopicPartition(topic.name(), wanted.partitionIndex());
                if (!seen.add(tp)) {
                    continue;
                }
                ListOffsetsPartitionResponse answer =
                        new ListOffsetsPartitionResponse()
                                .setPartitionIndex(wanted.partitionIndex())
                                .setTimestamp(UNKNOWN)
                                .setOffset(UNKNOWN)
                                .setLeaderEpoch(UNKNOWN);
                answers.add(answer);
                try {
                    if (times.getOrDefault(tp, 0) > 1) {
                        throw new InvalidRequestException(tp + " is asked for twice");
                    }
                    Partition partition = partitions.require(topic.name(), wanted.partitionIndex());
                    partition.requireUsable(wanted.currentLeaderEpoch());
                    answer(context, request, partition, wanted.timestamp(), answer, lookups);
                } catch (RuntimeException e) {
                    answer.setErrorCode(code(context, topic.name(), answer, e));
                }
            }
            topics.add(new ListOffsetsTopicResponse().setName(topic.name()).setPartitions(answers));
        }
        ListOffsetsResponseData response = new ListOffsetsResponseData().setTopics(topics);
        Future<ListOffsetsResponseData> answered =
                lookups.isEmpty()
                        ? Future.succeededFuture(response)
                        : Future.join(lookups).map(response).otherwise(response);
        return context.version() < FIRST_VERSION_WITH_EPOCHS
                ? answered.map(ListOffsetsHandler::withoutEpochs)
                : answered;
    }

    /** Who is asked for how often; whoever is asked for twice is refused, once. */
    private static Map<TopicPartition, Integer> times(ListOffsetsRequestData request) {
        Map<TopicPartition, Integer> times = new HashMap<>();
        request.topics()
                .forEach(
                        topic ->
                                topic.partitions()
                                        .forEach(
                                                wanted ->
                                                        times.merge(
                                                                new TopicPartition(
                                                                        topic.name(),
                                                                        wanted.partitionIndex()),
                                                                1,
                                                                Integer::sum)));
        return times;
    }

    /** Older versions cannot say an epoch, not even one that nobody needs. */
    private static ListOffsetsResponseData withoutEpochs(ListOffsetsResponseData response) {
        response.topics()
                .forEach(topic -> topic.partitions().forEach(p -> p.setLeaderEpoch(UNKNOWN)));
        return response;
    }

    private void answer(
            RequestContext context,
            ListOffsetsRequestData request,
            Partition partition,
            long timestamp,
            ListOffsetsPartitionResponse answer,
            List<Future<?>> lookups) {
        PartitionLog log = partition.log();
        long end = end(log, request);
        if (request.replicaId() == CONSUMER && endMatters(timestamp) && !partition.knowsEnd()) {
            throw context.version() >= FIRST_VERSION_WITH_UNKNOWN_END
                    ? new OffsetNotAvailableException(unknownEnd(partition))
                    : new LeaderNotAvailableException(unknownEnd(partition));
        }
        if (timestamp == LATEST) {
            answer.setOffset(end).setLeaderEpoch(partition.leaderEpoch());
        } else if (timestamp == EARLIEST
                || (timestamp == EARLIEST_LOCAL && context.version() >= 8)) {
            long start = log.logStartOffset();
            answer.setOffset(start).setLeaderEpoch(log.epochOf(start).orElse(UNKNOWN));
        } else if ((timestamp == LATEST_TIERED && context.version() >= 9)
                || (timestamp == EARLIEST_PENDING_UPLOAD && context.version() >= 11)) {
            // Nothing is tiered: no such offset.
            answer.setLeaderEpoch(UNKNOWN);
        } else if (timestamp >= 0 || (timestamp == MAX_TIMESTAMP && context.version() >= 7)) {
            lookups.add(
                    workers.submit(
                                    () ->
                                            timestamp == MAX_TIMESTAMP
                                                    ? log.maxTimestampOffset()
                                                    : log.offsetForTimestamp(timestamp))
                            .onComplete(
                                    found -> {
                                        if (found.failed()) {
                                            answer.setErrorCode(
                                                    code(context, partition, found.cause()));
                                        } else {
                                            found.result()
                                                    .filter(hit -> hit.offset() < end)
                                                    .ifPresent(hit -> fill(answer, hit));
                                        }
                                    }));
        } else {
            throw new UnsupportedVersionException(
                    "timestamp %d means nothing in version %d"
                            .formatted(timestamp, context.version()));
        }
    }

    /** All but those that ask for the start of the log. */
    private static boolean endMatters(long timestamp) {
        return timestamp == LATEST || timestamp >= 0 || timestamp == MAX_TIMESTAMP;
    }

    private static String unknownEnd(Partition partition) {
        return "%s: what was there when leader epoch %d began is not committed again yet; retry"
                .formatted(partition.topicPartition(), partition.leaderEpoch());
    }

    private static void fill(ListOffsetsPartitionResponse answer, TimestampedOffset hit) {
        answer.setOffset(hit.offset())
                .setTimestamp(hit.timestampMs())
                .setLeaderEpoch(hit.leaderEpoch());
    }

    private static short code(RequestContext context, Partition partition, Throwable cause) {
        TopicPartition tp = partition.topicPartition();
        return Refusals.error(
                        context,
                        tp.topic(),
                        tp.partition(),
                        cause instanceof IOException
                                ? Errors.KAFKA_STORAGE_ERROR.exception(cause.getMessage())
                                : cause)
                .code();
    }

    private static short code(
            RequestContext context,
            String topic,
            ListOffsetsPartitionResponse answer,
            RuntimeException cause) {
        return Refusals.error(context, topic, answer.partitionIndex(), cause).code();
    }

    private static long end(PartitionLog log, ListOffsetsRequestData request) {
        if (request.replicaId() != CONSUMER) {
            return log.logEndOffset();
        }
        return request.isolationLevel() == READ_COMMITTED
                ? log.lastStableOffset()
                : log.highWatermark();
    }
}
