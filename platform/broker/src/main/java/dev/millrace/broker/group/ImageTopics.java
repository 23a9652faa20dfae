package dev.millrace.broker.group;

import dev.millrace.cluster.MetadataImage;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/** The topics of an image; any thread. */
record ImageTopics(MetadataImage image) implements Topics {
    @Override
    public long version() {
        return image.version();
    }

    @Override
    public Set<String> names() {
        return image.topics().keySet();
    }

    @Override
    public @Nullable Topic named(String name) {
        return image.topic(name).map(this::seen).orElse(null);
    }

    @Override
    public @Nullable Topic withId(Uuid id) {
        return image.topic(id).map(this::seen).orElse(null);
    }

    private Topic seen(MetadataImage.Topic topic) {
        List<List<String>> racks = topic.partitions().stream().map(this::racks).toList();
        return new Topic(topic.name(), topic.id(), racks);
    }

    private List<String> racks(MetadataImage.Partition partition) {
        return partition.replicas().stream()
                .map(id -> image.brokers().get(id))
                .filter(broker -> broker != null && !broker.rack().isEmpty())
                .map(MetadataImage.BrokerRegistration::rack)
                .toList();
    }
}
