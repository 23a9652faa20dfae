package dev.millrace.broker;

import dev.millrace.cluster.Cluster;
import dev.millrace.cluster.MetadataImage;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;
import java.util.function.IntUnaryOperator;
import org.apache.kafka.common.errors.CoordinatorNotAvailableException;

/** Which broker coordinates: the leader of a partition of an internal topic. Any thread. */
public final class CoordinatorLookup {
    private CoordinatorLookup() {}

    /**
     * Creates the topic if there is none yet.
     *
     * @param partitionOf from the number of partitions, the one that keeps what is asked for
     * @return fails with COORDINATOR_NOT_AVAILABLE while the partition has no leader, and while
     *     this broker would name itself and is cut off: others know better
     */
    public static Future<MetadataImage.BrokerRegistration> find(
            Cluster cluster, CoordinatorLog log, String topic, IntUnaryOperator partitionOf) {
        Optional<MetadataImage.Topic> existing = cluster.image().topic(topic);
        Future<Integer> count =
                existing.isPresent()
                        ? Future.succeededFuture(existing.get().partitions().size())
                        : log.partitions();
        return count.compose(
                partitions -> {
                    MetadataImage image = cluster.image();
                    List<MetadataImage.Partition> led =
                            image.topic(topic)
                                    .map(MetadataImage.Topic::partitions)
                                    .orElse(List.of());
                    int partition = partitionOf.applyAsInt(partitions);
                    if (partition < led.size()
                            && led.get(partition).leader() == cluster.nodeId()
                            && log.standsAside(partition)) {
                        return Future.failedFuture(
                                new CoordinatorNotAvailableException(
                                        "node %d, which led %s-%d, is cut off; ask another"
                                                .formatted(cluster.nodeId(), topic, partition)));
                    }
                    MetadataImage.BrokerRegistration broker =
                            partition < led.size()
                                    ? image.brokers().get(led.get(partition).leader())
                                    : null;
                    return broker == null
                            ? Future.failedFuture(
                                    new CoordinatorNotAvailableException(
                                            "%s-%d has no leader at the moment; retry"
                                                    .formatted(topic, partition)))
                            : Future.succeededFuture(broker);
                });
    }
}
