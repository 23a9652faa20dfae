package dev.millrace.cluster;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.quota.ClientQuotaEntity;

/**
 * An immutable picture of the cluster's metadata as of one journal index. Readers keep a reference
 * and never see it change.
 *
 * @param version index of the last journal record it contains; grows
 * @param clusterId 22 characters, base64url of a UUID, as Kafka's
 * @param brokers by node id
 * @param topics by name
 * @param configs what was set explicitly, by resource; defaults are not in it. The resource BROKER
 *     with the empty name is the default of all brokers.
 * @param quotas by entity, then by quota key ({@code producer_byte_rate}, …). In an entity the name
 *     null is the default of its type.
 * @param scramCredentials by user
 */
public record MetadataImage(
        long version,
        String clusterId,
        int controllerId,
        Map<Integer, BrokerRegistration> brokers,
        Map<String, Topic> topics,
        Map<Uuid, Topic> topicsById,
        Map<ConfigResource, Map<String, String>> configs,
        FinalizedFeatures features,
        Map<ClientQuotaEntity, Map<String, Double>> quotas,
        Map<String, Map<ScramMechanism, ScramCredential>> scramCredentials) {

    /** Features at their highest levels, no quotas, no credentials. */
    public MetadataImage(
            long version,
            String clusterId,
            int controllerId,
            Map<Integer, BrokerRegistration> brokers,
            Map<String, Topic> topics,
            Map<Uuid, Topic> topicsById,
            Map<ConfigResource, Map<String, String>> configs) {
        this(
                version,
                clusterId,
                controllerId,
                brokers,
                topics,
                topicsById,
                configs,
                new FinalizedFeatures(SupportedFeatures.highest(), 1),
                Map.of(),
                Map.of());
    }

    public Optional<Topic> topic(String name) {
        return Optional.ofNullable(topics.get(name));
    }

    public Optional<Topic> topic(Uuid id) {
        return Optional.ofNullable(topicsById.get(id));
    }

    public Map<String, String> config(ConfigResource resource) {
        return configs.getOrDefault(resource, Map.of());
    }

    /**
     * @param brokerEpoch index of the registration's journal entry; a later incarnation has a
     *     larger one
     * @param host of the listener for clients
     * @param peerHost of the listener for the other nodes; empty if it has none
     * @param incarnationId of the process that registered
     * @param rack empty if not set
     * @param fenced it may lead nothing and be in no ISR: it has not caught up with the metadata
     *     since it started, or was not heard for the session timeout
     * @param shuttingDown it hands over what it leads, and gets no more
     * @param features what the broker's version supports; empty if it is one that knows of none
     */
    public record BrokerRegistration(
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
            Map<String, SupportedFeatures.VersionRange> features) {
        /** Without a listener for other nodes. */
        public BrokerRegistration(
                int nodeId, long brokerEpoch, String host, int port, String rack, boolean fenced) {
            this(
                    nodeId,
                    brokerEpoch,
                    host,
                    port,
                    "",
                    0,
                    Uuid.ZERO_UUID,
                    rack,
                    fenced,
                    false,
                    SupportedFeatures.RANGES);
        }

        /** Whether it may lead and be in an ISR. */
        public boolean isActive() {
            return !fenced && !shuttingDown;
        }
    }

    /**
     * @param partitions index = partition number
     */
    public record Topic(String name, Uuid id, List<Partition> partitions) {}

    /**
     * @param leader node id, -1 if none
     * @param leaderEpoch grows with each change of the leader, to none as well
     * @param partitionEpoch grows with each change at all
     * @param replicas the preferred leader first; during a reassignment, the old ones too
     * @param isr those that have all that is committed; empty only if {@code elr} or {@code
     *     lastKnownElr} says who may lead next
     * @param elr left the ISR when it was smaller than {@code min.insync.replicas}, when nothing
     *     can be committed: has all that is committed as well (KIP-966)
     * @param lastKnownElr of a partition with neither ISR nor ELR, its last leader
     * @param adding become replicas by a reassignment under way
     * @param removing are no replicas when it has ended
     */
    public record Partition(
            int index,
            int leader,
            int leaderEpoch,
            int partitionEpoch,
            List<Integer> replicas,
            List<Integer> isr,
            List<Integer> elr,
            List<Integer> lastKnownElr,
            List<Integer> adding,
            List<Integer> removing) {
        public Partition(
                int index,
                int leader,
                int leaderEpoch,
                int partitionEpoch,
                List<Integer> replicas,
                List<Integer> isr) {
            this(
                    index,
                    leader,
                    leaderEpoch,
                    partitionEpoch,
                    replicas,
                    isr,
                    List.of(),
                    List.of(),
                    List.of(),
                    List.of());
        }

        /** Whether a reassignment is under way. */
        public boolean isReassigning() {
            return !adding.isEmpty() || !removing.isEmpty();
        }
    }
}
