package dev.millrace.broker;

import dev.millrace.log.PartitionLog;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Cuts off what a follower has and its leader does not. A worker does it, since it is not done
 * before it is durable; the partition is held meanwhile, and whatever happens to it waits.
 */
final class LogCuts {
    private static final Logger LOG = LoggerFactory.getLogger(LogCuts.class);

    private final Workers workers;
    private final ReplicaMoves moves;

    LogCuts(Workers workers, ReplicaMoves moves) {
        this.workers = workers;
        this.moves = moves;
    }

    private interface Cut {
        void of(PartitionLog log) throws IOException;
    }

    /**
     * Everything at and above {@code offset}. Owner; the partition is not held.
     *
     * @return completes on the owner
     */
    Future<Void> to(Partition partition, long offset) {
        PartitionLog log = partition.log();
        LOG.info(
                "{}: cuts its log from {} to {}, as its leader in epoch {} has it",
                partition.topicPartition(),
                log.logEndOffset(),
                offset,
                partition.leaderEpoch());
        return cut(partition, cut -> cut.truncateTo(offset));
    }

    /** Everything; goes on at {@code offset}. Owner; the partition is not held. */
    Future<Void> startAt(Partition partition, long offset) {
        PartitionLog log = partition.log();
        LOG.info(
                "{}: gives up its log, {} to {}: its leader in epoch {} has nothing before {}",
                partition.topicPartition(),
                log.logStartOffset(),
                log.logEndOffset(),
                partition.leaderEpoch(),
                offset);
        return cut(partition, cut -> cut.truncateFullyAndStartAt(offset));
    }

    private Future<Void> cut(Partition partition, Cut cut) {
        partition.hold();
        Promise<Void> done = Promise.promise();
        PartitionLog log = partition.log();
        workers.submit(
                        () -> {
                            Runnable moveAgain = moves.interrupt(partition);
                            cut.of(log);
                            return moveAgain;
                        })
                .onComplete(
                        result ->
                                partition
                                        .owner()
                                        .nettyEventLoop()
                                        .execute(() -> finish(partition, result, done)));
        return done.future();
    }

    /** Owner of the partition. */
    private void finish(Partition partition, AsyncResult<Runnable> result, Promise<Void> done) {
        Throwable cause = result.cause();
        if (cause instanceof IOException) {
            partition.broken(cause);
        }
        // What has waited may make it a leader: it finds the log as it is now.
        partition.release();
        if (cause == null) {
            workers.submit(
                    () -> {
                        result.result().run();
                        return true;
                    });
            done.complete();
        } else {
            done.fail(cause);
        }
    }
}
