package dev.millrace.broker;

import dev.millrace.broker.txn.TxnMarker;
import dev.millrace.broker.txn.TxnMarkers;
import dev.millrace.wire.ApiHandler;
import dev.millrace.wire.RequestContext;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData.WritableTxnMarker;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData.WritableTxnMarkerTopic;
import org.apache.kafka.common.message.WriteTxnMarkersResponseData;
import org.apache.kafka.common.message.WriteTxnMarkersResponseData.WritableTxnMarkerPartitionResult;
import org.apache.kafka.common.message.WriteTxnMarkersResponseData.WritableTxnMarkerResult;
import org.apache.kafka.common.message.WriteTxnMarkersResponseData.WritableTxnMarkerTopicResult;

/**
 * WriteTxnMarkers 1-2: what coordinators send to the leaders of partitions, and an operator who
 * aborts a transaction that hangs ({@code kafka-transactions abort}).
 */
final class WriteTxnMarkersHandler
        implements ApiHandler<WriteTxnMarkersRequestData, WriteTxnMarkersResponseData> {
    private final TxnMarkers markers;

    WriteTxnMarkersHandler(TxnMarkers markers) {
        this.markers = markers;
    }

    @Override
    public Future<WriteTxnMarkersResponseData> handle(
            RequestContext context, WriteTxnMarkersRequestData request) {
        WriteTxnMarkersResponseData response = new WriteTxnMarkersResponseData();
        List<Future<Void>> written = new ArrayList<>();
        for (WritableTxnMarker marker : request.markers()) {
            WritableTxnMarkerResult result =
                    new WritableTxnMarkerResult().setProducerId(marker.producerId());
            response.markers().add(result);
            for (WritableTxnMarkerTopic topic : marker.topics()) {
                WritableTxnMarkerTopicResult answers =
                        new WritableTxnMarkerTopicResult().setName(topic.name());
                result.topics().add(answers);
                for (int index : topic.partitionIndexes()) {
                    WritableTxnMarkerPartitionResult answer =
                            new WritableTxnMarkerPartitionResult().setPartitionIndex(index);
                    answers.partitions().add(answer);
                    written.add(write(context, marker, topic.name(), index, answer));
                }
            }
        }
        return written.isEmpty()
                ? Future.succeededFuture(response)
                : Future.join(written).map(response);
    }

    /** Succeeds with the error in {@code answer}. */
    private Future<Void> write(
            RequestContext context,
            WritableTxnMarker marker,
            String topic,
            int index,
            WritableTxnMarkerPartitionResult answer) {
        return markers.write(
                        new TopicPartition(topic, index),
                        new TxnMarker(
                                marker.producerId(),
                                marker.producerEpoch(),
                                marker.transactionResult(),
                                marker.coordinatorEpoch(),
                                marker.transactionVersion()))
                .otherwise(
                        failure -> {
                            answer.setErrorCode(
                                    Refusals.error(context, topic, index, failure).code());
                            return null;
                        });
    }
}
