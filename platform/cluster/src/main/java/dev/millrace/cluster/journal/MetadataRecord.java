package dev.millrace.cluster.journal;

import dev.millrace.cluster.MetadataImage.Partition;
import dev.millrace.cluster.ScramCredential;
import dev.millrace.cluster.SupportedFeatures.VersionRange;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.quota.ClientQuotaEntity;

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
     * @param peerHost empty if it has no listener for other nodes, as in records below version 2
     * @param features what its version supports; empty in records of version 0
     */
    record BrokerRegistered(
            int nodeId,
            long brokerEpoch,
            String host,
            int port,
            String peerHost,
            int peerPort,
            Uuid incarnationId,
            String rack,
            boolean fenced,
            boolean shuttingDown,
            Map<String, VersionRange> features)
            implements MetadataRecord {}

    /** What the broker may do has changed; its epoch has not. */
    record BrokerStateChanged(int nodeId, boolean fenced, boolean shuttingDown)
            implements MetadataRecord {}

    /** The broker is gone for good. */
    record BrokerUnregistered(int nodeId) implements MetadataRecord {}

    /** The topic with its configs as they are at creation; in snapshots as it is now. */
    record TopicCreated(
            String name, Uuid id, List<Partition> partitions, Map<String, String> configs)
            implements MetadataRecord {}

    /** The topic is gone, and its configs with it. */
    record TopicDeleted(Uuid id) implements MetadataRecord {}

    /** New partitions, numbered on from the topic's last. */
    record PartitionsAdded(Uuid topicId, List<Partition> partitions) implements MetadataRecord {}

    /** Partitions of one topic as they are from now on. */
    record PartitionsChanged(Uuid topicId, List<Partition> partitions) implements MetadataRecord {}

    /** Sets a key where the value is present, removes it where it is empty. */
    record ConfigsChanged(ConfigResource resource, Map<String, Optional<String>> changes)
            implements MetadataRecord {}

    /** Producer ids below {@code nextProducerId} are taken. */
    record ProducerIdsAllocated(long nextProducerId) implements MetadataRecord {}

    /** What hangs on no topic and no broker; {@link ClusterSettings} replays it. */
    sealed interface SettingRecord extends MetadataRecord {}

    /**
     * @param levels of the features that changed; 0 = no longer finalized
     * @param epoch 0 = the index of the journal entry that holds this record; otherwise explicit,
     *     as in snapshots
     */
    record FeaturesFinalized(Map<String, Short> levels, long epoch) implements SettingRecord {}

    /** Sets a quota where the value is present, removes it where it is empty. */
    record ClientQuotasChanged(ClientQuotaEntity entity, Map<String, Optional<Double>> changes)
            implements SettingRecord {}

    record ScramCredentialSet(String user, ScramMechanism mechanism, ScramCredential credential)
            implements SettingRecord {}

    record ScramCredentialRemoved(String user, ScramMechanism mechanism) implements SettingRecord {}
}
