package dev.millrace.broker;

import dev.millrace.log.PartitionLog;
import dev.millrace.wire.RequestContext;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;

/**
 * What one Fetch asks for.
 *
 * @param consumer not a replica, so reads no further than the high watermark
 * @param stable read_committed: reads no further than the last stable offset
 * @param zstd whether the reader knows that codec
 * @param maxBytes bound on the records of the answer, the client's or ours
 */
record FetchTerms(
        Partitions partitions,
        FetchRequestData request,
        boolean topicIds,
        boolean consumer,
        boolean stable,
        boolean zstd,
        int maxBytes) {
    private static final short FIRST_VERSION_WITH_ZSTD = 10;
    private static final short FIRST_VERSION_WITH_TOPIC_IDS = 13;
    private static final short FIRST_VERSION_WITH_REPLICA_STATE = 15;
    private static final int CONSUMER = -1;
    private static final byte READ_COMMITTED = 1;

    static FetchTerms of(
            RequestContext context,
            FetchRequestData request,
            Partitions partitions,
            int brokerMaxBytes) {
        int replicaId =
                context.version() >= FIRST_VERSION_WITH_REPLICA_STATE
                        ? request.replicaState().replicaId()
                        : request.replicaId();
        return new FetchTerms(
                partitions,
                request,
                context.version() >= FIRST_VERSION_WITH_TOPIC_IDS,
                replicaId == CONSUMER,
                request.isolationLevel() == READ_COMMITTED,
                context.version() >= FIRST_VERSION_WITH_ZSTD,
                Math.min(brokerMaxBytes, Math.max(request.maxBytes(), 0)));
    }

    /**
     * @throws org.apache.kafka.common.errors.ApiException not here
     */
    Partition find(FetchTopic topic, int partition) {
        return topicIds
                ? partitions.require(topic.topicId(), partition)
                : partitions.require(topic.topic(), partition);
    }

    /** Exclusive end of what this reader may see. */
    long end(PartitionLog log) {
        if (!consumer) {
            return log.logEndOffset();
        }
        return stable ? log.lastStableOffset() : log.highWatermark();
    }
}
