package dev.millrace.cluster;

import com.hazelcast.core.HazelcastInstance;
import dev.millrace.cluster.ClusterConfig.Peer;
import dev.millrace.cluster.journal.Journal;
import dev.millrace.cluster.journal.JournalListener;
import dev.millrace.cluster.journal.JournalOptions;
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
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
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
    private final CompletableFuture<Throwable> failure = new CompletableFuture<>();

    // Told by the journal's threads; guarded by this.
    private MetadataState state = MetadataState.EMPTY;
    private int leaderId = NO_LEADER;
    private boolean leadingSafely;

    private JournaledCluster(ClusterConfig config) {
        this.config = config;
        this.feed =
                new ImageFeed(
                        "millrace-" + config.nodeId() + "-metadata",
                        MetadataState.EMPTY.image(NO_LEADER));
        this.hazelcast = new HazelcastMember(config);
        feed.onChange(hazelcast::publishPlacement);
    }

    static CompletionStage<Cluster> start(ClusterConfig config) {
        JournaledCluster cluster = new JournaledCluster(config);
        // Ratis' threads inherit from this one that they are daemons.
        Thread thread = new Thread(cluster::open, "millrace-" + config.nodeId() + "-journal-start");
        thread.setDaemon(true);
        thread.start();
        return cluster.ready.copy();
    }

    private void open() {
        try {
            journal.complete(Journal.open(journalOptions(), this));
            // Not a moment earlier: on two cores, loading Hazelcast's classes beside Ratis' makes
            // the journal ready in twice the time and the member ready no sooner.
            hazelcast.start();
        } catch (RuntimeException e) {
            hazelcast.abandon(e);
            journal.completeExceptionally(e);
            ready.completeExceptionally(e);
            close();
        }
    }

    private JournalOptions journalOptions() {
        List<Peer> voters =
                config.voters().isEmpty()
                        ? List.of(
                                new Peer(
                                        config.nodeId(),
                                        config.host(),
                                        config.journalPort(),
                                        config.hazelcastPort()))
                        : config.voters();
        return new JournalOptions(
                config.nodeId(),
                config.directory(),
                config.host(),
                config.journalPort(),
                voters,
                JournalOptions.DEFAULT_SNAPSHOT_EVERY);
    }

    @Override
    public synchronized void applied(MetadataState next) {
        state = next;
        publish();
    }

    @Override
    public synchronized void leaderChanged(int newLeaderId) {
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
        if (!ready.completeExceptionally(stopped)) {
            LOG.error("{}; this node takes no more metadata changes", stopped.getMessage(), cause);
        }
    }

    @Override
    public void onFailure(Consumer<Throwable> listener) {
        failure.thenAccept(listener);
    }

    private void publish() {
        feed.publish(state.image(leaderId));
        boolean leaderKnown = leaderId == config.nodeId() ? leadingSafely : leaderId != NO_LEADER;
        if (leaderKnown && !state.clusterId().isEmpty() && !ready.isDone()) {
            // Not on Ratis' thread, and not before the journal can be asked.
            journal.thenAccept(open -> feed.run(() -> ready.complete(this)));
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
    public CompletionStage<Void> registerBroker(String host, int port, String rack) {
        return done(
                new MetadataRequest.RegisterBroker(
                        config.nodeId(), host, port, rack, SupportedFeatures.RANGES));
    }

    @Override
    public CompletionStage<Void> unregisterBroker(int nodeId) {
        return done(new MetadataRequest.UnregisterBroker(nodeId));
    }

    @Override
    public CompletionStage<QuorumState> quorum() {
        return journal.thenApply(Journal::quorum).copy();
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
        hazelcast.close();
        journal.thenAccept(Journal::close);
        feed.close();
    }
}
