package dev.millrace.broker.txn;

import dev.millrace.wire.RequestContext;
import io.vertx.core.Future;
import org.apache.kafka.common.message.EndTxnRequestData;
import org.apache.kafka.common.message.EndTxnResponseData;
import org.apache.kafka.common.protocol.Errors;

/**
 * EndTxn 0-5: answered once the decision is in the log. From version 5 on the client speaks
 * transactions v2 and goes on with the producer id and epoch of the answer.
 */
final class EndTxnHandler {
    private static final short KNOWS_FENCED = 2;
    private static final short TRANSACTIONS_V2 = 5;

    private final TxnCoordinator coordinator;

    EndTxnHandler(TxnCoordinator coordinator) {
        this.coordinator = coordinator;
    }

    Future<EndTxnResponseData> end(RequestContext context, EndTxnRequestData request) {
        String transactionalId = request.transactionalId();
        if (transactionalId.isEmpty()) {
            return Future.succeededFuture(refused(Errors.INVALID_REQUEST));
        }
        short version = context.version() >= TRANSACTIONS_V2 ? Transaction.EPOCH_RAISED : 0;
        return coordinator
                .onShard(
                        transactionalId,
                        shard ->
                                shard.end(
                                        transactionalId,
                                        request.producerId(),
                                        request.producerEpoch(),
                                        request.committed(),
                                        version))
                .map(
                        answer ->
                                answer.error() == Errors.NONE
                                        ? new EndTxnResponseData()
                                                .setProducerId(answer.producerId())
                                                .setProducerEpoch(answer.epoch())
                                        : refused(
                                                FencedError.asKnown(
                                                        context, answer.error(), KNOWS_FENCED)))
                .otherwise(failure -> refused(Errors.forException(failure)));
    }

    private static EndTxnResponseData refused(Errors error) {
        return new EndTxnResponseData().setErrorCode(error.code());
    }
}
