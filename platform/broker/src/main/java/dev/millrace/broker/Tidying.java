package dev.millrace.broker;

import dev.millrace.log.PartitionLog;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets a worker do what a roll or retention has left to be done to the files of one partition, one
 * piece of work at a time. The partition's owner only.
 */
final class Tidying {
    private static final Logger LOG = LoggerFactory.getLogger(Tidying.class);

    private final Partition partition;
    private final Workers workers;

    /** Completes when what is under way is done; null while nothing is. */
    private @Nullable Promise<Void> underWay;

    Tidying(Partition partition, Workers workers) {
        this.partition = partition;
        this.workers = workers;
    }

    void ifDue() {
        PartitionLog tidied = partition.log();
        if (underWay == null && tidied.tidyDue()) {
            underWay = partition.owner().promise();
            workers.submit(
                            () -> {
                                tidied.tidy();
                                return true;
                            })
                    .onComplete(
                            result ->
                                    partition.owner().nettyEventLoop().execute(() -> done(result)));
        }
    }

    private void done(AsyncResult<Boolean> result) {
        Promise<Void> promise = underWay;
        underWay = null;
        if (result.succeeded()) {
            // More may have come since it began. After a failure the next roll tries again.
            ifDue();
        } else if (!partition.isOver()) {
            LOG.warn("{}: files were not tidied", partition.topicPartition(), result.cause());
        }
        if (promise != null) {
            finish(promise, result);
        }
    }

    private void finish(Promise<Void> promise, AsyncResult<Boolean> result) {
        if (result.succeeded()) {
            promise.complete();
        } else {
            Throwable cause = result.cause();
            promise.fail(cause instanceof IOException ? partition.broken(cause) : cause);
        }
    }

    /** Completes when all that was given up so far is renamed away. */
    Future<Void> all() {
        Promise<Void> before = underWay;
        if (before == null) {
            ifDue();
            return current();
        }
        // It may have begun before the newest work was there; the one that follows has not.
        return before.future().compose(done -> current());
    }

    private Future<Void> current() {
        Promise<Void> promise = underWay;
        return promise == null ? Future.succeededFuture() : promise.future();
    }
}
