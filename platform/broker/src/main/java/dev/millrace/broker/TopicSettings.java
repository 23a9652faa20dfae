package dev.millrace.broker;

import dev.millrace.broker.admin.TopicConfigs;
import dev.millrace.cluster.MetadataImage;
import dev.millrace.log.LogConfig;
import java.util.Map;

/**
 * What the data plane needs to know of a topic's settings.
 *
 * @param minInsyncReplicas {@code min.insync.replicas}
 * @param throttledAsLeader partitions whose followers this broker slows down
 * @param throttledAsFollower partitions that this broker catches up with slowly
 */
record TopicSettings(
        LogConfig log,
        int minInsyncReplicas,
        ThrottledReplicas throttledAsLeader,
        ThrottledReplicas throttledAsFollower) {

    /** As this node sees the topic now. */
    static TopicSettings of(
            Map<String, String> brokerProperties, MetadataImage image, int nodeId, String topic) {
        TopicConfigs.Replicas replicas =
                TopicConfigs.replicas(brokerProperties, image, nodeId, topic);
        return new TopicSettings(
                TopicConfigs.logConfig(brokerProperties, image, nodeId, topic),
                replicas.minInsync(),
                ThrottledReplicas.of(replicas.throttledLeaders(), nodeId),
                ThrottledReplicas.of(replicas.throttledFollowers(), nodeId));
    }
}
