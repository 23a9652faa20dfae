package dev.millrace.cluster;

import dev.millrace.cluster.MetadataImage.BrokerRegistration;
import dev.millrace.cluster.journal.MetadataRequest;
import dev.millrace.cluster.journal.Outcome;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.apache.kafka.common.errors.BrokerNotAvailableException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A broker among others. Heartbeats go out at a fixed rate, whether or not earlier ones have been
 * answered: one that is on its way to a leader that is gone must not keep back the one to its
 * successor. How many may be under way is limited.
 */
final class HeartbeatSession implements BrokerSession, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HeartbeatSession.class);
    private static final int MAX_UNANSWERED = 8;

    private final int nodeId;
    private final long brokerEpoch;
    private final Function<MetadataRequest, CompletionStage<Outcome>> journal;
    private final ScheduledExecutorService thread;
    private final CompletableFuture<Void> unfenced = new CompletableFuture<>();
    private final CompletableFuture<Void> shutDown = new CompletableFuture<>();
    private final AtomicLong caughtUpVersion = new AtomicLong(-1);
    private final Lease lease;
    private final AtomicInteger unanswered = new AtomicInteger();
    private volatile boolean wantShutdown;
    private volatile boolean heard = true; // for one line in the log at each change

    private HeartbeatSession(
            ClusterConfig config,
            long brokerEpoch,
            Function<MetadataRequest, CompletionStage<Outcome>> journal) {
        this.nodeId = config.nodeId();
        this.brokerEpoch = brokerEpoch;
        this.journal = journal;
        this.lease =
                new Lease(
                        TimeUnit.MILLISECONDS.toNanos(config.rules().sessionTimeoutMs()),
                        System.nanoTime());
        this.thread =
                Executors.newSingleThreadScheduledExecutor(
                        task -> {
                            Thread created =
                                    new Thread(task, "millrace-" + config.nodeId() + "-heartbeat");
                            created.setDaemon(true);
                            return created;
                        });
    }

    static HeartbeatSession start(
            ClusterConfig config,
            long brokerEpoch,
            ImageFeed feed,
            Function<MetadataRequest, CompletionStage<Outcome>> journal) {
        HeartbeatSession session = new HeartbeatSession(config, brokerEpoch, journal);
        feed.onChange(session::follow);
        int intervalMs = config.rules().heartbeatIntervalMs();
        var unused =
                session.thread.scheduleAtFixedRate(
                        session::beat, intervalMs, intervalMs, TimeUnit.MILLISECONDS);
        return session;
    }

    /** On the thread of the images. */
    private void follow(MetadataImage image) {
        BrokerRegistration broker = image.brokers().get(nodeId);
        if (broker == null || broker.brokerEpoch() != brokerEpoch) {
            return;
        }
        if (!broker.fenced()) {
            unfenced.complete(null);
        }
        if (broker.shuttingDown()) {
            shutDown.complete(null);
        }
    }

    private void beat() {
        if (unanswered.incrementAndGet() > MAX_UNANSWERED) {
            unanswered.decrementAndGet();
            return;
        }
        long sentNs = System.nanoTime();
        journal.apply(
                        new MetadataRequest.BrokerHeartbeat(
                                nodeId, brokerEpoch, caughtUpVersion.get(), false, wantShutdown))
                .whenComplete(
                        (outcome, error) -> {
                            unanswered.decrementAndGet();
                            if (error == null) {
                                lease.answered(
                                        sentNs,
                                        System.nanoTime(),
                                        outcome.version(),
                                        outcome.reply() == MetadataRequest.BrokerHeartbeat.UNFENCED,
                                        caughtUpVersion.get());
                            }
                            note(error);
                        });
    }

    private void note(@Nullable Throwable error) {
        if (error == null) {
            if (!heard) {
                heard = true;
                LOG.info("Heartbeats of broker {} are answered again", nodeId);
            }
        } else if (heard && !thread.isShutdown()) {
            heard = false;
            LOG.warn(
                    "Heartbeats of broker {} are not answered: {}; it goes on trying",
                    nodeId,
                    String.valueOf(error.getMessage()));
        }
    }

    private void beatNow() {
        try {
            thread.execute(this::beat);
        } catch (RejectedExecutionException closed) {
            shutDown.completeExceptionally(
                    new BrokerNotAvailableException("The node is shutting down.", closed));
        }
    }

    @Override
    public long brokerEpoch() {
        return brokerEpoch;
    }

    @Override
    public void caughtUp(long version) {
        long before = caughtUpVersion.getAndAccumulate(version, Math::max);
        if (before < brokerEpoch && version >= brokerEpoch) {
            beatNow();
        }
    }

    @Override
    public CompletionStage<Void> unfenced() {
        return unfenced.copy();
    }

    @Override
    public boolean isCurrent() {
        return lease.holds(System.nanoTime());
    }

    @Override
    public CompletionStage<Void> replicasOffline(Collection<Replica> replicas) {
        return journal.apply(
                        new MetadataRequest.ReplicasOffline(
                                nodeId, brokerEpoch, List.copyOf(replicas)))
                .thenAccept(done -> {});
    }

    @Override
    public CompletionStage<Void> shutDown() {
        wantShutdown = true;
        beatNow();
        return shutDown.copy();
    }

    @Override
    public void close() {
        thread.shutdownNow();
        BrokerNotAvailableException closed =
                new BrokerNotAvailableException("The node is shutting down.");
        unfenced.completeExceptionally(closed);
        shutDown.completeExceptionally(closed);
    }
}
