package dev.millrace.broker.txn;

import dev.millrace.broker.txn.TxnCommand.ProducerIdAndEpoch;
import dev.millrace.wire.RequestContext;
import io.vertx.core.Future;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.Errors;

/**
 * InitProducerId 0-5. An idempotent producer gets a new id with epoch 0, whatever id it had: it
 * raises its epoch itself (KIP-360). A transactional id keeps its producer id, and every call
 * raises the epoch.
 */
final class InitProducerIdHandler {
    private static final short KNOWS_FENCED = 4;

    private final TxnCoordinator coordinator;

    InitProducerIdHandler(TxnCoordinator coordinator) {
        this.coordinator = coordinator;
    }

    Future<InitProducerIdResponseData> init(
            RequestContext context, InitProducerIdRequestData request) {
        boolean withId = request.producerId() != Transaction.NONE;
        boolean withEpoch = request.producerEpoch() != Transaction.NO_EPOCH;
        String transactionalId = request.transactionalId();
        if (withId != withEpoch || (transactionalId != null && transactionalId.isEmpty())) {
            return Future.succeededFuture(refused(Errors.INVALID_REQUEST));
        }
        if (transactionalId == null) {
            return coordinator
                    .nextProducerId()
                    .map(
                            id ->
                                    new InitProducerIdResponseData()
                                            .setProducerId(id)
                                            .setProducerEpoch((short) 0))
                    .otherwise(failure -> refused(Errors.forException(failure)));
        }
        ProducerIdAndEpoch expected =
                withId
                        ? new ProducerIdAndEpoch(request.producerId(), request.producerEpoch())
                        : null;
        return coordinator
                .onShard(
                        transactionalId,
                        shard ->
                                shard.init(
                                        transactionalId, request.transactionTimeoutMs(), expected))
                .map(
                        answer ->
                                answer.error() == Errors.NONE
                                        ? new InitProducerIdResponseData()
                                                .setProducerId(answer.producerId())
                                                .setProducerEpoch(answer.epoch())
                                        : refused(
                                                FencedError.asKnown(
                                                        context, answer.error(), KNOWS_FENCED)))
                .otherwise(failure -> refused(Errors.forException(failure)));
    }

    private static InitProducerIdResponseData refused(Errors error) {
        return new InitProducerIdResponseData()
                .setErrorCode(error.code())
                .setProducerId(-1)
                .setProducerEpoch((short) -1);
    }
}
