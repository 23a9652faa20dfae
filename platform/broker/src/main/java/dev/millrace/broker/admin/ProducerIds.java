package dev.millrace.broker.admin;

import dev.millrace.cluster.Cluster;
import dev.millrace.wire.RequestContext;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayDeque;
import java.util.Queue;
import org.apache.kafka.common.errors.CoordinatorLoadInProgressException;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands out producer ids (InitProducerId 0-5) from blocks that the journal gives to this node
 * alone, so that no id is ever used twice, whoever fails. What is left of a block when the node
 * stops is lost.
 *
 * <p>An idempotent producer gets a new id with epoch 0, whatever id it had: it raises its epoch
 * itself (KIP-360); only transactional ids keep their producer id, and there are none yet.
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

    Future<InitProducerIdResponseData> init(
            RequestContext context, InitProducerIdRequestData request) {
        if (request.transactionalId() != null) {
            return Future.succeededFuture(refused(Errors.INVALID_REQUEST));
        }
        return next().map(
                        id ->
                                new InitProducerIdResponseData()
                                        .setProducerId(id)
                                        .setProducerEpoch((short) 0))
                .otherwise(failure -> refused(Errors.forException(failure)));
    }

    private static InitProducerIdResponseData refused(Errors error) {
        return new InitProducerIdResponseData()
                .setErrorCode(error.code())
                .setProducerId(-1)
                .setProducerEpoch((short) -1);
    }

    /** From any thread. */
    Future<Long> next() {
        Promise<Long> promise = Promise.promise();
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
