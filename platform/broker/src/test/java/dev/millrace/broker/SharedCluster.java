package dev.millrace.broker;

import static java.util.Objects.requireNonNull;

import com.hazelcast.core.HazelcastInstance;
import dev.millrace.cluster.BrokerSession;
import dev.millrace.cluster.BrokerStart;
import dev.millrace.cluster.Cluster;
import dev.millrace.cluster.LiveGroups;
import dev.millrace.cluster.MetadataImage;
import dev.millrace.cluster.QuorumState;
import dev.millrace.cluster.ScramCredential;
import dev.millrace.cluster.SupportedFeatures;
import dev.millrace.cluster.journal.MetadataRequest;
import dev.millrace.cluster.journal.Outcome;
import dev.millrace.cluster.journal.SharedJournal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One node's view of a {@link SharedJournal}: images come on a thread of its own, as they do from
 * Raft, and it can be cut off. There are no heartbeats: the test says who is fenced.
 */
final class SharedCluster implements Cluster {
    private static final Logger LOG = LoggerFactory.getLogger(SharedCluster.class);

    private final int nodeId;
    private final SharedJournal journal;
    private final LiveGroups liveGroups;
    private final ExecutorService thread;
    private final List<Consumer<MetadataImage>> listeners = new ArrayList<>(); // thread only
    private MetadataImage delivered; // thread only
    private volatile MetadataImage image;
    private volatile boolean cutOff;
    private volatile @Nullable Session session;

    SharedCluster(int nodeId, SharedJournal journal, LiveGroups liveGroups) {
        this.nodeId = nodeId;
        this.journal = journal;
        this.liveGroups = liveGroups;
        this.image = journal.image();
        this.delivered = image;
        this.thread =
                Executors.newSingleThreadExecutor(
                        task -> {
                            Thread created = new Thread(task, "shared-cluster-" + nodeId);
                            created.setDaemon(true);
                            return created;
                        });
        journal.follow(next -> run(() -> deliver(next)));
    }

    private void run(Runnable task) {
        try {
            thread.execute(task);
        } catch (RejectedExecutionException closed) {
            LOG.debug("node {} is gone", nodeId, closed);
        }
    }

    private void deliver(MetadataImage next) {
        if (!cutOff) {
            image = next;
            delivered = next;
            listeners.forEach(listener -> listener.accept(next));
        }
    }

    /** Neither asks nor hears from now on. */
    void cutOff() {
        cutOff = true;
    }

    /** Hears again, first of all what it has missed. */
    void reconnect() {
        cutOff = false;
        run(() -> deliver(journal.image()));
    }

    private CompletionStage<Void> done(MetadataRequest request) {
        return ask(request, (outcome, now) -> Boolean.TRUE).thenAccept(ignored -> {});
    }

    private <T> CompletableFuture<T> ask(
            MetadataRequest request, BiFunction<Outcome, MetadataImage, T> answer) {
        CompletableFuture<T> future = new CompletableFuture<>();
        run(
                () -> {
                    if (cutOff) {
                        future.completeExceptionally(
                                new TimeoutException("node " + nodeId + " is cut off"));
                        return;
                    }
                    try {
                        Outcome outcome = journal.ask(request);
                        // Behind the image that shows it.
                        run(() -> complete(future, outcome, answer));
                    } catch (RuntimeException e) {
                        future.completeExceptionally(e);
                    }
                });
        return future;
    }

    private <T> void complete(
            CompletableFuture<T> future,
            Outcome outcome,
            BiFunction<Outcome, MetadataImage, T> answer) {
        try {
            future.complete(answer.apply(outcome, image));
        } catch (RuntimeException e) {
            future.completeExceptionally(e);
        }
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
    public void onChange(Consumer<MetadataImage> listener) {
        run(
                () -> {
                    listeners.add(listener);
                    listener.accept(delivered);
                });
    }

    @Override
    public void onFailure(Consumer<Throwable> listener) {
        // It has no disk that could fail.
    }

    @Override
    public CompletionStage<MetadataImage.Topic> createTopic(
            String name,
            int partitions,
            int replicationFactor,
            Map<Integer, List<Integer>> assignment,
            Map<String, String> configs) {
        Uuid id = Uuid.randomUuid();
        return ask(
                new MetadataRequest.CreateTopic(
                        name, id, partitions, replicationFactor, assignment, configs),
                (outcome, now) -> now.topic(id).orElseThrow());
    }

    @Override
    public CompletionStage<Void> deleteTopic(Uuid topicId) {
        return done(new MetadataRequest.DeleteTopic(topicId));
    }

    @Override
    public CompletionStage<Void> createPartitions(
            String topic, int totalPartitions, List<List<Integer>> assignment) {
        return done(new MetadataRequest.CreatePartitions(topic, totalPartitions, assignment));
    }

    @Override
    public CompletionStage<Void> alterConfigs(
            ConfigResource resource,
            Map<String, Optional<String>> changes,
            Map<String, Optional<String>> expected) {
        return done(new MetadataRequest.AlterConfigs(resource, changes, expected));
    }

    @Override
    public CompletionStage<Void> updateFeatures(
            Map<String, FeatureUpdate> updates, boolean validateOnly) {
        return done(new MetadataRequest.UpdateFeatures(updates, validateOnly));
    }

    @Override
    public CompletionStage<Void> alterClientQuotas(
            ClientQuotaEntity entity, Map<String, Optional<Double>> changes) {
        return done(new MetadataRequest.AlterClientQuotas(entity, changes));
    }

    @Override
    public CompletionStage<Void> alterScramCredentials(
            String user, Map<ScramMechanism, Optional<ScramCredential>> changes) {
        return done(new MetadataRequest.AlterScramCredentials(user, changes));
    }

    @Override
    public CompletionStage<Long> allocateProducerIds(int size) {
        return ask(
                new MetadataRequest.AllocateProducerIds(size), (outcome, now) -> outcome.reply());
    }

    @Override
    public CompletionStage<BrokerSession> registerBroker(BrokerStart start) {
        return ask(
                new MetadataRequest.RegisterBroker(
                        nodeId, Uuid.randomUuid(), start, true, SupportedFeatures.RANGES),
                (outcome, now) -> {
                    MetadataImage.BrokerRegistration registered =
                            requireNonNull(now.brokers().get(nodeId));
                    Session begun = new Session(registered.brokerEpoch());
                    session = begun;
                    return begun;
                });
    }

    private final class Session implements BrokerSession {
        private final long brokerEpoch;
        private final CompletableFuture<Void> unfenced = new CompletableFuture<>();
        private volatile boolean current = true;

        Session(long brokerEpoch) {
            this.brokerEpoch = brokerEpoch;
        }

        private CompletionStage<Void> beat(long version, boolean shutDown) {
            return done(
                    new MetadataRequest.BrokerHeartbeat(
                            nodeId, brokerEpoch, version, false, shutDown));
        }

        @Override
        public long brokerEpoch() {
            return brokerEpoch;
        }

        @Override
        public void caughtUp(long version) {
            if (!unfenced.isDone() && version >= brokerEpoch) {
                beat(version, false).thenRun(() -> unfenced.complete(null));
            }
        }

        @Override
        public CompletionStage<Void> unfenced() {
            return unfenced;
        }

        @Override
        public boolean isCurrent() {
            return current && !cutOff;
        }

        @Override
        public CompletionStage<Void> replicasOffline(Collection<Replica> replicas) {
            return done(
                    new MetadataRequest.ReplicasOffline(
                            nodeId, brokerEpoch, List.copyOf(replicas)));
        }

        @Override
        public CompletionStage<Void> shutDown() {
            return beat(brokerEpoch, true);
        }
    }

    /** As this node knows. */
    boolean isActive() {
        MetadataImage.BrokerRegistration own = image.brokers().get(nodeId);
        return own != null && own.isActive();
    }

    /** A heartbeat: it is unfenced if it was fenced. */
    void beat() {
        Session open = session;
        if (open != null) {
            open.beat(image.version(), false);
        }
    }

    @Override
    public CompletionStage<MetadataImage.Partition> alterPartition(
            Uuid topicId,
            int partition,
            int leaderEpoch,
            int partitionEpoch,
            Map<Integer, Long> isr) {
        Session open = session;
        return ask(
                new MetadataRequest.AlterPartition(
                        nodeId,
                        open == null ? -1 : open.brokerEpoch,
                        topicId,
                        partition,
                        leaderEpoch,
                        partitionEpoch,
                        isr),
                (outcome, now) -> now.topic(topicId).orElseThrow().partitions().get(partition));
    }

    @Override
    public CompletionStage<Void> electLeader(String topic, int partition, ElectionType type) {
        return done(new MetadataRequest.ElectLeader(topic, partition, type));
    }

    @Override
    public CompletionStage<Void> reassign(
            String topic,
            int partition,
            Optional<List<Integer>> replicas,
            boolean replicationFactorMayChange) {
        return done(
                new MetadataRequest.ReassignPartition(
                        topic, partition, replicas, replicationFactorMayChange));
    }

    @Override
    public CompletionStage<Void> unregisterBroker(int brokerId) {
        return done(new MetadataRequest.UnregisterBroker(brokerId));
    }

    @Override
    public CompletionStage<QuorumState> quorum() {
        return CompletableFuture.failedFuture(new UnsupportedOperationException());
    }

    @Override
    public LiveGroups liveGroups() {
        return liveGroups;
    }

    @Override
    public CompletionStage<HazelcastInstance> hazelcast() {
        return CompletableFuture.failedFuture(new UnsupportedOperationException());
    }

    @Override
    public void close() {
        thread.shutdown();
        try {
            thread.awaitTermination(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
