package dev.millrace.cluster.journal;

import dev.millrace.cluster.ClusterStartException;
import dev.millrace.cluster.QuorumState;
import dev.millrace.cluster.journal.MetadataRequest.FormatCluster;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
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
     * Blocks until the journal runs on this node; the listener hears when it has a leader. Threads
     * that are started on the way inherit from the caller whether they are daemons.
     *
     * @throws ClusterStartException with one line for the operator
     */
    public static Journal open(JournalOptions options, JournalListener listener) {
        JournalDirectory directory = JournalDirectory.claim(options);
        try {
            CompletableFuture<Proposer> opened = new CompletableFuture<>();
            Leadership leadership = new Leadership();
            RatisJournal ratis =
                    RatisJournal.start(
                            options,
                            new Events(listener, opened, leadership),
                            request -> opened.thenCompose(p -> p.submit(request)));
            Proposer proposer =
                    new Proposer(
                            "millrace-" + options.nodeId() + "-journal",
                            options,
                            leadership,
                            ratis,
                            stuck -> {
                                // With other voters it may be them who do not answer.
                                if (options.isAlone()) {
                                    listener.failed(stuck);
                                }
                            });
            opened.complete(proposer);
            return new Journal(directory, ratis, proposer, leadership);
        } catch (IOException | RuntimeException e) {
            try {
                directory.close();
            } catch (IOException again) {
                e.addSuppressed(again);
            }
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
    private record Events(
            JournalListener listener, CompletableFuture<Proposer> opened, Leadership leadership)
            implements JournalListener {
        @Override
        public void applied(MetadataState state) {
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
            String clusterId = Uuid.randomUuid().toString();
            opened.thenAccept(proposer -> proposer.submit(new FormatCluster(clusterId)));
            listener.leaderReady();
        }

        @Override
        public void failed(Throwable cause) {
            listener.failed(cause);
        }
    }
}
