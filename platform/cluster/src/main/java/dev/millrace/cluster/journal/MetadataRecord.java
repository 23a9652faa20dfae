package dev.millrace.cluster.journal;

import dev.millrace.cluster.MetadataImage.Partition;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;

/**
 * A fact in the journal: what was decided, never why or whether. Replaying is therefore the same in
 * every later version of the code, however the rules of deciding change.
 */
public sealed interface MetadataRecord {

    /** The first record of a journal. */
    record ClusterFormatted(String clusterId) implements MetadataRecord {}

    /**
     * A broker (re)started.
     *
     * @param brokerEpoch 0 = the index of the journal entry that holds this record; otherwise
     *     explicit, as in snapshots
     */
    record BrokerRegistered(
            int nodeId, long brokerEpoch, String host, int port, String rack, boolean fenced)
            implements MetadataRecord {}

    /** The topic with its configs as they are at creation; in snapshots as it is now. */
    record TopicCreated(
            String name, Uuid id, List<Partition> partitions, Map<String, String> configs)
            implements MetadataRecord {}

    /** The topic is gone, and its configs with it. */
    record TopicDeleted(Uuid id) implements MetadataRecord {}

    /** New partitions, numbered on from the topic's last. */
    record PartitionsAdded(Uuid topicId, List<Partition> partitions) implements MetadataRecord {}

    /** Sets a key where the value is present, removes it where it is empty. */
    record ConfigsChanged(ConfigResource resource, Map<String, Optional<String>> changes)
            implements MetadataRecord {}

    /** Producer ids below {@code nextProducerId} are taken. */
    record ProducerIdsAllocated(long nextProducerId) implements MetadataRecord {}
}
