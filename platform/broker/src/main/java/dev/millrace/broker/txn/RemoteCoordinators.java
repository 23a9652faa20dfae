package dev.millrace.broker.txn;

import io.vertx.core.Future;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;

/** Transaction coordinators of other brokers, asked by those who lead partitions. Any thread. */
public interface RemoteCoordinators {
    /** Of a broker that is alone. */
    RemoteCoordinators NONE =
            (nodeId, transactionalId, producerId, epoch, partitions, add) ->
                    Future.failedFuture(Errors.NOT_COORDINATOR.exception());

    /**
     * @param nodeId who coordinates the id, as far as is known here
     * @param add the partitions become part of the transaction; else it is asked whether they are
     * @return the error of each partition
     */
    Future<Map<TopicPartition, Errors>> admit(
            int nodeId,
            String transactionalId,
            long producerId,
            short epoch,
            Set<TopicPartition> partitions,
            boolean add);
}
