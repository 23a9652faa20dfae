package dev.millrace.broker;

import dev.millrace.broker.group.GroupCoordinator;
import dev.millrace.broker.txn.TxnMarker;
import dev.millrace.broker.txn.TxnMarkers;
import dev.millrace.log.AppendTerms;
import dev.millrace.log.PartitionLog.AppendOrigin;
import dev.millrace.log.PartitionLog.AppendResult;
import dev.millrace.wire.record.RecordBatchBuilder;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.protocol.Errors;

/**
 * Writes the ends of transactions into partitions led here, on their owners' loops. Those of the
 * offsets topic go through the group coordinator, for which they make offsets hold.
 */
final class PartitionMarkers implements TxnMarkers {
    /**
     * Then the coordinator, who is not done before the marker is, asks again. Below the silence
     * after which a connection between brokers is given up, which others wait on too.
     */
    private static final int TIMEOUT_MS = 4_000;

    private final Partitions partitions;
    private final GroupCoordinator groups;

    PartitionMarkers(Partitions partitions, GroupCoordinator groups) {
        this.partitions = partitions;
        this.groups = groups;
    }

    @Override
    public Future<Void> write(TopicPartition tp, TxnMarker marker) {
        if (tp.topic().equals(GroupCoordinator.OFFSETS_TOPIC)) {
            return groups.endTransaction(tp.partition(), marker)
                    .recover(failure -> Future.failedFuture(asOfPartition(failure)));
        }
        ContextInternal context = ContextInternal.current();
        Promise<Void> promise = context == null ? Promise.promise() : context.promise();
        Partition partition;
        try {
            partition = partitions.require(tp.topic(), tp.partition());
        } catch (ApiException e) {
            promise.fail(e);
            return promise.future();
        }
        if (partition.isOwnerThread()) {
            append(partition, marker, promise);
        } else {
            partition.owner().nettyEventLoop().execute(() -> append(partition, marker, promise));
        }
        return promise.future();
    }

    /** A coordinator is not ready or not here: look for the leader of the partition again. */
    private static Throwable asOfPartition(Throwable failure) {
        return switch (Errors.forException(failure)) {
            case COORDINATOR_NOT_AVAILABLE, COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR ->
                    new NotLeaderOrFollowerException(failure.getMessage(), failure);
            default -> failure;
        };
    }

    /** Owner of the partition. */
    private static void append(Partition partition, TxnMarker marker, Promise<Void> promise) {
        Future<Void> pending;
        try {
            partition.requireInsyncReplicas();
            AppendResult result =
                    partition.append(
                            RecordBatchBuilder.endTransaction(
                                    marker.producerId(),
                                    marker.producerEpoch(),
                                    marker.commit(),
                                    marker.coordinatorEpoch(),
                                    System.currentTimeMillis()),
                            AppendOrigin.COORDINATOR,
                            AppendTerms.marker(marker.version()));
            pending = partition.acknowledgeable(result.lastOffset(), true, TIMEOUT_MS);
        } catch (RuntimeException e) {
            promise.fail(e);
            return;
        }
        if (pending == null) {
            promise.complete();
        } else {
            pending.onComplete(promise);
        }
    }
}
