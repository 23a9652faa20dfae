package dev.millrace.cluster.journal;

import dev.millrace.cluster.BrokerSession;
import dev.millrace.cluster.BrokerStart;
import dev.millrace.cluster.ScramCredential;
import dev.millrace.cluster.SupportedFeatures.VersionRange;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.quota.ClientQuotaEntity;

/**
 * What a node asks of the journal. Whatever is random (ids) is chosen by the asking node, so that
 * deciding is a pure function and a request that is sent twice is recognised.
 */
public sealed interface MetadataRequest {
    /**
     * Whether it may be sent again when nobody knows if it was done: because it is recognised, or
     * because doing it twice does no more than doing it once.
     */
    default boolean repeatable() {
        return true;
    }

    record FormatCluster(String clusterId) implements MetadataRequest {}

    /**
     * The node wants to follow the journal; nothing is written but the journal's list of members.
     *
     * @param clusterId that it means to join
     * @param journalId {@link JournalPeer#id}
     * @param port of its journal
     * @param features what its version supports; empty in requests of versions that did not say
     */
    record JoinJournal(
            int nodeId,
            String clusterId,
            String journalId,
            String host,
            int port,
            Map<String, VersionRange> features)
            implements MetadataRequest {}

    /**
     * @param incarnationId chosen by the process that starts
     * @param fenced until it has caught up; false for a node that is alone
     */
    record RegisterBroker(
            int nodeId,
            Uuid incarnationId,
            BrokerStart start,
            boolean fenced,
            Map<String, VersionRange> features)
            implements MetadataRequest {}

    /**
     * The leader of the journal remembers when it came; only what it changes is written.
     *
     * @param caughtUpVersion of the image that this broker's partitions are in accord with
     */
    record BrokerHeartbeat(
            int nodeId,
            long brokerEpoch,
            long caughtUpVersion,
            boolean wantFence,
            boolean wantShutdown)
            implements MetadataRequest {
        /** {@link Outcome#reply} if the broker was fenced until then. */
        public static final long UNFENCED = 1;
    }

    /** By the leader of the journal: the broker was not heard. */
    record FenceBroker(int nodeId, long brokerEpoch) implements MetadataRequest {}

    /** The broker cannot serve these replicas, though it runs. */
    record ReplicasOffline(int nodeId, long brokerEpoch, List<BrokerSession.Replica> replicas)
            implements MetadataRequest {}

    /**
     * @param isr node id to broker epoch
     */
    record AlterPartition(
            int nodeId,
            long brokerEpoch,
            Uuid topicId,
            int partition,
            int leaderEpoch,
            int partitionEpoch,
            Map<Integer, Long> isr)
            implements MetadataRequest {}

    record ElectLeader(String topic, int partition, ElectionType type) implements MetadataRequest {
        @Override
        public boolean repeatable() {
            return false;
        }
    }

    /** Elections that are due and did not fit into one entry. */
    record SettlePartitions() implements MetadataRequest {}

    /** Leadership goes back to preferred leaders that are in the ISR. */
    record RebalanceLeaders() implements MetadataRequest {}

    /**
     * @param replicas empty = cancel
     */
    record ReassignPartition(
            String topic,
            int partition,
            Optional<List<Integer>> replicas,
            boolean replicationFactorMayChange)
            implements MetadataRequest {
        @Override
        public boolean repeatable() {
            return false;
        }
    }

    record UnregisterBroker(int nodeId) implements MetadataRequest {
        @Override
        public boolean repeatable() {
            return false;
        }
    }

    /**
     * @param id chosen by the asking node; neither zero nor otherwise reserved
     * @param assignment partition number to node ids; empty = {@code partitions} placed here
     */
    record CreateTopic(
            String name,
            Uuid id,
            int partitions,
            int replicationFactor,
            Map<Integer, List<Integer>> assignment,
            Map<String, String> configs)
            implements MetadataRequest {}

    record DeleteTopic(Uuid id) implements MetadataRequest {
        @Override
        public boolean repeatable() {
            return false;
        }
    }

    /**
     * @param assignment node ids of each additional partition; empty = placed here
     */
    record CreatePartitions(String topic, int totalPartitions, List<List<Integer>> assignment)
            implements MetadataRequest {
        @Override
        public boolean repeatable() {
            return false;
        }
    }

    /**
     * @param expected values, empty = not set, that must still be there
     */
    record AlterConfigs(
            ConfigResource resource,
            Map<String, Optional<String>> changes,
            Map<String, Optional<String>> expected)
            implements MetadataRequest {}

    record AllocateProducerIds(int size) implements MetadataRequest {}

    /**
     * @param validateOnly decide, change nothing
     */
    record UpdateFeatures(Map<String, FeatureUpdate> updates, boolean validateOnly)
            implements MetadataRequest {}

    record AlterClientQuotas(ClientQuotaEntity entity, Map<String, Optional<Double>> changes)
            implements MetadataRequest {}

    /** Removes the credential where it is empty. */
    record AlterScramCredentials(
            String user, Map<ScramMechanism, Optional<ScramCredential>> changes)
            implements MetadataRequest {
        @Override
        public boolean repeatable() {
            return changes.values().stream().allMatch(Optional::isPresent);
        }
    }
}
