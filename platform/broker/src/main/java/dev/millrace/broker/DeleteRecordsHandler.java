package dev.millrace.broker;

import dev.millrace.wire.ApiHandler;
import dev.millrace.wire.RequestContext;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.DeleteRecordsRequestData;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsPartition;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsTopic;
import org.apache.kafka.common.message.DeleteRecordsResponseData;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsPartitionResult;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsTopicResult;

/** DeleteRecords: raises the log start, on the partitions' own event loops. */
final class DeleteRecordsHandler
        implements ApiHandler<DeleteRecordsRequestData, DeleteRecordsResponseData> {
    private static final long NO_LOW_WATERMARK = -1;

    private final Partitions partitions;

    DeleteRecordsHandler(Partitions partitions) {
        this.partitions = partitions;
    }

    @Override
    public Future<DeleteRecordsResponseData> handle(
            RequestContext context, DeleteRecordsRequestData request) {
        DeleteRecordsResponseData response = new DeleteRecordsResponseData();
        List<Future<?>> deletions = new ArrayList<>();
        for (DeleteRecordsTopic topic : request.topics()) {
            DeleteRecordsTopicResult result = new DeleteRecordsTopicResult().setName(topic.name());
            for (DeleteRecordsPartition wanted : topic.partitions()) {
                DeleteRecordsPartitionResult answer =
                        new DeleteRecordsPartitionResult()
                                .setPartitionIndex(wanted.partitionIndex())
                                .setLowWatermark(NO_LOW_WATERMARK);
                result.partitions().add(answer);
                deletions.add(
                        delete(topic.name(), wanted)
                                .onSuccess(answer::setLowWatermark)
                                .onFailure(
                                        e ->
                                                answer.setErrorCode(
                                                        Refusals.error(
                                                                        context,
                                                                        topic.name(),
                                                                        wanted.partitionIndex(),
                                                                        e)
                                                                .code())));
            }
            response.topics().add(result);
        }
        return Future.join(deletions).map(response).otherwise(response);
    }

    private Future<Long> delete(String topic, DeleteRecordsPartition wanted) {
        Promise<Long> done = Promise.promise();
        try {
            if (Topic.isInternal(topic)) {
                throw new InvalidTopicException("records of " + topic + " are not to be deleted");
            }
            Partition partition = partitions.require(topic, wanted.partitionIndex());
            partition
                    .owner()
                    .nettyEventLoop()
                    .execute(
                            () -> {
                                try {
                                    partition.deleteRecords(wanted.offset()).onComplete(done);
                                } catch (RuntimeException e) {
                                    done.fail(e);
                                }
                            });
        } catch (RuntimeException e) {
            done.fail(e);
        }
        return done.future();
    }
}
