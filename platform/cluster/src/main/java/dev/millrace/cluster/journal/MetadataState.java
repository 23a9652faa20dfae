package dev.millrace.cluster.journal;

import dev.millrace.cluster.MetadataImage;
import dev.millrace.cluster.MetadataImage.BrokerRegistration;
import dev.millrace.cluster.MetadataImage.Partition;
import dev.millrace.cluster.MetadataImage.Topic;
import dev.millrace.cluster.journal.MetadataRecord.BrokerRegistered;
import dev.millrace.cluster.journal.MetadataRecord.ClusterFormatted;
import dev.millrace.cluster.journal.MetadataRecord.ConfigsChanged;
import dev.millrace.cluster.journal.MetadataRecord.PartitionsAdded;
import dev.millrace.cluster.journal.MetadataRecord.ProducerIdsAllocated;
import dev.millrace.cluster.journal.MetadataRecord.TopicCreated;
import dev.millrace.cluster.journal.MetadataRecord.TopicDeleted;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;

/**
 * Everything the journal has decided, as an immutable value. Only {@link #replay} makes a new one;
 * it never refuses, since refusing is the business of {@link Decisions}.
 *
 * @param version index of the last journal entry that changed the state; 0 = nothing yet
 * @param clusterId empty before the first record
 * @param nextProducerId smallest producer id never handed out
 * @param topicByCollisionName names with '.' or '_', by the name with '.' turned into '_'
 */
public record MetadataState(
        long version,
        String clusterId,
        long nextProducerId,
        PersistentMap<Integer, BrokerRegistration> brokers,
        PersistentMap<String, Topic> topics,
        PersistentMap<Uuid, Topic> topicsById,
        PersistentMap<ConfigResource, Map<String, String>> configs,
        PersistentMap<String, String> topicByCollisionName) {

    public static final MetadataState EMPTY =
            new MetadataState(
                    0,
                    "",
                    0,
                    PersistentMap.empty(),
                    PersistentMap.empty(),
                    PersistentMap.empty(),
                    PersistentMap.empty(),
                    PersistentMap.empty());

    /**
     * @param controllerId node id of the journal's leader, -1 if none is known
     */
    public MetadataImage image(int controllerId) {
        return new MetadataImage(
                version, clusterId, controllerId, brokers, topics, topicsById, configs);
    }

    /**
     * The state after one more record.
     *
     * @param index of the journal entry that holds the record
     */
    MetadataState replay(MetadataRecord record, long index) {
        if (record instanceof ClusterFormatted r) {
            return new MetadataState(
                    index,
                    r.clusterId(),
                    nextProducerId,
                    brokers,
                    topics,
                    topicsById,
                    configs,
                    topicByCollisionName);
        }
        if (record instanceof BrokerRegistered r) {
            return registered(r, index);
        }
        if (record instanceof TopicCreated r) {
            return created(r, index);
        }
        if (record instanceof TopicDeleted r) {
            return deleted(r, index);
        }
        if (record instanceof PartitionsAdded r) {
            return grown(r, index);
        }
        if (record instanceof ConfigsChanged r) {
            return configured(r, index);
        }
        if (record instanceof ProducerIdsAllocated r) {
            return new MetadataState(
                    index,
                    clusterId,
                    r.nextProducerId(),
                    brokers,
                    topics,
                    topicsById,
                    configs,
                    topicByCollisionName);
        }
        throw new AssertionError("No replay defined for " + record.getClass());
    }

    MetadataState replay(List<MetadataRecord> records, long index) {
        MetadataState state = this;
        for (MetadataRecord record : records) {
            state = state.replay(record, index);
        }
        return state;
    }

    /** The records that lead from {@link #EMPTY} to this state: the content of a snapshot. */
    List<MetadataRecord> toRecords() {
        List<MetadataRecord> records = new ArrayList<>();
        if (!clusterId.isEmpty()) {
            records.add(new ClusterFormatted(clusterId));
        }
        brokers.values()
                .forEach(
                        b ->
                                records.add(
                                        new BrokerRegistered(
                                                b.nodeId(),
                                                b.brokerEpoch(),
                                                b.host(),
                                                b.port(),
                                                b.rack(),
                                                b.fenced())));
        topics.values()
                .forEach(
                        t ->
                                records.add(
                                        new TopicCreated(
                                                t.name(), t.id(), t.partitions(), Map.of())));
        configs.forEach((resource, values) -> records.add(allSet(resource, values)));
        if (nextProducerId > 0) {
            records.add(new ProducerIdsAllocated(nextProducerId));
        }
        return records;
    }

    private static ConfigsChanged allSet(ConfigResource resource, Map<String, String> values) {
        Map<String, Optional<String>> changes = new HashMap<>();
        values.forEach((key, value) -> changes.put(key, Optional.of(value)));
        return new ConfigsChanged(resource, changes);
    }

    private MetadataState registered(BrokerRegistered r, long index) {
        long epoch = r.brokerEpoch() == 0 ? index : r.brokerEpoch();
        BrokerRegistration registration =
                new BrokerRegistration(r.nodeId(), epoch, r.host(), r.port(), r.rack(), r.fenced());
        return new MetadataState(
                index,
                clusterId,
                nextProducerId,
                brokers.with(r.nodeId(), registration),
                topics,
                topicsById,
                configs,
                topicByCollisionName);
    }

    private MetadataState created(TopicCreated r, long index) {
        Topic topic = new Topic(r.name(), r.id(), List.copyOf(r.partitions()));
        return new MetadataState(
                index,
                clusterId,
                nextProducerId,
                brokers,
                topics.with(r.name(), topic),
                topicsById.with(r.id(), topic),
                r.configs().isEmpty()
                        ? configs
                        : configs.with(topicResource(r.name()), Map.copyOf(r.configs())),
                TopicNames.canCollide(r.name())
                        ? topicByCollisionName.with(TopicNames.collisionName(r.name()), r.name())
                        : topicByCollisionName);
    }

    private MetadataState deleted(TopicDeleted r, long index) {
        Topic topic = topicsById.get(r.id());
        if (topic == null) {
            return this;
        }
        return new MetadataState(
                index,
                clusterId,
                nextProducerId,
                brokers,
                topics.without(topic.name()),
                topicsById.without(topic.id()),
                configs.without(topicResource(topic.name())),
                TopicNames.canCollide(topic.name())
                        ? topicByCollisionName.without(TopicNames.collisionName(topic.name()))
                        : topicByCollisionName);
    }

    private MetadataState grown(PartitionsAdded r, long index) {
        Topic topic = topicsById.get(r.topicId());
        if (topic == null) {
            return this;
        }
        List<Partition> partitions = new ArrayList<>(topic.partitions());
        partitions.addAll(r.partitions());
        Topic grown = new Topic(topic.name(), topic.id(), List.copyOf(partitions));
        return new MetadataState(
                index,
                clusterId,
                nextProducerId,
                brokers,
                topics.with(topic.name(), grown),
                topicsById.with(topic.id(), grown),
                configs,
                topicByCollisionName);
    }

    private MetadataState configured(ConfigsChanged r, long index) {
        Map<String, String> values = new HashMap<>(configs.getOrDefault(r.resource(), Map.of()));
        r.changes()
                .forEach(
                        (key, value) ->
                                value.ifPresentOrElse(
                                        set -> values.put(key, set), () -> values.remove(key)));
        return new MetadataState(
                index,
                clusterId,
                nextProducerId,
                brokers,
                topics,
                topicsById,
                values.isEmpty()
                        ? configs.without(r.resource())
                        : configs.with(r.resource(), Map.copyOf(values)),
                topicByCollisionName);
    }

    static ConfigResource topicResource(String name) {
        return new ConfigResource(ConfigResource.Type.TOPIC, name);
    }
}
