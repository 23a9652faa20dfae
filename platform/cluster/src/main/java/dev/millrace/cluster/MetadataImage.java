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
     * @param rack empty if not set
     * @param features what the broker's version supports; empty if it is one that knows of none
     */
    public record BrokerRegistration(
            int nodeId,
            long brokerEpoch,
            String host,
            int port,
            String rack,
            boolean fenced,
            Map<String, SupportedFeatures.VersionRange> features) {
        public BrokerRegistration(
                int nodeId, long brokerEpoch, String host, int port, String rack, boolean fenced) {
            this(nodeId, brokerEpoch, host, port, rack, fenced, SupportedFeatures.RANGES);
        }
    }

    /**
     * @param partitions index = partition number
     */
    public record Topic(String name, Uuid id, List<Partition> partitions) {}

    /**
     * @param leader node id, -1 if none
     */
    public record Partition(
            int index,
            int leader,
            int leaderEpoch,
            int partitionEpoch,
            List<Integer> replicas,
            List<Integer> isr) {}
}
