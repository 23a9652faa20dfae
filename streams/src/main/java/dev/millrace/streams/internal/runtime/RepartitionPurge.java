package dev.millrace.streams.internal.runtime;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes what the application has read of its repartition topics, which have no retention of their
 * own: up to the committed offsets, for nothing is read again below them. One request at a time,
 * sent and forgotten: the next one deletes what a failed one left.
 */
final class RepartitionPurge {
    private static final Logger LOG = LoggerFactory.getLogger(RepartitionPurge.class);

    private final Admin admin;
    private final Set<String> topics;
    private final long intervalMs;
    private final LongSupplier clockMs;
    private final Map<TopicPartition, Long> read = new HashMap<>();
    private @Nullable KafkaFuture<Void> request;
    private long lastMs;

    /**
     * @param topics repartition topics, as they are named on the cluster
     * @param intervalMs at least this long between two requests
     */
    RepartitionPurge(
            Admin admin, Collection<String> topics, long intervalMs, LongSupplier clockMs) {
        this.admin = admin;
        this.topics = Set.copyOf(topics);
        this.intervalMs = intervalMs;
        this.clockMs = clockMs;
        this.lastMs = clockMs.getAsLong();
    }

    /** Never blocks. */
    void committed(Map<TopicPartition, OffsetAndMetadata> offsets) {
        offsets.forEach(
                (partition, offset) -> {
                    if (topics.contains(partition.topic()) && offset.offset() > 0) {
                        read.put(partition, offset.offset());
                    }
                });
        long nowMs = clockMs.getAsLong();
        boolean underWay = request != null && !request.isDone();
        if (!read.isEmpty() && !underWay && nowMs - lastMs >= intervalMs) {
            lastMs = nowMs;
            send();
        }
    }

    private void send() {
        Map<TopicPartition, RecordsToDelete> deletions = new HashMap<>();
        read.forEach(
                (partition, offset) ->
                        deletions.put(partition, RecordsToDelete.beforeOffset(offset)));
        read.clear();
        request = admin.deleteRecords(deletions).all();
        request.whenComplete(
                (done, failure) -> {
                    if (failure != null) {
                        LOG.warn(
                                "Cannot delete what was read of {}, tries again later: {}",
                                deletions.keySet(),
                                failure.getMessage());
                    }
                });
    }
}
