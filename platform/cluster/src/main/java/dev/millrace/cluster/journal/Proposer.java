package dev.millrace.cluster.journal;

import dev.millrace.cluster.ClusterRules;
import dev.millrace.cluster.journal.Decision.Accepted;
import dev.millrace.cluster.journal.Decision.Rejected;
import dev.millrace.cluster.journal.MetadataRequest.BrokerHeartbeat;
import dev.millrace.cluster.journal.MetadataRequest.RebalanceLeaders;
import dev.millrace.cluster.journal.MetadataRequest.SettlePartitions;
import dev.millrace.cluster.journal.RatisJournal.Appended;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides requests on the node that leads the journal, one batch at a time on a thread of its own;
 * on the others, sends them to the leader.
 *
 * <pre>
 *   requests ──> queue ──> decide all, each on the state the one before leaves
 *                             │ one entry: based on version v, records r1 r2 r3
 *                             v
 *                          append, fsync, apply ──> answer all
 * </pre>
 *
 * So requests that arrive together share an fsync, none is decided on a state that another is about
 * to change, and answers are given only for what is committed. If the state moved meanwhile
 * (another node led for a moment) the entry changes nothing and the batch is decided again.
 */
final class Proposer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Proposer.class);

    static final int MAX_PENDING = 10_000;
    static final int MAX_BATCH = 256;

    /** Of one request's records; a batch of them stays below Ratis' limit of 3 MB. */
    static final int MAX_REQUEST_BYTES = 1 << 20;

    static final int MAX_ENTRY_BYTES = 2 * MAX_REQUEST_BYTES;

    private static final long LEADER_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(30);
    private static final long APPEND_TIMEOUT_MS = 30_000;
    private static final long RETRY_DELAY_MS = 20;

    /** A leader that is gone is noticed after an election timeout, some hundred milliseconds. */
    private static final long FORWARD_RETRY_DELAY_MS = 100;

    /** A forwarded request that is not answered is sent again, perhaps to another leader. */
    private static final long FORWARD_TIMEOUT_MS = 1_000;

    private static final long FORWARD_ONCE_TIMEOUT_MS = 15_000;

    /** How often the leader looks for brokers that are silent. */
    private static final long SESSION_CHECK_NS = TimeUnit.MILLISECONDS.toNanos(100);

    /**
     * @param prepared the members of the journal are what the request makes of them
     */
    private record Pending(
            MetadataRequest request,
            long deadlineNs,
            CompletableFuture<Outcome> outcome,
            boolean prepared) {
        Pending(MetadataRequest request, long deadlineNs, CompletableFuture<Outcome> outcome) {
            this(request, deadlineNs, outcome, false);
        }

        Pending withMembersChanged() {
            return new Pending(request, deadlineNs, outcome, true);
        }

        boolean isExpired() {
            return System.nanoTime() - deadlineNs > 0;
        }

        void reject(Errors error, String message) {
            outcome.completeExceptionally(error.exception(message));
        }
    }

    private record Decided(Pending pending, Decision decision) {}

    private final String self;
    private final boolean alone;
    private final ClusterRules rules;
    private final Leadership leadership;
    private final RatisJournal journal;
    private final MemberChanges members;
    private final Sessions sessions; // thread only
    private final Probes probes;
    private final long suspicionNs;
    private int reign; // thread only; of the leadership that the sessions belong to
    private long rebalancedNs; // thread only
    private final Consumer<IOException> onStuck;
    private final Semaphore forwards = new Semaphore(MAX_BATCH);
    private final BlockingQueue<Pending> queue = new LinkedBlockingQueue<>(MAX_PENDING);
    private final Deque<Pending> backlog = new ArrayDeque<>(); // thread only
    private final Thread thread;
    private volatile boolean closed;

    /**
     * @param self {@link JournalPeer#id} of this node
     * @param onStuck told when an append neither ends nor fails
     */
    Proposer(
            String threadName,
            String self,
            JournalOptions options,
            Leadership leadership,
            RatisJournal journal,
            Consumer<IOException> onStuck) {
        this.onStuck = onStuck;
        this.self = self;
        this.alone = options.alone();
        this.members = new MemberChanges(journal, options.targetVoters());
        this.rules = options.rules();
        this.leadership = leadership;
        this.journal = journal;
        this.sessions =
                new Sessions(
                        TimeUnit.MILLISECONDS.toNanos(rules.sessionTimeoutMs()), SESSION_CHECK_NS);
        this.suspicionNs = TimeUnit.MILLISECONDS.toNanos(rules.heartbeatIntervalMs() * 3L / 2);
        this.probes =
                new Probes(
                        threadName + "-probe", rules.heartbeatIntervalMs(), gone -> submit(gone));
        this.rebalancedNs = System.nanoTime();
        this.thread = new Thread(this::run, threadName);
        this.thread.setDaemon(true);
        this.thread.start();
    }

    /** The outcome is completed on this proposer's thread, or on the caller's if it is refused. */
    CompletableFuture<Outcome> submit(MetadataRequest request) {
        Pending pending =
                new Pending(
                        request, System.nanoTime() + LEADER_TIMEOUT_NS, new CompletableFuture<>());
        enqueue(pending);
        return pending.outcome();
    }

    private void enqueue(Pending pending) {
        if (!queue.offer(pending)) {
            pending.reject(
                    Errors.THROTTLING_QUOTA_EXCEEDED,
                    MAX_PENDING + " metadata changes are waiting already; try again later.");
        } else if (closed) {
            rejectQueued();
        }
    }

    private void run() {
        try {
            while (!closed) {
                if (backlog.isEmpty()) {
                    awaitOne();
                }
                queue.drainTo(backlog, Math.max(0, MAX_BATCH - backlog.size()));
                if (!serveBacklog()) {
                    dropExpired();
                    Thread.sleep(RETRY_DELAY_MS);
                }
            }
        } catch (InterruptedException e) {
            // Only close() interrupts this thread, which ends here.
        } finally {
            closed = true;
            backlog.forEach(Proposer::rejectForClosing);
            rejectQueued();
        }
    }

    /** Only who leads others has to look after them; who begins to is woken by a request. */
    private void awaitOne() throws InterruptedException {
        if (alone || !leadership.leaderId().equals(self)) {
            backlog.add(queue.take());
            return;
        }
        Pending next = queue.poll(SESSION_CHECK_NS, TimeUnit.NANOSECONDS);
        if (next != null) {
            backlog.add(next);
        }
    }

    /** False if it has to be tried again, a little later. */
    private boolean serveBacklog() throws InterruptedException {
        String leader = leadership.leaderId();
        if (leader.equals(self)) {
            if (!alone) {
                watchSessions();
            }
            changeMembers();
            return backlog.isEmpty() || proposeBacklog();
        }
        if (leader.equals(Leadership.NONE)) {
            return backlog.isEmpty();
        }
        while (!backlog.isEmpty()) {
            forwards.acquire();
            forward(leader, backlog.remove());
        }
        return true;
    }

    /**
     * As the journal's leader: who is silent is fenced, and leaders go back to where they belong.
     */
    private void watchSessions() {
        long nowNs = System.nanoTime();
        if (reign != leadership.reigns()) {
            reign = leadership.reigns();
            sessions.restart(nowNs);
        }
        for (Pending pending : backlog) {
            if (pending.request() instanceof BrokerHeartbeat heartbeat) {
                sessions.heard(heartbeat.nodeId(), heartbeat.brokerEpoch(), nowNs);
            }
        }
        sessions.expired(journal.state(), nowNs).forEach(this::propose);
        sessions.silent(journal.state(), nowNs, suspicionNs).forEach(probes::probe);
        members.promoteObservers(nowNs);
        long rebalanceNs = TimeUnit.MILLISECONDS.toNanos(rules.leaderRebalanceIntervalMs());
        if (rebalanceNs > 0 && nowNs - rebalancedNs > rebalanceNs) {
            rebalancedNs = nowNs;
            propose(new RebalanceLeaders());
        }
    }

    /** Requests that change who follows the journal leave the backlog until that is done. */
    private void changeMembers() {
        backlog.removeIf(
                pending -> {
                    if (pending.prepared() || !MemberChanges.concern(pending.request())) {
                        return false;
                    }
                    Decision decision = Decisions.decide(journal.state(), pending.request(), rules);
                    if (decision instanceof Rejected) {
                        return false; // and refused, in its turn
                    }
                    members.make(pending.request())
                            .whenComplete(
                                    (changed, error) -> {
                                        if (error == null) {
                                            enqueue(pending.withMembersChanged());
                                        } else {
                                            pending.reject(
                                                    Errors.REQUEST_TIMED_OUT,
                                                    "The members of the metadata journal could"
                                                            + " not be changed: "
                                                            + cause(error).getMessage());
                                        }
                                    });
                    return true;
                });
    }

    /** Of this thread's own accord; nobody waits for it, and a failure is tried again later. */
    private void propose(MetadataRequest request) {
        LOG.info("The journal's leader decides: {}", request);
        backlog.add(
                new Pending(
                        request, System.nanoTime() + LEADER_TIMEOUT_NS, new CompletableFuture<>()));
    }

    private void forward(String leader, Pending pending) {
        journal.askLeader(leader, pending.request())
                .orTimeout(
                        pending.request().repeatable()
                                ? FORWARD_TIMEOUT_MS
                                : FORWARD_ONCE_TIMEOUT_MS,
                        TimeUnit.MILLISECONDS)
                .whenComplete(
                        (outcome, error) -> {
                            forwards.release();
                            if (error == null) {
                                pending.outcome().complete(outcome);
                            } else {
                                forwardFailed(pending, cause(error));
                            }
                        });
    }

    private void forwardFailed(Pending pending, Throwable error) {
        if (error instanceof ApiException) {
            pending.outcome().completeExceptionally(error);
        } else if ((RatisJournal.isNotLeader(error) || pending.request().repeatable())
                && !pending.isExpired()
                && !closed) {
            // In the queue again, after a pause in which a new leader may be found.
            CompletableFuture.delayedExecutor(FORWARD_RETRY_DELAY_MS, TimeUnit.MILLISECONDS)
                    .execute(() -> enqueue(pending));
        } else {
            rejectUnknown(pending);
        }
    }

    private static Throwable cause(Throwable error) {
        return error instanceof CompletionException && error.getCause() != null
                ? error.getCause()
                : error;
    }

    /** False if it has to be tried again: this node does not lead, or the state has moved. */
    private boolean proposeBacklog() throws InterruptedException {
        MetadataState base = journal.state();
        MetadataState speculative = base;
        List<MetadataRecord> records = new ArrayList<>();
        List<Decided> batch = new ArrayList<>();
        int bytes = 0;
        for (Pending pending : backlog) {
            Decision decision = bounded(Decisions.decide(speculative, pending.request(), rules));
            if (decision instanceof Accepted accepted) {
                bytes += encodedSize(accepted.records());
                if (bytes > MAX_ENTRY_BYTES) {
                    break;
                }
                speculative = speculative.replay(accepted.records(), base.version() + 1);
                records.addAll(accepted.records());
            }
            batch.add(new Decided(pending, decision));
        }
        Appended appended =
                records.isEmpty()
                        ? Appended.APPLIED
                        : append(JournalEntry.on(base, List.copyOf(records)));
        switch (appended) {
            case APPLIED -> batch.forEach(decided -> applied(decided, journal.state().version()));
            case UNKNOWN -> batch.forEach(decided -> rejectUnknown(decided.pending()));
            case STALE, NOT_LEADER -> {
                return false;
            }
        }
        batch.forEach(decided -> backlog.remove());
        return true;
    }

    private Appended append(JournalEntry entry) throws InterruptedException {
        try {
            return journal.append(entry).get(APPEND_TIMEOUT_MS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            onStuck.accept(
                    new IOException(
                            "a write of "
                                    + entry.records().size()
                                    + " record(s) did not end within "
                                    + TimeUnit.MILLISECONDS.toSeconds(APPEND_TIMEOUT_MS)
                                    + " s",
                            e));
            return Appended.UNKNOWN;
        } catch (ExecutionException e) {
            return Appended.UNKNOWN;
        }
    }

    private static Decision bounded(Decision decision) {
        if (decision instanceof Accepted accepted) {
            int size = encodedSize(accepted.records());
            if (size > MAX_REQUEST_BYTES) {
                return new Rejected(
                        Errors.INVALID_REQUEST,
                        "The change takes "
                                + size
                                + " bytes of the metadata journal, allowed are "
                                + MAX_REQUEST_BYTES
                                + "; make it in several steps.");
            }
        }
        return decision;
    }

    private static int encodedSize(List<MetadataRecord> records) {
        BinaryWriter out = new BinaryWriter();
        records.forEach(record -> RecordCodec.write(out, record));
        return out.size();
    }

    private void applied(Decided decided, long version) {
        if (decided.decision() instanceof Accepted accepted
                && Elections.mayHaveMore(accepted.records())) {
            enqueue(
                    new Pending(
                            new SettlePartitions(),
                            System.nanoTime() + LEADER_TIMEOUT_NS,
                            new CompletableFuture<>()));
        }
        if (decided.pending().request() instanceof BrokerHeartbeat
                && !alone
                && !journal.isConfirmedLeader(rules.heartbeatIntervalMs())) {
            // Another may lead by now, and have fenced this broker: it must not believe itself
            // current. Its next heartbeat may find who leads.
            decided.pending()
                    .reject(
                            Errors.NOT_CONTROLLER,
                            "The journal's leader has not heard of a majority for "
                                    + rules.heartbeatIntervalMs()
                                    + " ms.");
            return;
        }
        answer(decided, version);
    }

    private static void answer(Decided decided, long version) {
        Pending pending = decided.pending();
        if (decided.decision() instanceof Accepted accepted) {
            pending.outcome().complete(new Outcome(version, accepted.reply()));
        } else if (decided.decision() instanceof Rejected rejected) {
            pending.reject(rejected.error(), rejected.message());
        }
    }

    private static void rejectUnknown(Pending pending) {
        pending.reject(
                Errors.REQUEST_TIMED_OUT,
                "The metadata journal did not confirm the change; it may have been made or not."
                        + " Look before trying again.");
    }

    private void dropExpired() {
        backlog.removeIf(
                pending -> {
                    boolean expired = pending.isExpired();
                    if (expired) {
                        pending.reject(
                                Errors.REQUEST_TIMED_OUT,
                                "The metadata journal had no leader for "
                                        + TimeUnit.NANOSECONDS.toSeconds(LEADER_TIMEOUT_NS)
                                        + " s; nothing was changed.");
                    }
                    return expired;
                });
    }

    private void rejectQueued() {
        List<Pending> late = new ArrayList<>();
        queue.drainTo(late);
        late.forEach(Proposer::rejectForClosing);
    }

    private static void rejectForClosing(Pending pending) {
        pending.reject(
                Errors.BROKER_NOT_AVAILABLE,
                "The node is shutting down; the metadata change was not made by it.");
    }

    /** Answers what waits with BROKER_NOT_AVAILABLE. */
    @Override
    public void close() {
        closed = true;
        probes.close();
        thread.interrupt();
    }
}
