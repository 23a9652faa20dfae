package dev.millrace.cluster.journal;

import dev.millrace.cluster.journal.MetadataRequest.JoinJournal;
import dev.millrace.cluster.journal.MetadataRequest.UnregisterBroker;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Changes who follows the journal, as its leader, by {@link Membership}'s rules: one change at a
 * time, as Raft wants it. {@link Proposer}'s thread.
 */
final class MemberChanges {
    private static final Logger LOG = LoggerFactory.getLogger(MemberChanges.class);
    private static final long CHANGE_TIMEOUT_MS = 12_000;
    private static final long PROMOTION_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(500);

    private final RatisJournal journal;
    private final int targetVoters;
    private final AtomicBoolean promoting = new AtomicBoolean();
    private long promotedNs = System.nanoTime();

    /**
     * @param targetVoters as many voters as there should be
     */
    MemberChanges(RatisJournal journal, int targetVoters) {
        this.journal = journal;
        this.targetVoters = targetVoters;
    }

    static boolean concern(MetadataRequest request) {
        return request instanceof JoinJournal || request instanceof UnregisterBroker;
    }

    /** Completes when the members are as the request wants them. */
    CompletableFuture<Void> make(MetadataRequest request) {
        Membership membership = new Membership(journal.members(), journal.state());
        Optional<List<JournalPeer>> next = Optional.empty();
        if (request instanceof JoinJournal join) {
            next = membership.joined(join);
        } else if (request instanceof UnregisterBroker leave) {
            next = membership.left(leave);
        }
        return next.map(this::change).orElse(CompletableFuture.completedFuture(null));
    }

    /** Does nothing while there is nothing to do. */
    void promoteObservers(long nowNs) {
        if (nowNs - promotedNs < PROMOTION_INTERVAL_NS || promoting.get()) {
            return;
        }
        promotedNs = nowNs;
        new Membership(journal.members(), journal.state())
                .promoted(targetVoters)
                .ifPresent(
                        next -> {
                            promoting.set(true);
                            change(next)
                                    .whenComplete(
                                            (done, error) -> {
                                                promoting.set(false);
                                                if (error != null) {
                                                    LOG.warn(
                                                            "An observer did not become a voter:"
                                                                    + " {}; it is tried again",
                                                            error.getMessage());
                                                }
                                            });
                        });
    }

    private CompletableFuture<Void> change(List<JournalPeer> next) {
        LOG.info("The metadata journal's members become {}", next);
        return journal.change(next).orTimeout(CHANGE_TIMEOUT_MS, TimeUnit.MILLISECONDS);
    }
}
