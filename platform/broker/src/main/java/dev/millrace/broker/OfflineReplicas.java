package dev.millrace.broker;

import dev.millrace.cluster.MetadataImage;
import java.util.ArrayList;
import java.util.List;

/**
 * Which of this broker's replicas lie in a log directory that is offline. Such a replica does not
 * lead, whatever the image says: as the only one of its partition, it leaves it without a leader
 * and with nobody in sync, but eligible once the directory is back. Any thread.
 */
@FunctionalInterface
public interface OfflineReplicas {
    OfflineReplicas NONE = (topic, partition) -> false;

    boolean isOffline(String topic, int partition);

    /** The partition as clients are told of it. */
    default MetadataImage.Partition shown(
            String topic, MetadataImage.Partition partition, int nodeId) {
        if (!partition.replicas().contains(nodeId) || !isOffline(topic, partition.index())) {
            return partition;
        }
        List<Integer> isr = new ArrayList<>(partition.isr());
        isr.remove(Integer.valueOf(nodeId));
        return new MetadataImage.Partition(
                partition.index(),
                partition.leader() == nodeId ? -1 : partition.leader(),
                partition.leaderEpoch(),
                partition.partitionEpoch(),
                partition.replicas(),
                List.copyOf(isr));
    }
}
