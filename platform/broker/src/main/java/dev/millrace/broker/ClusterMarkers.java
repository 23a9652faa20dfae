package dev.millrace.broker;

import dev.millrace.broker.txn.TxnMarker;
import dev.millrace.broker.txn.TxnMarkers;
import dev.millrace.cluster.MetadataImage;
import io.vertx.core.Future;
import java.util.List;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData.WritableTxnMarker;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData.WritableTxnMarkerTopic;
import org.apache.kafka.common.message.WriteTxnMarkersResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/** Writes the ends of transactions where their partitions are led, here or elsewhere. */
final class ClusterMarkers implements TxnMarkers {
    private static final short VERSION = 2;

    private final int nodeId;
    private final Supplier<MetadataImage> image;
    private final TxnMarkers here;
    private final PeerRequests peers;

    ClusterMarkers(int nodeId, Supplier<MetadataImage> image, TxnMarkers here, PeerRequests peers) {
        this.nodeId = nodeId;
        this.image = image;
        this.here = here;
        this.peers = peers;
    }

    @Override
    public Future<Void> write(TopicPartition partition, TxnMarker marker) {
        MetadataImage.Topic topic = image.get().topics().get(partition.topic());
        if (topic == null || partition.partition() >= topic.partitions().size()) {
            return here.write(partition, marker);
        }
        int leader = topic.partitions().get(partition.partition()).leader();
        if (leader == nodeId) {
            return here.write(partition, marker);
        }
        return leader < 0
                ? Future.failedFuture(
                        new NotLeaderOrFollowerException(partition + " has no leader"))
                : peers.ask(leader, ApiKeys.WRITE_TXN_MARKERS, VERSION, request(partition, marker))
                        .compose(ClusterMarkers::written);
    }

    private static WriteTxnMarkersRequestData request(TopicPartition partition, TxnMarker marker) {
        return new WriteTxnMarkersRequestData()
                .setMarkers(
                        List.of(
                                new WritableTxnMarker()
                                        .setProducerId(marker.producerId())
                                        .setProducerEpoch(marker.producerEpoch())
                                        .setTransactionResult(marker.commit())
                                        .setCoordinatorEpoch(marker.coordinatorEpoch())
                                        .setTransactionVersion((byte) marker.version())
                                        .setTopics(
                                                List.of(
                                                        new WritableTxnMarkerTopic()
                                                                .setName(partition.topic())
                                                                .setPartitionIndexes(
                                                                        List.of(
                                                                                partition
                                                                                        .partition()))))));
    }

    private static Future<Void> written(ApiMessage response) {
        Errors error =
                Errors.forCode(
                        ((WriteTxnMarkersResponseData) response)
                                .markers()
                                .get(0)
                                .topics()
                                .get(0)
                                .partitions()
                                .get(0)
                                .errorCode());
        return error == Errors.NONE
                ? Future.succeededFuture()
                : Future.failedFuture(error.exception());
    }
}
