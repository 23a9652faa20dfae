package dev.millrace.cluster.journal;

import dev.millrace.cluster.ClusterStartException;
import dev.millrace.cluster.QuorumState;
import dev.millrace.cluster.journal.MetadataRequest.FormatCluster;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The journal as the rest of the cluster sees it: open, ask, be told of every new state, close.
 *
 * <pre>
 *   ask ──> Proposer ──decide, batch──> RatisJournal ──fsync, majority──> JournalStateMachine
 *             ^                                                                │ replay
 *             └── outcome(version)            JournalListener.applied(state) <─┘
 * </pre>
 */
public final class Journal implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Journal.class);

    private final JournalDirectory directory;
    private final RatisJournal ratis;
    private final Proposer proposer;
    private final Leadership leadership;

    private Journal(
            JournalDirectory directory,
            RatisJournal ratis,
            Proposer proposer,
            Leadership leadership) {
        this.leadership = leadership;
        this.directory = directory;
        this.ratis = ratis;
        this.proposer = proposer;
    }

    /**
     * Blocks until the journal runs on this node, and it is a member; the listener hears when there
     * is a leader. Threads that are started on the way inherit from the caller whether they are
     * daemons. Interrupting the caller ends the waiting for a cluster to join.
     *
     * @throws ClusterStartException with one line for the operator
     */
    public static Journal open(JournalOptions options, JournalListener listener) {
        JournalDirectory directory = JournalDirectory.claim(options);
        try {
            Admission admission = Admission.of(options, directory);
            listener.identified(admission.identity().self());
            return start(options, listener, directory, admission);
        } catch (ClusterStartException e) {
            closeAfter(directory, e);
            throw e;
        } catch (InterruptedException e) {
            closeAfter(directory, e);
            Thread.currentThread().interrupt();
            throw new ClusterStartException("The node was stopped before it was in a cluster.", e);
        } catch (IOException | RuntimeException e) {
            closeAfter(directory, e);
            throw new ClusterStartException(
                    "The metadata journal in "
                            + options.directory()
                            + " does not open on "
                            + options.self().host()
                            + ":"
                            + options.self().port()
                            + ": "
                            + rootMessage(e),
                    e);
        }
    }

    private static void closeAfter(JournalDirectory directory, Exception cause) {
        try {
            directory.close();
        } catch (IOException again) {
            cause.addSuppressed(again);
        }
    }

    private static Journal start(
            JournalOptions options,
            JournalListener listener,
            JournalDirectory directory,
            Admission admission)
            throws IOException, InterruptedException {
        CompletableFuture<Proposer> opened = new CompletableFuture<>();
        Leadership leadership = new Leadership();
        RatisJournal ratis =
                RatisJournal.start(
                        options,
                        admission,
                        new Events(listener, opened, leadership, directory, admission.identity()),
                        votes -> remember(directory, known -> known.voting(votes), listener),
                        request -> opened.thenCompose(p -> p.submit(request)));
        Proposer proposer =
                new Proposer(
                        "millrace-" + options.nodeId() + "-journal",
                        admission.identity().self(),
                        options,
                        leadership,
                        ratis,
                        stuck -> {
                            // With other voters it may be them who do not answer.
                            if (options.alone()) {
                                listener.failed(stuck);
                            }
                        });
        opened.complete(proposer);
        Journal journal = new Journal(directory, ratis, proposer, leadership);
        if (admission.joins()) {
            try {
                new Joining(options, admission, ratis).run();
            } catch (ClusterStartException | InterruptedException e) {
                journal.close();
                throw e;
            }
        }
        return journal;
    }

    private static void remember(
            JournalDirectory directory,
            UnaryOperator<JournalIdentity> change,
            JournalListener listener) {
        try {
            directory.remember(change);
        } catch (IOException e) {
            listener.failed(e);
        }
    }

    private static String rootMessage(Throwable error) {
        Throwable root = error;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root.toString();
    }

    /** Completes on the journal's thread; fails with kafka-clients' public exceptions. */
    public CompletableFuture<Outcome> ask(MetadataRequest request) {
        return proposer.submit(request);
    }

    /**
     * The quorum as the leader sees it; any thread. Fails if there is none, or it does not lead.
     */
    public CompletableFuture<QuorumState> quorum() {
        return ratis.quorum(leadership.leaderId());
    }

    /** What waits is refused, what was appended is on disk. */
    @Override
    public void close() {
        proposer.close();
        try (JournalDirectory released = directory;
                RatisJournal stopped = ratis) {
            LOG.debug("Closing {} and {}", stopped, released);
        } catch (IOException e) {
            LOG.warn("The metadata journal did not close cleanly; nothing is lost by that", e);
        }
    }

    /** Whoever leads an empty journal gives the cluster its id; the rest is passed on. */
    private static final class Events implements JournalListener {
        private final JournalListener listener;
        private final CompletableFuture<Proposer> opened;
        private final Leadership leadership;
        private final JournalDirectory directory;
        private String clusterId; // Ratis' applying thread only

        Events(
                JournalListener listener,
                CompletableFuture<Proposer> opened,
                Leadership leadership,
                JournalDirectory directory,
                JournalIdentity identity) {
            this.listener = listener;
            this.opened = opened;
            this.leadership = leadership;
            this.directory = directory;
            this.clusterId = identity.clusterId();
        }

        @Override
        public void applied(MetadataState state) {
            String decided = state.clusterId();
            if (!decided.equals(clusterId) && !decided.isEmpty()) {
                if (!clusterId.isEmpty()) {
                    listener.failed(
                            new IOException(
                                    "its journal is of cluster "
                                            + decided
                                            + ", its directory of cluster "
                                            + clusterId));
                    return;
                }
                clusterId = decided;
                remember(directory, known -> known.of(decided), listener);
            }
            listener.applied(state);
        }

        @Override
        public void leaderChanged(String newLeaderId) {
            leadership.changed(newLeaderId);
            listener.leaderChanged(newLeaderId);
        }

        @Override
        public void leaderReady() {
            leadership.ready();
            String proposed = Uuid.randomUuid().toString();
            opened.thenAccept(proposer -> proposer.submit(new FormatCluster(proposed)));
            listener.leaderReady();
        }

        @Override
        public void failed(Throwable cause) {
            listener.failed(cause);
        }
    }
}
