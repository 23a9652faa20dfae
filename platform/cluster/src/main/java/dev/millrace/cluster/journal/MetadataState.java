package dev.millrace.cluster.journal;

import dev.millrace.cluster.MetadataImage;
import dev.millrace.cluster.MetadataImage.BrokerRegistration;
import dev.millrace.cluster.MetadataImage.Partition;
import dev.millrace.cluster.MetadataImage.Topic;
import dev.millrace.cluster.journal.MetadataRecord.BrokerRegistered;
import dev.millrace.cluster.journal.MetadataRecord.BrokerStateChanged;
import dev.millrace.cluster.journal.MetadataRecord.BrokerUnregistered;
import dev.millrace.cluster.journal.MetadataRecord.ClusterFormatted;
import dev.millrace.cluster.journal.MetadataRecord.ConfigsChanged;
import dev.millrace.cluster.journal.MetadataRecord.PartitionsAdded;
import dev.millrace.cluster.journal.MetadataRecord.PartitionsChanged;
import dev.millrace.cluster.journal.MetadataRecord.ProducerIdsAllocated;
import dev.millrace.cluster.journal.MetadataRecord.SettingRecord;
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
        PersistentMap<String, String> topicByCollisionName,
        ClusterSettings settings) {

    public static final MetadataState EMPTY =
            new MetadataState(
                    0,
                    "",
                    0,
                    PersistentMap.empty(),
                    PersistentMap.empty(),
                    PersistentMap.empty(),
                    PersistentMap.empty(),
                    PersistentMap.empty(),
                    ClusterSettings.EMPTY);

    /**
     * @param controllerId node id of the journal's leader, -1 if none is known
     */
    public MetadataImage image(int controllerId) {
        return new MetadataImage(
                version,
                clusterId,
                controllerId,
                brokers,
                topics,
                topicsById,
                configs,
                settings.features(),
                settings.quotas(),
                settings.scramCredentials());
    }

    /**
     * @param journalId {@link JournalPeer#id}
     * @return -1 if no node has registered from there
     */
    public int nodeIdAt(String journalId) {
        for (BrokerRegistration broker : brokers.values()) {
            if (journalId.equals(JournalPeer.id(broker.peerHost(), broker.peerPort()))) {
                return broker.nodeId();
            }
        }
        // Of a node whose journal began when it was alone.
        for (int nodeId : brokers.keySet()) {
            if (journalId.equals(JournalPeer.aloneId(nodeId))) {
                return nodeId;
            }
        }
        return -1;
    }

    /**
     * The state after one more record.
     *
     * @param index of the journal entry that holds the record
     */
    MetadataState replay(MetadataRecord record, long index) {
        MetadataState moved = at(index);
        if (record instanceof ClusterFormatted r) {
            return moved.withClusterId(r.clusterId());
        }
        if (record instanceof BrokerRegistered r) {
            return moved.withBrokers(brokers.with(r.nodeId(), registration(r, index)));
        }
        if (record instanceof BrokerUnregistered r) {
            return moved.withBrokers(brokers.without(r.nodeId()));
        }
        if (record instanceof BrokerStateChanged r) {
            return moved.brokerState(r);
        }
        if (record instanceof PartitionsChanged r) {
            return moved.changed(r);
        }
        if (record instanceof TopicCreated r) {
            return moved.created(r);
        }
        if (record instanceof TopicDeleted r) {
            return moved.deleted(r);
        }
        if (record instanceof PartitionsAdded r) {
            return moved.grown(r);
        }
        if (record instanceof ConfigsChanged r) {
            return moved.configured(r);
        }
        if (record instanceof ProducerIdsAllocated r) {
            return moved.withNextProducerId(r.nextProducerId());
        }
        if (record instanceof SettingRecord r) {
            return moved.withSettings(settings.replay(r, index));
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
                                                b.peerHost(),
                                                b.peerPort(),
                                                b.incarnationId(),
                                                b.rack(),
                                                b.fenced(),
                                                b.shuttingDown(),
                                                b.features())));
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
        records.addAll(settings.toRecords());
        return records;
    }

    private static ConfigsChanged allSet(ConfigResource resource, Map<String, String> values) {
        Map<String, Optional<String>> changes = new HashMap<>();
        values.forEach((key, value) -> changes.put(key, Optional.of(value)));
        return new ConfigsChanged(resource, changes);
    }

    private static BrokerRegistration registration(BrokerRegistered r, long index) {
        long epoch = r.brokerEpoch() == 0 ? index : r.brokerEpoch();
        return new BrokerRegistration(
                r.nodeId(),
                epoch,
                r.host(),
                r.port(),
                r.peerHost(),
                r.peerPort(),
                r.incarnationId(),
                r.rack(),
                r.fenced(),
                r.shuttingDown(),
                r.features());
    }

    private MetadataState brokerState(BrokerStateChanged r) {
        BrokerRegistration b = brokers.get(r.nodeId());
        if (b == null) {
            return this;
        }
        return withBrokers(
                brokers.with(
                        r.nodeId(),
                        new BrokerRegistration(
                                b.nodeId(),
                                b.brokerEpoch(),
                                b.host(),
                                b.port(),
                                b.peerHost(),
                                b.peerPort(),
                                b.incarnationId(),
                                b.rack(),
                                r.fenced(),
                                r.shuttingDown(),
                                b.features())));
    }

    private MetadataState changed(PartitionsChanged r) {
        Topic topic = topicsById.get(r.topicId());
        if (topic == null) {
            return this;
        }
        List<Partition> partitions = new ArrayList<>(topic.partitions());
        for (Partition changed : r.partitions()) {
            if (changed.index() >= 0 && changed.index() < partitions.size()) {
                partitions.set(changed.index(), changed);
            }
        }
        return withTopic(new Topic(topic.name(), topic.id(), List.copyOf(partitions)));
    }

    private MetadataState withTopic(Topic topic) {
        return withTopics(topics.with(topic.name(), topic), topicsById.with(topic.id(), topic));
    }

    private MetadataState created(TopicCreated r) {
        Topic topic = new Topic(r.name(), r.id(), List.copyOf(r.partitions()));
        MetadataState created =
                withTopics(topics.with(r.name(), topic), topicsById.with(r.id(), topic));
        if (TopicNames.canCollide(r.name())) {
            String collisionName = TopicNames.collisionName(r.name());
            created =
                    created.withCollisionNames(topicByCollisionName.with(collisionName, r.name()));
        }
        return r.configs().isEmpty()
                ? created
                : created.withConfigs(
                        configs.with(topicResource(r.name()), Map.copyOf(r.configs())));
    }

    private MetadataState deleted(TopicDeleted r) {
        Topic topic = topicsById.get(r.id());
        if (topic == null) {
            return this;
        }
        MetadataState deleted =
                withTopics(topics.without(topic.name()), topicsById.without(topic.id()))
                        .withConfigs(configs.without(topicResource(topic.name())));
        return TopicNames.canCollide(topic.name())
                ? deleted.withCollisionNames(
                        topicByCollisionName.without(TopicNames.collisionName(topic.name())))
                : deleted;
    }

    private MetadataState grown(PartitionsAdded r) {
        Topic topic = topicsById.get(r.topicId());
        if (topic == null) {
            return this;
        }
        List<Partition> partitions = new ArrayList<>(topic.partitions());
        partitions.addAll(r.partitions());
        return withTopic(new Topic(topic.name(), topic.id(), List.copyOf(partitions)));
    }

    private MetadataState configured(ConfigsChanged r) {
        Map<String, String> values = new HashMap<>(configs.getOrDefault(r.resource(), Map.of()));
        r.changes()
                .forEach(
                        (key, value) ->
                                value.ifPresentOrElse(
                                        set -> values.put(key, set), () -> values.remove(key)));
        return withConfigs(
                values.isEmpty()
                        ? configs.without(r.resource())
                        : configs.with(r.resource(), Map.copyOf(values)));
    }

    static ConfigResource topicResource(String name) {
        return new ConfigResource(ConfigResource.Type.TOPIC, name);
    }

    MetadataState at(long newVersion) {
        return new MetadataState(
                newVersion,
                clusterId,
                nextProducerId,
                brokers,
                topics,
                topicsById,
                configs,
                topicByCollisionName,
                settings);
    }

    private MetadataState withClusterId(String newClusterId) {
        return new MetadataState(
                version,
                newClusterId,
                nextProducerId,
                brokers,
                topics,
                topicsById,
                configs,
                topicByCollisionName,
                settings);
    }

    private MetadataState withNextProducerId(long newNextProducerId) {
        return new MetadataState(
                version,
                clusterId,
                newNextProducerId,
                brokers,
                topics,
                topicsById,
                configs,
                topicByCollisionName,
                settings);
    }

    private MetadataState withBrokers(PersistentMap<Integer, BrokerRegistration> newBrokers) {
        return new MetadataState(
                version,
                clusterId,
                nextProducerId,
                newBrokers,
                topics,
                topicsById,
                configs,
                topicByCollisionName,
                settings);
    }

    private MetadataState withConfigs(
            PersistentMap<ConfigResource, Map<String, String>> newConfigs) {
        return new MetadataState(
                version,
                clusterId,
                nextProducerId,
                brokers,
                topics,
                topicsById,
                newConfigs,
                topicByCollisionName,
                settings);
    }

    private MetadataState withCollisionNames(
            PersistentMap<String, String> newTopicByCollisionName) {
        return new MetadataState(
                version,
                clusterId,
                nextProducerId,
                brokers,
                topics,
                topicsById,
                configs,
                newTopicByCollisionName,
                settings);
    }

    private MetadataState withTopics(
            PersistentMap<String, Topic> newTopics, PersistentMap<Uuid, Topic> newTopicsById) {
        return new MetadataState(
                version,
                clusterId,
                nextProducerId,
                brokers,
                newTopics,
                newTopicsById,
                configs,
                topicByCollisionName,
                settings);
    }

    private MetadataState withSettings(ClusterSettings newSettings) {
        return new MetadataState(
                version,
                clusterId,
                nextProducerId,
                brokers,
                topics,
                topicsById,
                configs,
                topicByCollisionName,
                newSettings);
    }
}
