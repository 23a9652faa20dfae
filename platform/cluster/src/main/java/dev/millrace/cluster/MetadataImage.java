package dev.millrace.cluster;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;

/**
 * An immutable picture of the cluster's metadata as of one journal index. Readers keep a reference
 * and never see it change.
 *
 * @param version index of the last journal record it contains; grows
 * @param clusterId 22 characters, base64url of a UUID, as Kafka's
 * @param brokers by node id
 * @param topics by name
 * @param configs what was set explicitly, by resource; defaults are not in it
 */
public record MetadataImage(
        long version,
        String clusterId,
        int controllerId,
        Map<Integer, BrokerRegistration> brokers,
        Map<String, Topic> topics,
        Map<Uuid, Topic> topicsById,
        Map<ConfigResource, Map<String, String>> configs) {

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
     */
    public record BrokerRegistration(
            int nodeId, long brokerEpoch, String host, int port, String rack, boolean fenced) {}

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
