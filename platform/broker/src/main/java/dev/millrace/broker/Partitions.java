package dev.millrace.broker;

import dev.millrace.cluster.MetadataImage;
import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

/**
 * The partitions led by this broker, to be found by topic name or topic id. Written by {@link
 * ImageFollower}, read by any thread.
 */
final class Partitions {
    /** Never changed: another takes its place. */
    private static final class Topic {
        private final String name;
        private final Uuid id;

        /** Index = partition number; entries of partitions led elsewhere are null. */
        private final @Nullable Partition[] partitions;

        Topic(String name, Uuid id, @Nullable Partition[] partitions) {
            this.name = name;
            this.id = id;
            this.partitions = partitions;
        }
    }

    private final Map<String, Topic> byName = new ConcurrentHashMap<>();
    private final Map<Uuid, Topic> byId = new ConcurrentHashMap<>();
    private final Supplier<MetadataImage> image;
    private volatile OfflineReplicas offline = OfflineReplicas.NONE;

    Partitions(Supplier<MetadataImage> image) {
        this.image = image;
    }

    /** Who knows of partitions that cannot be opened. */
    void offline(OfflineReplicas replicas) {
        offline = replicas;
    }

    synchronized void add(Partition partition) {
        TopicPartition tp = partition.topicPartition();
        Topic old = byName.get(tp.topic());
        int length = Math.max(tp.partition() + 1, old == null ? 0 : old.partitions.length);
        @Nullable Partition[] partitions =
                old == null ? new Partition[length] : Arrays.copyOf(old.partitions, length);
        partitions[tp.partition()] = partition;
        Topic topic = new Topic(tp.topic(), partition.topicId(), partitions);
        byName.put(topic.name, topic);
        byId.put(topic.id, topic);
    }

    synchronized void remove(Partition partition) {
        TopicPartition tp = partition.topicPartition();
        Topic old = byName.get(tp.topic());
        if (old == null
                || old.partitions.length <= tp.partition()
                || old.partitions[tp.partition()] != partition) {
            return;
        }
        @Nullable Partition[] partitions = old.partitions.clone();
        partitions[tp.partition()] = null;
        if (Arrays.stream(partitions).allMatch(p -> p == null)) {
            byName.remove(old.name);
            byId.remove(old.id);
        } else {
            Topic topic = new Topic(old.name, old.id, partitions);
            byName.put(topic.name, topic);
            byId.put(topic.id, topic);
        }
    }

    @Nullable Partition find(TopicPartition tp) {
        return find(tp.topic(), tp.partition());
    }

    @Nullable Partition find(String name, int partition) {
        Topic topic = byName.get(name);
        return topic == null ? null : at(topic, partition);
    }

    @Nullable Partition find(Uuid id, int partition) {
        Topic topic = byId.get(id);
        return topic == null ? null : at(topic, partition);
    }

    private static @Nullable Partition at(Topic topic, int partition) {
        return partition >= 0 && partition < topic.partitions.length
                ? topic.partitions[partition]
                : null;
    }

    /**
     * @throws ApiException UNKNOWN_TOPIC_OR_PARTITION, or NOT_LEADER_OR_FOLLOWER if the cluster has
     *     it elsewhere, or if it is only being opened here, or KAFKA_STORAGE_ERROR if it cannot be
     */
    Partition require(String name, int partition) {
        Partition found = find(name, partition);
        if (found != null) {
            return found;
        }
        throw missing(
                name + "-" + partition,
                image.get().topic(name).orElse(null),
                partition,
                new UnknownTopicOrPartitionException(
                        "there is no partition " + name + "-" + partition));
    }

    /**
     * @throws ApiException UNKNOWN_TOPIC_ID, and the same as {@link #require(String, int)}
     */
    Partition require(Uuid id, int partition) {
        Partition found = find(id, partition);
        if (found != null) {
            return found;
        }
        MetadataImage.Topic known = image.get().topic(id).orElse(null);
        throw missing(
                (known == null ? id.toString() : known.name()) + "-" + partition,
                known,
                partition,
                new UnknownTopicIdException("there is no topic with id " + id));
    }

    /**
     * @throws ApiException as the others
     */
    Partition require(Asked asked, boolean byId) {
        return byId
                ? require(asked.topicId(), asked.partition())
                : require(asked.topic(), asked.partition());
    }

    private ApiException missing(
            String shown,
            MetadataImage.@Nullable Topic known,
            int partition,
            ApiException unknown) {
        if (known == null) {
            return unknown;
        }
        if (partition < 0 || partition >= known.partitions().size()) {
            return new UnknownTopicOrPartitionException(
                    "there is no partition %s: %s has %d partitions"
                            .formatted(shown, known.name(), known.partitions().size()));
        }
        if (offline.isOffline(known.name(), partition)) {
            return new KafkaStorageException(shown + ": its log directory is offline");
        }
        return new NotLeaderOrFollowerException(shown + " is not led here, or not yet open");
    }

    Collection<Partition> all() {
        return byName.values().stream()
                .flatMap(topic -> Arrays.stream(topic.partitions))
                .filter(partition -> partition != null)
                .toList();
    }
}
