package dev.millrace.broker.txn;

import dev.millrace.cluster.Cluster;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import java.util.ArrayDeque;
import java.util.Queue;
import org.apache.kafka.common.errors.CoordinatorLoadInProgressException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands out producer ids from blocks that the journal gives to this node alone, so that no id is
 * ever used twice, whoever fails. What is left of a block when the node stops is lost.
 */
final class ProducerIds {
    private static final Logger log = LoggerFactory.getLogger(ProducerIds.class);

    static final int BLOCK_SIZE = 1_000;

    /** Requests that wait for a block; more are told to come back. */
    private static final int MAX_WAITING = 10_000;

    private final Cluster cluster;
    private final Context loop;

    // Loop only.
    private final Queue<Promise<Long>> waiting = new ArrayDeque<>();
    private long nextId;
    private long endId;
    private boolean asking;

    ProducerIds(Vertx vertx, Cluster cluster) {
        this.cluster = cluster;
        this.loop = vertx.getOrCreateContext();
        // The first producer should not wait for a round through the journal.
        loop.runOnContext(now -> askForBlock());
    }

    /** From any thread; on the caller's context. */
    Future<Long> next() {
        ContextInternal context = ContextInternal.current();
        Promise<Long> promise = context == null ? Promise.promise() : context.promise();
        loop.runOnContext(
                now -> {
                    if (waiting.size() >= MAX_WAITING) {
                        promise.fail(
                                new CoordinatorLoadInProgressException(
                                        "producer ids are being allocated; retry"));
                        return;
                    }
                    waiting.add(promise);
                    serve();
                });
        return promise.future();
    }

    private void serve() {
        while (nextId < endId && !waiting.isEmpty()) {
            waiting.remove().complete(nextId++);
        }
        if (!waiting.isEmpty()) {
            askForBlock();
        }
    }

    private void askForBlock() {
        if (asking) {
            return;
        }
        asking = true;
        Future.fromCompletionStage(cluster.allocateProducerIds(BLOCK_SIZE), loop)
                .onComplete(
                        block -> {
                            asking = false;
                            if (block.succeeded()) {
                                nextId = block.result();
                                endId = nextId + BLOCK_SIZE;
                                serve();
                            } else {
                                failWaiting(block.cause());
                            }
                        });
    }

    private void failWaiting(Throwable cause) {
        log.warn("no producer ids could be allocated; clients retry: {}", cause.toString());
        while (!waiting.isEmpty()) {
            // Retriable for every client, unlike what the journal may have failed with.
            waiting.remove()
                    .fail(
                            new CoordinatorLoadInProgressException(
                                    "producer ids could not be allocated: " + cause.getMessage()));
        }
    }
}
