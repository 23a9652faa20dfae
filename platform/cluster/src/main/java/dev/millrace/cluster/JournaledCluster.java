package dev.millrace.cluster;

import com.hazelcast.core.HazelcastInstance;
import dev.millrace.cluster.journal.Journal;
import dev.millrace.cluster.journal.JournalListener;
import dev.millrace.cluster.journal.JournalOptions;
import dev.millrace.cluster.journal.JournalPeer;
import dev.millrace.cluster.journal.MetadataRequest;
import dev.millrace.cluster.journal.MetadataState;
import dev.millrace.cluster.journal.Outcome;
import dev.millrace.cluster.live.HazelcastMember;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.BrokerIdNotRegisteredException;
import org.apache.kafka.common.errors.DuplicateBrokerRegistrationException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Wires the journal, the images made of its states, and the Hazelcast member. */
final class JournaledCluster implements Cluster, JournalListener {
    private static final Logger LOG = LoggerFactory.getLogger(JournaledCluster.class);
    private static final int NO_LEADER = -1;
    private static final long CLOSE_TIMEOUT_MS = 10_000;

    private final ClusterConfig config;
    private final CompletableFuture<Cluster> ready = new CompletableFuture<>();
    private final CompletableFuture<Journal> journal = new CompletableFuture<>();
    private final ImageFeed feed;
    private final HazelcastMember hazelcast;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Thread starting;
    private final AtomicReference<@Nullable BrokerSession> brokerSession = new AtomicReference<>();
    private final CompletableFuture<Throwable> failure = new CompletableFuture<>();

    // Told by the journal's threads; guarded by this.
    private MetadataState state = MetadataState.EMPTY;
    private String selfId = "";
    private String leaderId = "";
    private boolean leadingSafely;
    private boolean joined;

    private JournaledCluster(ClusterConfig config) {
        this.config = config;
        this.feed =
                new ImageFeed(
                        "millrace-" + config.nodeId() + "-metadata",
                        MetadataState.EMPTY.image(NO_LEADER));
        this.hazelcast = new HazelcastMember(config);
        // Ratis' threads inherit from this one that they are daemons.
        this.starting = new Thread(this::open, "millrace-" + config.nodeId() + "-journal-start");
        this.starting.setDaemon(true);
        feed.onChange(hazelcast::publishPlacement);
    }

    static CompletionStage<Cluster> start(ClusterConfig config) {
        JournaledCluster cluster = new JournaledCluster(config);
        cluster.starting.start();
        return cluster.ready.copy();
    }

    private void open() {
        try {
            journal.complete(Journal.open(journalOptions(), this));
        } catch (RuntimeException e) {
            hazelcast.abandon(e);
            journal.completeExceptionally(e);
            ready.completeExceptionally(e);
            close();
        }
    }

    private JournalOptions journalOptions() {
        PeerAddress address = config.self();
        JournalPeer self =
                config.isAlone()
                        ? JournalPeer.alone(config.nodeId(), address.host(), address.journalPort())
                        : JournalPeer.of(address, config.voters().contains(address));
        return new JournalOptions(
                config.nodeId(),
                config.directory(),
                self,
                config.isAlone()
                        ? List.of(self)
                        : config.peers().stream()
                                .map(peer -> JournalPeer.of(peer, config.voters().contains(peer)))
                                .toList(),
                JournalOptions.DEFAULT_SNAPSHOT_EVERY,
                config.rules(),
                config.isAlone(),
                config.targetVoters());
    }

    @Override
    public synchronized void identified(String journalId) {
        selfId = journalId;
    }

    @Override
    public synchronized void applied(MetadataState next) {
        state = next;
        publish();
    }

    @Override
    public synchronized void leaderChanged(String newLeaderId) {
        leaderId = newLeaderId;
        leadingSafely = false;
        publish();
    }

    @Override
    public synchronized void leaderReady() {
        leadingSafely = true;
        publish();
    }

    @Override
    public void failed(Throwable cause) {
        ClusterStartException stopped =
                new ClusterStartException(
                        "The metadata journal in "
                                + config.directory()
                                + " has stopped: "
                                + cause.getMessage(),
                        cause);
        if (closed.get() || !failure.complete(stopped)) {
            return;
        }
        if (ready.isDone()) {
            LOG.error("{}; this node takes no more metadata changes", stopped.getMessage(), cause);
            return;
        }
        // Nobody has this cluster to close it; and not on a thread of the journal's own.
        Thread ending =
                new Thread(
                        () -> {
                            close();
                            ready.completeExceptionally(stopped);
                        },
                        "millrace-" + config.nodeId() + "-failed");
        ending.setDaemon(true);
        ending.start();
    }

    @Override
    public void onFailure(Consumer<Throwable> listener) {
        failure.thenAccept(listener);
    }

    /** Under the lock. */
    private void publish() {
        boolean leading = !leaderId.isEmpty() && leaderId.equals(selfId);
        feed.publish(state.image(leading ? config.nodeId() : state.nodeIdAt(leaderId)));
        boolean leaderKnown = leading ? leadingSafely : !leaderId.isEmpty();
        if (leaderKnown && !state.clusterId().isEmpty() && !joined) {
            joined = true;
            MetadataState first = state;
            // Not on Ratis' thread, and not before the journal can be asked.
            journal.thenAccept(
                    open ->
                            feed.run(
                                    () -> {
                                        ready.complete(this);
                                        // Not a moment earlier: on two cores, loading Hazelcast's
                                        // classes beside Ratis' makes the journal ready in twice
                                        // the time and the member ready no sooner.
                                        hazelcast.start(first.clusterId(), first.brokers());
                                    }));
        }
    }

    @Override
    public int nodeId() {
        return config.nodeId();
    }

    @Override
    public MetadataImage image() {
        return feed.image();
    }

    @Override
    public void onChange(Consumer<MetadataImage> listener) {
        feed.onChange(listener);
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
                (outcome, image) ->
                        image.topic(id)
                                .orElseThrow(
                                        () ->
                                                new UnknownTopicOrPartitionException(
                                                        "Topic '"
                                                                + name
                                                                + "' was created and deleted at"
                                                                + " once.")));
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
                new MetadataRequest.AllocateProducerIds(size), (outcome, image) -> outcome.reply());
    }

    @Override
    public CompletionStage<BrokerSession> registerBroker(BrokerStart start) {
        Uuid incarnationId = Uuid.randomUuid();
        boolean alone = config.isAlone();
        return ask(
                new MetadataRequest.RegisterBroker(
                        config.nodeId(),
                        incarnationId,
                        alone ? start : start.at(config.self()),
                        !alone,
                        config.rules().features()),
                (outcome, image) -> session(image, incarnationId, alone));
    }

    private BrokerSession session(MetadataImage image, Uuid incarnationId, boolean alone) {
        MetadataImage.BrokerRegistration registered = image.brokers().get(config.nodeId());
        if (registered == null || !registered.incarnationId().equals(incarnationId)) {
            throw new DuplicateBrokerRegistrationException(
                    "Another node has registered as " + config.nodeId() + " at the same moment.");
        }
        long epoch = registered.brokerEpoch();
        BrokerSession session =
                alone
                        ? new LoneSession(config.nodeId(), epoch, this::done)
                        : HeartbeatSession.start(
                                config, epoch, feed, request -> ask(request, (done, now) -> done));
        BrokerSession before = brokerSession.getAndSet(session);
        if (before instanceof HeartbeatSession earlier) {
            earlier.close();
        }
        return session;
    }

    @Override
    public CompletionStage<MetadataImage.Partition> alterPartition(
            Uuid topicId,
            int partition,
            int leaderEpoch,
            int partitionEpoch,
            Map<Integer, Long> isr) {
        BrokerSession session = brokerSession.get();
        if (session == null) {
            return CompletableFuture.failedFuture(
                    new BrokerIdNotRegisteredException(
                            "Broker " + config.nodeId() + " has not registered."));
        }
        return ask(
                new MetadataRequest.AlterPartition(
                        config.nodeId(),
                        session.brokerEpoch(),
                        topicId,
                        partition,
                        leaderEpoch,
                        partitionEpoch,
                        isr),
                (outcome, image) ->
                        image.topic(topicId)
                                .map(topic -> topic.partitions().get(partition))
                                .orElseThrow(
                                        () ->
                                                new UnknownTopicIdException(
                                                        "Topic "
                                                                + topicId
                                                                + " was deleted meanwhile.")));
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
    public CompletionStage<Void> unregisterBroker(int nodeId) {
        return done(new MetadataRequest.UnregisterBroker(nodeId));
    }

    @Override
    public CompletionStage<QuorumState> quorum() {
        CompletableFuture<QuorumState> quorum = new CompletableFuture<>();
        journal.thenCompose(Journal::quorum)
                .whenComplete(
                        (state, error) -> {
                            if (error == null) {
                                quorum.complete(state);
                            } else {
                                quorum.completeExceptionally(unwrapped(error));
                            }
                        });
        return quorum;
    }

    @Override
    public boolean isCurrent() {
        BrokerSession session = brokerSession.get();
        return session == null || session.isCurrent();
    }

    private CompletionStage<Void> done(MetadataRequest request) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        ask(request, (outcome, image) -> Boolean.TRUE)
                .whenComplete(
                        (ignored, error) -> {
                            if (error == null) {
                                done.complete(null);
                            } else {
                                done.completeExceptionally(unwrapped(error));
                            }
                        });
        return done;
    }

    /** The answer, made of an image that shows the change; never before the listeners have it. */
    private <T> CompletableFuture<T> ask(
            MetadataRequest request, BiFunction<Outcome, MetadataImage, T> answer) {
        CompletableFuture<T> future = new CompletableFuture<>();
        journal.thenCompose(open -> open.ask(request))
                .thenCompose(
                        outcome ->
                                feed.await(outcome.version())
                                        .thenApply(image -> answer.apply(outcome, image)))
                .whenComplete(
                        (value, error) -> {
                            if (error == null) {
                                future.complete(value);
                            } else {
                                future.completeExceptionally(unwrapped(error));
                            }
                        });
        return future;
    }

    /** Callers test for Kafka's exceptions, not for CompletionException. */
    private static Throwable unwrapped(Throwable error) {
        @Nullable Throwable cause = error instanceof CompletionException ? error.getCause() : null;
        return cause == null ? error : cause;
    }

    @Override
    public LiveGroups liveGroups() {
        return hazelcast.liveGroups();
    }

    @Override
    public CompletionStage<HazelcastInstance> hazelcast() {
        return hazelcast.instance();
    }

    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        // Ratis starts the threads of its event loops in order to stop them, and does not wait for
        // them. As children of this one they are daemons and keep no process alive.
        Thread thread = new Thread(this::closeParts, "millrace-" + config.nodeId() + "-close");
        thread.setDaemon(true);
        thread.start();
        try {
            thread.join(CLOSE_TIMEOUT_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void closeParts() {
        if (brokerSession.get() instanceof HeartbeatSession session) {
            session.close();
        }
        if (!journal.isDone()) {
            // It may be waiting for a cluster to join.
            starting.interrupt();
        }
        hazelcast.close();
        journal.thenAccept(Journal::close);
        feed.close();
    }
}
