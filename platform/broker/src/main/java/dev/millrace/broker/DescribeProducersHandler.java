package dev.millrace.broker;

import dev.millrace.log.ProducerView;
import dev.millrace.wire.ApiHandler;
import dev.millrace.wire.RequestContext;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.DescribeProducersRequestData;
import org.apache.kafka.common.message.DescribeProducersRequestData.TopicRequest;
import org.apache.kafka.common.message.DescribeProducersResponseData;
import org.apache.kafka.common.message.DescribeProducersResponseData.PartitionResponse;
import org.apache.kafka.common.message.DescribeProducersResponseData.ProducerState;
import org.apache.kafka.common.message.DescribeProducersResponseData.TopicResponse;

/** DescribeProducers: who writes to a partition, and since when a transaction is open (KIP-664). */
final class DescribeProducersHandler
        implements ApiHandler<DescribeProducersRequestData, DescribeProducersResponseData> {
    private final Partitions partitions;

    DescribeProducersHandler(Partitions partitions) {
        this.partitions = partitions;
    }

    @Override
    public Future<DescribeProducersResponseData> handle(
            RequestContext context, DescribeProducersRequestData request) {
        DescribeProducersResponseData response = new DescribeProducersResponseData();
        List<Future<Void>> described = new ArrayList<>();
        for (TopicRequest topic : request.topics()) {
            TopicResponse answers = new TopicResponse().setName(topic.name());
            response.topics().add(answers);
            for (int index : topic.partitionIndexes()) {
                PartitionResponse answer = new PartitionResponse().setPartitionIndex(index);
                answers.partitions().add(answer);
                described.add(
                        describe(topic.name(), index, answer)
                                .otherwise(
                                        failure -> {
                                            answer.setErrorCode(
                                                            Refusals.error(
                                                                            context,
                                                                            topic.name(),
                                                                            index,
                                                                            failure)
                                                                    .code())
                                                    .setErrorMessage(failure.getMessage());
                                            return null;
                                        }));
            }
        }
        return described.isEmpty()
                ? Future.succeededFuture(response)
                : Future.join(described).map(response);
    }

    private Future<Void> describe(String topic, int index, PartitionResponse answer) {
        Partition partition;
        try {
            Topic.validate(topic);
            partition = partitions.require(topic, index);
            partition.requireUsable(Partition.NO_EPOCH);
        } catch (ApiException e) {
            return Future.failedFuture(e);
        }
        ContextInternal context = ContextInternal.current();
        Promise<Void> promise = context == null ? Promise.promise() : context.promise();
        partition
                .owner()
                .nettyEventLoop()
                .execute(
                        () -> {
                            partition
                                    .log()
                                    .producers()
                                    .forEach(view -> answer.activeProducers().add(state(view)));
                            promise.complete();
                        });
        return promise.future();
    }

    private static ProducerState state(ProducerView view) {
        return new ProducerState()
                .setProducerId(view.producerId())
                .setProducerEpoch(view.epoch())
                .setLastSequence(view.lastSequence())
                .setLastTimestamp(view.lastTimestampMs())
                .setCoordinatorEpoch(view.coordinatorEpoch())
                .setCurrentTxnStartOffset(view.txnFirstOffset());
    }
}
