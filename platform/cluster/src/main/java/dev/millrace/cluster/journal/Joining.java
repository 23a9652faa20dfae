package dev.millrace.cluster.journal;

import dev.millrace.cluster.ClusterStartException;
import dev.millrace.cluster.journal.MetadataRequest.JoinJournal;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.RetriableException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the journal's leader to take this node in, until it has, or refuses for good. This node runs
 * already, as an observer that nobody knows: the leader brings it up to date before it counts.
 */
final class Joining {
    private static final Logger LOG = LoggerFactory.getLogger(Joining.class);
    private static final long ANSWER_TIMEOUT_MS = 1_000;
    private static final long JOIN_TIMEOUT_MS = 15_000;
    private static final long RETRY_MS = 300;
    private static final int NOTE_EVERY = 30;

    private final JournalOptions options;
    private final Admission admission;
    private final RatisJournal journal;

    Joining(JournalOptions options, Admission admission, RatisJournal journal) {
        this.options = options;
        this.admission = admission;
        this.journal = journal;
    }

    /**
     * @throws ClusterStartException the leader refuses, and says why
     */
    void run() throws InterruptedException {
        JoinJournal request =
                new JoinJournal(
                        options.nodeId(),
                        admission.identity().clusterId(),
                        admission.identity().self(),
                        options.self().host(),
                        options.self().port(),
                        options.rules().features());
        List<JournalPeer> asked = new ArrayList<>(options.others());
        admission.members().stream()
                .filter(member -> !member.id().equals(admission.identity().self()))
                .filter(
                        member ->
                                asked.stream().noneMatch(p -> p.address().equals(member.address())))
                .forEach(asked::add);
        try (Handshake handshake = new Handshake(asked)) {
            for (int tries = 1; !joined(handshake, request); tries++) {
                if (tries % NOTE_EVERY == 0) {
                    LOG.warn(
                            "Cluster {} has not taken this node in yet; it goes on asking",
                            admission.identity().clusterId());
                }
                TimeUnit.MILLISECONDS.sleep(RETRY_MS);
            }
        }
    }

    private boolean joined(Handshake handshake, JoinJournal request) throws InterruptedException {
        String leader =
                handshake.ask(ANSWER_TIMEOUT_MS).stream()
                        .map(answer -> answer.hello().leaderId())
                        .filter(id -> !id.isEmpty())
                        .findFirst()
                        .orElse(Leadership.NONE);
        if (leader.equals(Leadership.NONE)) {
            return false;
        }
        try {
            journal.askLeader(leader, request).get(JOIN_TIMEOUT_MS, TimeUnit.MILLISECONDS);
            return true;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof ApiException refusal
                    && !(refusal instanceof RetriableException)) {
                throw new ClusterStartException(String.valueOf(refusal.getMessage()), refusal);
            }
            LOG.debug("Not taken in yet", e);
            return false;
        } catch (TimeoutException e) {
            LOG.debug("Not taken in yet", e);
            return false;
        }
    }
}
