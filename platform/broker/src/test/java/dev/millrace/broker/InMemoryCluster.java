package dev.millrace.broker;

import com.hazelcast.core.HazelcastInstance;
import dev.millrace.cluster.BrokerSession;
import dev.millrace.cluster.BrokerStart;
import dev.millrace.cluster.Cluster;
import dev.millrace.cluster.FinalizedFeatures;
import dev.millrace.cluster.LiveGroups;
import dev.millrace.cluster.MetadataImage;
import dev.millrace.cluster.QuorumState;
import dev.millrace.cluster.ScramCredential;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.BrokerIdNotRegisteredException;
import org.apache.kafka.common.errors.ElectionNotNeededException;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.quota.ClientQuotaEntity;

/**
 * Metadata of one node without a journal, for tests that want to say themselves what the image
 * shows next.
 */
final class InMemoryCluster implements Cluster {
    private final int nodeId;
    private final List<Consumer<MetadataImage>> listeners = new ArrayList<>();
    private volatile MetadataImage image;
    private long nextProducerId;

    InMemoryCluster(int nodeId) {
        this.nodeId = nodeId;
        image =
                new MetadataImage(
                        0,
                        "AAAAAAAAAAAAAAAAAAAAAA",
                        nodeId,
                        Map.of(),
                        Map.of(),
                        Map.of(),
                        Map.of());
    }

    synchronized void change(UnaryOperator<MetadataImage> step) {
        MetadataImage next = step.apply(image);
        image =
                new MetadataImage(
                        image.version() + 1,
                        next.clusterId(),
                        next.controllerId(),
                        next.brokers(),
                        next.topics(),
                        next.topicsById(),
                        next.configs(),
                        next.features(),
                        next.quotas(),
                        next.scramCredentials());
        listeners.forEach(listener -> listener.accept(image));
    }

    private static MetadataImage withTopics(
            MetadataImage image, Map<String, MetadataImage.Topic> topics) {
        Map<Uuid, MetadataImage.Topic> byId = new HashMap<>();
        topics.values().forEach(topic -> byId.put(topic.id(), topic));
        return new MetadataImage(
                image.version(),
                image.clusterId(),
                image.controllerId(),
                image.brokers(),
                Map.copyOf(topics),
                byId,
                image.configs(),
                image.features(),
                image.quotas(),
                image.scramCredentials());
    }

    private List<MetadataImage.Partition> placed(int partitions, int leaderEpoch) {
        List<MetadataImage.Partition> placed = new ArrayList<>();
        for (int i = 0; i < partitions; i++) {
            placed.add(
                    new MetadataImage.Partition(
                            i, nodeId, leaderEpoch, 0, List.of(nodeId), List.of(nodeId)));
        }
        return placed;
    }

    /** Every partition of the topic gets this leader epoch. */
    void setLeaderEpoch(String topic, int leaderEpoch) {
        change(
                before -> {
                    Map<String, MetadataImage.Topic> topics = new HashMap<>(before.topics());
                    topics.computeIfPresent(
                            topic,
                            (name, old) ->
                                    new MetadataImage.Topic(
                                            name,
                                            old.id(),
                                            placed(old.partitions().size(), leaderEpoch)));
                    return withTopics(before, topics);
                });
    }

    @Override
    public int nodeId() {
        return nodeId;
    }

    @Override
    public MetadataImage image() {
        return image;
    }

    @Override
    public synchronized void onChange(Consumer<MetadataImage> listener) {
        listeners.add(listener);
        listener.accept(image);
    }

    @Override
    public synchronized CompletionStage<MetadataImage.Topic> createTopic(
            String name,
            int partitions,
            int replicationFactor,
            Map<Integer, List<Integer>> assignment,
            Map<String, String> configs) {
        if (image.topic(name).isPresent()) {
            return CompletableFuture.failedFuture(new TopicExistsException(name + " exists"));
        }
        MetadataImage.Topic topic =
                new MetadataImage.Topic(name, Uuid.randomUuid(), placed(partitions, 0));
        change(
                before -> {
                    Map<String, MetadataImage.Topic> topics = new HashMap<>(before.topics());
                    topics.put(name, topic);
                    return withTopics(before, topics);
                });
        if (!configs.isEmpty()) {
            alterConfigs(
                    new ConfigResource(ConfigResource.Type.TOPIC, name),
                    configs.entrySet().stream()
                            .collect(
                                    java.util.stream.Collectors.toMap(
                                            Map.Entry::getKey, e -> Optional.of(e.getValue()))));
        }
        return CompletableFuture.completedFuture(topic);
    }

    @Override
    public CompletionStage<Void> deleteTopic(Uuid topicId) {
        change(
                before -> {
                    Map<String, MetadataImage.Topic> topics = new HashMap<>(before.topics());
                    topics.values().removeIf(topic -> topic.id().equals(topicId));
                    return withTopics(before, topics);
                });
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Void> createPartitions(
            String topic, int totalPartitions, List<List<Integer>> assignment) {
        change(
                before -> {
                    Map<String, MetadataImage.Topic> topics = new HashMap<>(before.topics());
                    topics.computeIfPresent(
                            topic,
                            (name, old) ->
                                    new MetadataImage.Topic(
                                            name, old.id(), placed(totalPartitions, 0)));
                    return withTopics(before, topics);
                });
        return CompletableFuture.completedFuture(null);
    }

    /** As if leadership of all its partitions had gone around and come back. */
    void startLeaderEpoch(String name, int leaderEpoch) {
        change(
                before -> {
                    Map<String, MetadataImage.Topic> topics = new HashMap<>(before.topics());
                    topics.computeIfPresent(
                            name,
                            (n, old) ->
                                    new MetadataImage.Topic(
                                            n,
                                            old.id(),
                                            placed(old.partitions().size(), leaderEpoch)));
                    return withTopics(before, topics);
                });
    }

    @Override
    public CompletionStage<Void> alterConfigs(
            ConfigResource resource,
            Map<String, Optional<String>> changes,
            Map<String, Optional<String>> expected) {
        change(
                before -> {
                    Map<ConfigResource, Map<String, String>> configs =
                            new HashMap<>(before.configs());
                    Map<String, String> values = new HashMap<>(before.config(resource));
                    changes.forEach(
                            (key, value) ->
                                    value.ifPresentOrElse(
                                            v -> values.put(key, v), () -> values.remove(key)));
                    configs.put(resource, Map.copyOf(values));
                    return new MetadataImage(
                            before.version(),
                            before.clusterId(),
                            before.controllerId(),
                            before.brokers(),
                            before.topics(),
                            before.topicsById(),
                            Map.copyOf(configs),
                            before.features(),
                            before.quotas(),
                            before.scramCredentials());
                });
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public synchronized CompletionStage<Long> allocateProducerIds(int size) {
        long first = nextProducerId;
        nextProducerId += size;
        return CompletableFuture.completedFuture(first);
    }

    @Override
    public CompletionStage<BrokerSession> registerBroker(BrokerStart start) {
        change(
                before ->
                        new MetadataImage(
                                before.version(),
                                before.clusterId(),
                                before.controllerId(),
                                Map.of(
                                        nodeId,
                                        new MetadataImage.BrokerRegistration(
                                                nodeId,
                                                1,
                                                start.host(),
                                                start.port(),
                                                start.rack(),
                                                false)),
                                before.topics(),
                                before.topicsById(),
                                before.configs(),
                                before.features(),
                                before.quotas(),
                                before.scramCredentials()));
        return CompletableFuture.completedFuture(new Session());
    }

    /** Of the only broker. */
    private static final class Session implements BrokerSession {
        @Override
        public long brokerEpoch() {
            return 1;
        }

        @Override
        public void caughtUp(long version) {}

        @Override
        public CompletionStage<Void> unfenced() {
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public boolean isCurrent() {
            return true;
        }

        @Override
        public CompletionStage<Void> replicasOffline(Collection<Replica> replicas) {
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletionStage<Void> shutDown() {
            return CompletableFuture.completedFuture(null);
        }
    }

    @Override
    public CompletionStage<MetadataImage.Partition> alterPartition(
            Uuid topicId,
            int partition,
            int leaderEpoch,
            int partitionEpoch,
            Map<Integer, Long> isr) {
        return CompletableFuture.failedFuture(
                new InvalidRequestException("the ISR is broker " + nodeId + " alone"));
    }

    @Override
    public CompletionStage<Void> electLeader(String topic, int partition, ElectionType type) {
        return CompletableFuture.failedFuture(
                new ElectionNotNeededException("broker " + nodeId + " leads everything"));
    }

    @Override
    public CompletionStage<Void> reassign(
            String topic,
            int partition,
            Optional<List<Integer>> replicas,
            boolean replicationFactorMayChange) {
        return CompletableFuture.failedFuture(
                new InvalidReplicaAssignmentException("there is only broker " + nodeId));
    }

    @Override
    public CompletionStage<Void> unregisterBroker(int brokerId) {
        return CompletableFuture.failedFuture(
                new BrokerIdNotRegisteredException("there is only broker " + nodeId));
    }

    @Override
    public CompletionStage<Void> updateFeatures(
            Map<String, FeatureUpdate> updates, boolean validateOnly) {
        change(
                before -> {
                    Map<String, Short> levels = new HashMap<>(before.features().levels());
                    updates.forEach((name, update) -> levels.put(name, update.maxVersionLevel()));
                    return new MetadataImage(
                            before.version(),
                            before.clusterId(),
                            before.controllerId(),
                            before.brokers(),
                            before.topics(),
                            before.topicsById(),
                            before.configs(),
                            new FinalizedFeatures(levels, before.version() + 1),
                            before.quotas(),
                            before.scramCredentials());
                });
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Void> alterClientQuotas(
            ClientQuotaEntity entity, Map<String, Optional<Double>> changes) {
        change(
                before -> {
                    Map<String, Double> values =
                            new HashMap<>(before.quotas().getOrDefault(entity, Map.of()));
                    changes.forEach(
                            (key, value) ->
                                    value.ifPresentOrElse(
                                            v -> values.put(key, v), () -> values.remove(key)));
                    Map<ClientQuotaEntity, Map<String, Double>> quotas =
                            new HashMap<>(before.quotas());
                    quotas.put(entity, Map.copyOf(values));
                    quotas.values().removeIf(Map::isEmpty);
                    return new MetadataImage(
                            before.version(),
                            before.clusterId(),
                            before.controllerId(),
                            before.brokers(),
                            before.topics(),
                            before.topicsById(),
                            before.configs(),
                            before.features(),
                            quotas,
                            before.scramCredentials());
                });
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Void> alterScramCredentials(
            String user, Map<ScramMechanism, Optional<ScramCredential>> changes) {
        return CompletableFuture.failedFuture(new UnsupportedOperationException());
    }

    @Override
    public void onFailure(Consumer<Throwable> listener) {
        // It has no disk that could fail.
    }

    @Override
    public CompletionStage<QuorumState> quorum() {
        long nowMs = System.currentTimeMillis();
        long end = image.version() + 1;
        return CompletableFuture.completedFuture(
                new QuorumState(
                        nodeId,
                        1,
                        end,
                        List.of(
                                new QuorumState.Voter(
                                        nodeId, "127.0.0.1", 9093, end, nowMs, nowMs)),
                        List.of()));
    }

    @Override
    public LiveGroups liveGroups() {
        Map<String, byte[]> states = new ConcurrentHashMap<>();
        return new LiveGroups() {
            @Override
            public CompletionStage<Boolean> put(
                    String groupId, int coordinatorEpoch, byte[] state) {
                states.put(groupId, state);
                return CompletableFuture.completedFuture(true);
            }

            @Override
            public CompletionStage<Optional<byte[]>> get(String groupId) {
                return CompletableFuture.completedFuture(Optional.ofNullable(states.get(groupId)));
            }

            @Override
            public CompletionStage<Boolean> remove(String groupId, int coordinatorEpoch) {
                return CompletableFuture.completedFuture(states.remove(groupId) != null);
            }
        };
    }

    @Override
    public CompletionStage<HazelcastInstance> hazelcast() {
        return CompletableFuture.failedFuture(new UnsupportedOperationException());
    }

    @Override
    public void close() {}
}
