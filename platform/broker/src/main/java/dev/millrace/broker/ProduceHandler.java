package dev.millrace.broker;

import dev.millrace.broker.txn.TxnCoordinator;
import dev.millrace.log.AppendTerms;
import dev.millrace.log.PartitionLog.AppendOrigin;
import dev.millrace.log.PartitionLog.AppendResult;
import dev.millrace.log.RecordErrors;
import dev.millrace.wire.ApiHandler;
import dev.millrace.wire.RecordBytes;
import dev.millrace.wire.RequestContext;
import dev.millrace.wire.record.Codec;
import dev.millrace.wire.record.RecordBatchView;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.InvalidRequiredAcksException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.UnsupportedCompressionTypeException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.BatchIndexAndErrorMessage;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.message.ProduceResponseData.TopicProduceResponse;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * Produce: appends on the partitions' event loops and, with acks=all, answers once the high
 * watermark has passed what was appended. Where one loop owns connection and partitions, the whole
 * request runs to completion in one call.
 */
final class ProduceHandler implements ApiHandler<ProduceRequestData, ProduceResponseData> {
    private static final short ACKS_ALL = -1;
    private static final short FIRST_VERSION_WITH_ZSTD = 7;
    private static final short FIRST_VERSION_WITH_TOPIC_IDS = 13;
    private static final byte CURRENT_MAGIC = 2;
    // Bits of a batch's attributes.
    private static final int CODEC_MASK = 7;
    private static final int TRANSACTIONAL_BIT = 0x10;

    private static final short FIRST_VERSION_WITH_LEADER_HINTS = 10;

    private final Partitions partitions;
    private final LeaderHints hints;
    private final TxnCoordinator transactions;
    private final BooleanSupplier aside;

    /**
     * @param aside whether this broker is cut off: it hangs up on who asks for what others may lead
     *     by now, since it cannot say who does, and clients ask those first whom they are connected
     *     to
     */
    ProduceHandler(
            Partitions partitions,
            LeaderHints hints,
            TxnCoordinator transactions,
            BooleanSupplier aside) {
        this.partitions = partitions;
        this.hints = hints;
        this.transactions = transactions;
        this.aside = aside;
    }

    @Override
    public Future<ProduceResponseData> handle(RequestContext context, ProduceRequestData request) {
        return new Run(context, request).start();
    }

    @Override
    public @Nullable ContextInternal home(ProduceRequestData request) {
        ContextInternal home = null;
        for (TopicProduceData topic : request.topicData()) {
            for (PartitionProduceData data : topic.partitionData()) {
                Partition partition =
                        topic.topicId().equals(Uuid.ZERO_UUID)
                                ? partitions.find(topic.name(), data.index())
                                : partitions.find(topic.topicId(), data.index());
                if (partition == null || (home != null && partition.owner() != home)) {
                    return null;
                }
                home = partition.owner();
            }
        }
        return home;
    }

    /** One request: as many answers as partitions, counted down as they become ready. */
    private final class Run implements TransactionalBatches.Outcome {
        private final RequestContext context;
        private final ProduceRequestData request;
        private final ProduceResponseData response = new ProduceResponseData();
        private final AtomicInteger open = new AtomicInteger(1);
        private @Nullable Promise<ProduceResponseData> promise;
        private volatile @Nullable Throwable failure;

        /** Null while no batch of a transaction was found. */
        private @Nullable TransactionalBatches transactional;

        Run(RequestContext context, ProduceRequestData request) {
            this.context = context;
            this.request = request;
        }

        Future<ProduceResponseData> start() {
            Promise<ProduceResponseData> answered = Promise.promise();
            promise = answered;
            for (TopicProduceData topic : request.topicData()) {
                TopicProduceResponse answers =
                        new TopicProduceResponse()
                                .setName(topic.name())
                                .setTopicId(topic.topicId());
                for (PartitionProduceData partition : topic.partitionData()) {
                    PartitionProduceResponse answer =
                            new PartitionProduceResponse().setIndex(partition.index());
                    answers.partitionResponses().add(answer);
                    open.incrementAndGet();
                    produce(topic, partition, answer);
                }
                response.responses().add(answers);
            }
            if (transactional != null) {
                transactional.start();
            }
            countDown();
            return answered.future();
        }

        private void produce(
                TopicProduceData topic,
                PartitionProduceData data,
                PartitionProduceResponse answer) {
            Partition partition;
            ByteBuffer batches = RecordBytes.of(data);
            try {
                partition =
                        context.version() >= FIRST_VERSION_WITH_TOPIC_IDS
                                ? partitions.require(topic.topicId(), data.index())
                                : partitions.require(topic.name(), data.index());
                requireAllowed(partition, batches);
            } catch (ApiException e) {
                refuse(topic.name(), answer, e);
                countDown();
                return;
            }
            if (isTransactional(batches)) {
                if (transactional == null) {
                    transactional =
                            new TransactionalBatches(
                                    transactions,
                                    request.transactionalId(),
                                    context.version(),
                                    this);
                }
                transactional.add(partition, batches, answer);
            } else if (partition.isOwnerThread()) {
                append(partition, batches, answer, AppendTerms.NONE);
            } else {
                partition
                        .owner()
                        .nettyEventLoop()
                        .execute(() -> append(partition, batches, answer, AppendTerms.NONE));
            }
        }

        private void requireAllowed(Partition partition, ByteBuffer batches) {
            short acks = request.acks();
            if (acks < ACKS_ALL || acks > 1) {
                throw new InvalidRequiredAcksException("acks is -1, 0 or 1, not " + acks);
            }
            if (acks == ACKS_ALL) {
                partition.requireInsyncReplicas();
            }
            String topic = partition.topicPartition().topic();
            if (Topic.isInternal(topic)) {
                throw new InvalidTopicException("only coordinators write to " + topic);
            }
            requireBatch(batches);
            int attributes = attributesOfFirst(batches);
            if (context.version() < FIRST_VERSION_WITH_ZSTD
                    && (attributes & CODEC_MASK) == Codec.ZSTD.id()) {
                throw new UnsupportedCompressionTypeException(
                        "zstd needs Produce v%d, this is v%d"
                                .formatted(FIRST_VERSION_WITH_ZSTD, context.version()));
            }
        }

        @Override
        public void refuse(Partition partition, PartitionProduceResponse answer, Throwable e) {
            refuse(partition.topicPartition().topic(), answer, e);
            countDown();
        }

        /** Owner of the partition. */
        @Override
        public void append(
                Partition partition,
                ByteBuffer batches,
                PartitionProduceResponse answer,
                AppendTerms terms) {
            if (partition.isHeld()) {
                partition.afterHold(() -> append(partition, batches, answer, terms));
                return;
            }
            Future<Void> pending = null;
            try {
                AppendResult result = partition.append(batches, AppendOrigin.CLIENT, terms);
                answer.setBaseOffset(result.baseOffset())
                        .setLogAppendTimeMs(result.logAppendTimeMs())
                        .setLogStartOffset(result.logStartOffset());
                if (request.acks() != 0) {
                    pending =
                            partition.acknowledgeable(
                                    result.lastOffset(),
                                    request.acks() == ACKS_ALL,
                                    request.timeoutMs());
                }
            } catch (RuntimeException e) {
                refuse(partition.topicPartition().topic(), answer, e);
            }
            if (pending == null) {
                countDown();
            } else {
                pending.onComplete(
                        result -> {
                            if (result.failed()) {
                                refuse(partition.topicPartition().topic(), answer, result.cause());
                            }
                            countDown();
                        });
            }
        }

        private void refuse(String topic, PartitionProduceResponse answer, Throwable e) {
            Errors error = Refusals.error(context, topic, answer.index(), e);
            answer.setErrorCode(error.code())
                    .setErrorMessage(e.getMessage())
                    .setBaseOffset(-1)
                    .setLogAppendTimeMs(-1)
                    .setLogStartOffset(-1);
            if (e instanceof RecordErrors known) {
                for (RecordErrors.RecordError record : known.recordErrors()) {
                    answer.recordErrors()
                            .add(
                                    new BatchIndexAndErrorMessage()
                                            .setBatchIndex(record.batchIndex())
                                            .setBatchIndexErrorMessage(record.message()));
                }
            }
            failure = e;
        }

        private void countDown() {
            if (open.decrementAndGet() > 0 || promise == null) {
                return;
            }
            Throwable cause = failure;
            if (cause != null && aside.getAsBoolean() && isAllLedElsewhere()) {
                promise.fail(
                        new DisconnectException("this broker is cut off; others know who leads"));
                return;
            }
            if (cause != null && context.version() >= FIRST_VERSION_WITH_LEADER_HINTS) {
                hints.addTo(response);
            }
            if (request.acks() != 0) {
                promise.complete(response);
            } else if (cause == null) {
                promise.complete(null);
            } else {
                // No response is due: the connection is closed, and the client asks for metadata.
                promise.fail(cause);
            }
        }

        private boolean isAllLedElsewhere() {
            return response.responses().stream()
                    .flatMap(topic -> topic.partitionResponses().stream())
                    .allMatch(answer -> answer.errorCode() == Errors.NOT_LEADER_OR_FOLLOWER.code());
        }
    }

    /** A cut batch is none. What is in a whole one is the log's to check. */
    private static void requireBatch(ByteBuffer batches) {
        int size = batches.remaining();
        int at = batches.position();
        boolean none = size <= RecordBatchView.MAGIC;
        boolean cut =
                !none
                        && batches.get(at + RecordBatchView.MAGIC) == CURRENT_MAGIC
                        && size - RecordBatchView.LENGTH_PREFIX_BYTES
                                < batches.getInt(at + RecordBatchView.LENGTH);
        if (none || cut) {
            throw new InvalidRecordException(
                    "expected a record batch for the partition, got none (%d bytes)"
                            .formatted(size));
        }
    }

    /** A whole header of a transactional batch; with less than that, the log will refuse it. */
    private static boolean isTransactional(ByteBuffer batches) {
        return (attributesOfFirst(batches) & TRANSACTIONAL_BIT) != 0
                && batches.remaining() >= RecordBatchView.HEADER_BYTES;
    }

    /** 0 where there is no batch; the log will say so. */
    private static int attributesOfFirst(ByteBuffer batches) {
        int at = batches.position() + RecordBatchView.ATTRIBUTES;
        return batches.limit() >= at + Short.BYTES ? batches.getShort(at) : 0;
    }
}
