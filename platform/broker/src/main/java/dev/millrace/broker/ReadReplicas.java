package dev.millrace.broker;

import dev.millrace.cluster.MetadataImage;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/**
 * Which replica a consumer is sent to, where {@code replica.selector.class} asks for the nearest:
 * one of the consumer's rack that is in sync and has what it wants to read; the leader if it is of
 * that rack itself, or there is no such replica. Any thread.
 *
 * @see "KIP-392"
 */
final class ReadReplicas {
    static final String NAME = "replica.selector.class";

    /** The name that this rule has in Apache Kafka, where it is a class. */
    static final String BY_RACK = "org.apache.kafka.common.replica.RackAwareReplicaSelector";

    /** Whoever asks stays. */
    static final int LEADER = -1;

    private final int nodeId;
    private final Supplier<MetadataImage> image;

    ReadReplicas(int nodeId, Supplier<MetadataImage> image) {
        this.nodeId = nodeId;
        this.image = image;
    }

    /**
     * Null where all consumers read from leaders, which is the default.
     *
     * @throws ConfigException some other class
     */
    static @Nullable ReadReplicas from(
            Map<String, String> properties, int nodeId, Supplier<MetadataImage> image) {
        String name = properties.getOrDefault(NAME, "").strip();
        if (name.isEmpty()) {
            return null;
        }
        if (!name.equals(BY_RACK)) {
            throw new ConfigException(
                    NAME,
                    name,
                    "expected nothing, or " + BY_RACK + "; other classes are not loaded");
        }
        return new ReadReplicas(nodeId, image);
    }

    /**
     * @param rack {@code client.rack}, not empty
     * @param offset that the consumer wants to read from
     * @return node id, or {@link #LEADER}
     */
    int nearest(Uuid topicId, int partition, String rack, long offset, LeadReplicas followers) {
        MetadataImage now = image.get();
        MetadataImage.Topic topic = now.topic(topicId).orElse(null);
        if (topic == null
                || partition >= topic.partitions().size()
                || isOf(rack, now.brokers().get(nodeId))) {
            return LEADER;
        }
        int nearest = LEADER;
        long greatestEnd = -1;
        for (int id : topic.partitions().get(partition).isr()) {
            LeadReplicas.Progress progress = followers.progress(id);
            if (progress != null
                    && isOf(rack, now.brokers().get(id))
                    && progress.startOffset() <= offset
                    && progress.endOffset() >= offset
                    && progress.endOffset() > greatestEnd) {
                greatestEnd = progress.endOffset();
                nearest = id;
            }
        }
        return nearest;
    }

    private static boolean isOf(String rack, MetadataImage.@Nullable BrokerRegistration broker) {
        return broker != null && broker.isActive() && rack.equals(broker.rack());
    }
}
