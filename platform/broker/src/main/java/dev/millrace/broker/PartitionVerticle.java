package dev.millrace.broker;

import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.internal.ContextInternal;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;

/**
 * One event loop that owns partitions and connections. Nothing else appends to the logs of its
 * partitions.
 */
final class PartitionVerticle extends VerticleBase {
    private final Partitions partitions;
    private final long retentionCheckIntervalMs;
    private final long flushCheckIntervalMs;

    PartitionVerticle(
            Partitions partitions, long retentionCheckIntervalMs, long flushCheckIntervalMs) {
        this.flushCheckIntervalMs = flushCheckIntervalMs;
        this.partitions = partitions;
        this.retentionCheckIntervalMs = retentionCheckIntervalMs;
    }

    ContextInternal loop() {
        return (ContextInternal) context;
    }

    @Override
    public Future<?> start() {
        vertx.setPeriodic(retentionCheckIntervalMs, id -> enforceRetention());
        vertx.setPeriodic(flushCheckIntervalMs, id -> flushOld());
        return Future.succeededFuture();
    }

    /** One partition a turn, so that requests come in between. */
    private void enforceRetention() {
        long delayMs = 0;
        for (Partition partition : partitions.all()) {
            if (partition.isOwnerThread()) {
                loop().nettyEventLoop()
                        .schedule(partition::enforceRetention, delayMs++, TimeUnit.MILLISECONDS);
            }
        }
    }

    private void flushOld() {
        for (Partition partition : partitions.all()) {
            if (partition.isOwnerThread()) {
                partition.flushIfOld();
            }
        }
    }

    @Override
    public Future<?> stop() {
        for (Partition partition : partitions.all()) {
            if (partition.isOwnerThread()) {
                partition.retire(
                        new NotLeaderOrFollowerException(
                                partition.topicPartition() + ": this broker shuts down"));
            }
        }
        return Future.succeededFuture();
    }
}
