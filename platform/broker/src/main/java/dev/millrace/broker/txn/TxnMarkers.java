package dev.millrace.broker.txn;

import io.vertx.core.Future;
import org.apache.kafka.common.TopicPartition;

/** Writes markers where the partitions are led. Any thread. */
public interface TxnMarkers {
    /**
     * @return completes when the marker is committed and its effect visible; fails with
     *     UNKNOWN_TOPIC_OR_PARTITION if there is no such partition, NOT_LEADER_OR_FOLLOWER and
     *     others that a retry may help, INVALID_PRODUCER_EPOCH if a later epoch has written there,
     *     TRANSACTION_COORDINATOR_FENCED if a later coordinator has
     */
    Future<Void> write(TopicPartition partition, TxnMarker marker);
}
