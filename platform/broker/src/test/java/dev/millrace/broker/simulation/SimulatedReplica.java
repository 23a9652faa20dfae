package dev.millrace.broker.simulation;

import static java.util.Objects.requireNonNull;

import dev.millrace.broker.replica.LeaderState;
import dev.millrace.broker.replica.Leadership;
import dev.millrace.cluster.MetadataImage;
import dev.millrace.log.AppendTerms;
import dev.millrace.log.FetchedRecords;
import dev.millrace.log.PartitionLog;
import dev.millrace.log.PartitionLog.AppendOrigin;
import dev.millrace.log.PartitionLog.AppendResult;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.jspecify.annotations.Nullable;

/**
 * A partition on a broker: the real log and, while it leads, the real {@link LeaderState}; what the
 * broker's {@code Partition} does around them. Beside the log it remembers what must be in it.
 */
final class SimulatedReplica {
    static final int NOBODY = -1;
    private static final int READ_BYTES = 400;

    private final SimulatedCluster cluster;
    private final SimulatedNode node;
    private final TopicPartition partition;
    private final PartitionHistory history;
    private final SimulatedFetcher fetcher;

    /** What the log has, as far as it is not broken; kept when the process ends. */
    private final List<Entry> entries = new ArrayList<>();

    /** Was being appended when the disk failed: it may be there or not. */
    private List<Entry> uncertain = List.of();

    private int agreesTo;
    private long flushed;
    private @Nullable PartitionLog log;

    private int epoch;
    private int leader;
    private @Nullable SimulatedLeader leads;
    private final Queue<AckWait> waits = new PriorityQueue<>();

    /** What happens when the log has been cut; null while it is not. */
    private @Nullable ArrayDeque<Runnable> held;

    private record AckWait(long lastOffset, Consumer<@Nullable ApiException> answer)
            implements Comparable<AckWait> {
        @Override
        public int compareTo(AckWait other) {
            return Long.compare(lastOffset, other.lastOffset);
        }
    }

    SimulatedReplica(
            SimulatedCluster cluster,
            SimulatedNode node,
            TopicPartition partition,
            PartitionHistory history) {
        this.cluster = cluster;
        this.node = node;
        this.partition = partition;
        this.history = history;
        this.fetcher = new SimulatedFetcher(cluster, this);
    }

    SimulatedNode node() {
        return node;
    }

    TopicPartition partition() {
        return partition;
    }

    PartitionLog log() {
        return requireNonNull(log);
    }

    List<Entry> entries() {
        return entries;
    }

    int agreesTo() {
        return agreesTo;
    }

    void agreesTo(int offset) {
        agreesTo = offset;
    }

    int epoch() {
        return epoch;
    }

    @Nullable SimulatedLeader leads() {
        return leads;
    }

    SimulatedFetcher fetcher() {
        return fetcher;
    }

    private String name() {
        return node.id() + " " + partition;
    }

    // ---- its life

    /** After a start: the log is what recovery has made of the files. */
    void opened(PartitionLog opened) throws IOException {
        log = opened;
        List<Entry> found = read(0, opened.logEndOffset(), 1 << 20);
        int known = Math.min(found.size(), entries.size());
        boolean prefix =
                found.subList(0, known).equals(entries.subList(0, known))
                        && found.size() - known <= uncertain.size()
                        && found.subList(known, found.size())
                                .equals(uncertain.subList(0, found.size() - known));
        boolean enough = found.size() >= (node.maybeLossy() ? flushed : entries.size());
        if (!prefix || !enough) {
            throw new Violation(
                    "RecoveryKeepsWhatIsDurable",
                    "%s had %d records, %d of them durable; it opens with %d, %s"
                            .formatted(
                                    name(),
                                    entries.size(),
                                    flushed,
                                    found.size(),
                                    prefix ? "a prefix" : "others: " + found + " not " + entries));
        }
        if (node.maybeLossy() || found.size() != entries.size()) {
            cluster.say(
                    "%s: has %d of %d records, %d were durable",
                    name(), found.size(), entries.size(), flushed);
        }
        forget(found.size());
        note(found.subList(known, found.size()));
        uncertain = List.of();
    }

    /** The log has what it should have, as a reader sees it. */
    void checkFiles() {
        try {
            List<Entry> found = read(0, log().logEndOffset(), 1 << 20);
            if (!found.equals(entries)) {
                throw new Violation(
                        "LogMatching", name() + " has " + found + " in its log, not " + entries);
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    void started() {
        epoch = -1;
        leader = NOBODY;
    }

    void ended() {
        log = null;
        leads = null;
        held = null;
        fetcher.ended();
        leader = NOBODY;
        // Their connections are gone, too.
        waits.clear();
        cluster.leadershipChanged(this);
    }

    private void forget(long offset) {
        while (entries.size() > offset) {
            entries.remove(entries.size() - 1);
        }
        agreesTo = (int) Math.min(agreesTo, offset);
        flushed = Math.min(flushed, offset);
    }

    private void note(List<Entry> added) {
        for (Entry entry : added) {
            Entry before = entries.isEmpty() ? null : entries.get(entries.size() - 1);
            history.appended(node.id(), entries.size(), entry, before);
            entries.add(entry);
        }
        if (entries.size() != log().logEndOffset()) {
            throw new Violation(
                    "LogMatching",
                    "%s ends at %d after its record %d"
                            .formatted(name(), log().logEndOffset(), entries.size()));
        }
    }

    /** What is in the log's files and its memory, as a reader gets it. */
    List<Entry> read(long from, long to, int maxBytes) throws IOException {
        List<Entry> all = new ArrayList<>();
        long at = from;
        while (at < to) {
            ByteBuffer batches = readBatches(at, to, maxBytes);
            List<Entry> found = Entry.in(batches);
            if (found.isEmpty()) {
                break;
            }
            long base = batches.getLong(batches.position());
            if (base > at || base + found.size() <= at) {
                throw new Violation(
                        "RecoveryKeepsWhatIsDurable",
                        name() + " has offset " + base + " where " + at + " should be");
            }
            all.addAll(found.subList((int) (at - base), found.size()));
            at = base + found.size();
        }
        return all;
    }

    ByteBuffer readBatches(long from, long to, int maxBytes) throws IOException {
        FetchedRecords fetched = log().read(from, to, maxBytes, true);
        ByteBuffer records = requireNonNull(fetched.records());
        ByteBuffer copy = ByteBuffer.allocate(records.remaining());
        copy.put(records.duplicate()).flip();
        fetched.done();
        return copy;
    }

    // ---- its roles

    /** What the broker's image says of it. */
    void apply() {
        if (held != null) {
            held.add(this::apply);
            return;
        }
        MetadataImage.Partition state = cluster.state(node.image(), partition);
        if (state.leaderEpoch() < epoch) {
            return;
        }
        if (state.leader() != node.id() || !node.isRegistered()) {
            follow(state.leader() == node.id() ? NOBODY : state.leader(), state.leaderEpoch());
            return;
        }
        Map<Integer, Long> eligible = new HashMap<>();
        node.image()
                .brokers()
                .forEach(
                        (broker, registration) -> {
                            if (registration.isActive()) {
                                eligible.put(broker, registration.brokerEpoch());
                            }
                        });
        lead(
                new Leadership(
                        state.leaderEpoch(),
                        state.partitionEpoch(),
                        state.replicas(),
                        state.isr(),
                        cluster.terms().minInsync(),
                        eligible));
    }

    private void lead(Leadership next) {
        SimulatedLeader before = leads;
        if (before != null && next.leaderEpoch() == epoch) {
            before.update(next);
        } else {
            fetcher.stop();
            epoch = next.leaderEpoch();
            leader = node.id();
            log().beginLeaderEpoch(epoch);
            leads = new SimulatedLeader(cluster, this, next);
            cluster.count(SimulatedCluster.Event.ELECTION);
            cluster.say("%s: leads in epoch %d from %d", name(), epoch, log().logEndOffset());
        }
        commit();
        cluster.leadershipChanged(this);
    }

    private void follow(int newLeader, int newEpoch) {
        boolean led = leads != null;
        leads = null;
        epoch = newEpoch;
        leader = newLeader;
        if (led) {
            cluster.say("%s: follows %d in epoch %d", name(), leader, epoch);
            failWaits(new NotLeaderOrFollowerException("deposed"));
            cluster.leadershipChanged(this);
        }
        fetcher.follow(newLeader, newEpoch);
    }

    private void failWaits(ApiException reason) {
        List<AckWait> all = List.copyOf(waits);
        waits.clear();
        boolean lies = cluster.planted(PlantedFault.DEPOSED_LEADER_ACKNOWLEDGES);
        all.forEach(wait -> wait.answer.accept(lies ? null : reason));
    }

    // ---- what a leader does

    /**
     * With acks=all.
     *
     * @param answer told null, or why not; later
     */
    AppendResult append(
            ByteBuffer batches,
            AppendOrigin origin,
            AppendTerms terms,
            Consumer<@Nullable ApiException> answer) {
        SimulatedLeader current = leads;
        if (current == null || held != null) {
            throw new NotLeaderOrFollowerException("not here");
        }
        if (current.state().isUnderMinInsyncReplicas()) {
            throw new NotEnoughReplicasException("too few");
        }
        try {
            AppendResult result = log().appendAsLeader(batches, epoch, origin, terms);
            if (!result.duplicate()) {
                note(Entry.in(batches));
                commit();
            }
            if (log().highWatermark() > result.lastOffset()
                    || cluster.planted(PlantedFault.ACKNOWLEDGED_WHEN_APPENDED)) {
                answer.accept(null);
            } else {
                waits.add(new AckWait(result.lastOffset(), answer));
            }
            return result;
        } catch (IOException e) {
            uncertain = Entry.in(batches);
            node.diskFailed(e);
            throw new KafkaStorageException("broken", e);
        }
    }

    /** The same, of a coordinator elsewhere. */
    void appendForCoordinator(
            ByteBuffer batches, AppendTerms terms, Consumer<@Nullable Throwable> done) {
        try {
            append(batches, AppendOrigin.COORDINATOR, terms, done::accept);
        } catch (ApiException refused) {
            done.accept(refused);
        }
    }

    /** Raises the high watermark, if it may. */
    void commit() {
        SimulatedLeader current = leads;
        if (current == null || log == null) {
            return;
        }
        boolean asPromised =
                cluster.terms().onDisk()
                        && !cluster.planted(PlantedFault.LEADER_COUNTS_WHAT_IS_NOT_FLUSHED);
        long own = asPromised ? log().recoveryPoint() : log().logEndOffset();
        long before = log().highWatermark();
        if (log().advanceHighWatermark(current.committed(own))) {
            long now = log().highWatermark();
            if (current.isAlone() && cluster.terms().calm() && !node.isStopping()) {
                history.committedAlone(node.id(), epoch, cluster.state(cluster.image(), partition));
            }
            cluster.say("%s: commits up to %d", name(), now);
            history.committed(node.id(), before, now, entries);
            while (!waits.isEmpty() && waits.element().lastOffset < now) {
                waits.remove().answer.accept(null);
            }
            cluster.committed(this, before, now);
        }
    }

    /** A follower's request. */
    @Nullable ByteBuffer readFor(long offset) throws IOException {
        return offset >= log().logEndOffset()
                ? ByteBuffer.allocate(0)
                : readBatches(offset, log().logEndOffset(), READ_BYTES);
    }

    /** A reader asks where the log ends. */
    void tellEnd() {
        SimulatedLeader current = leads;
        MetadataImage.Partition journal = cluster.state(cluster.image(), partition);
        boolean isLeader = journal.leader() == node.id() && journal.leaderEpoch() == epoch;
        if (current != null
                && isLeader
                && (log().highWatermark() >= current.epochStartOffset()
                        || cluster.planted(PlantedFault.END_TOLD_BEFORE_IT_IS_KNOWN))) {
            history.endTold(node.id(), log().highWatermark());
        }
    }

    /** A reader reads from a leader, or from a follower (KIP-392). */
    void show() {
        long end = log().highWatermark();
        if (end == 0 || (leads == null && leader == NOBODY)) {
            return;
        }
        long from = cluster.random().nextLong(end);
        try {
            ByteBuffer batches = readBatches(from, end, READ_BYTES);
            long base = batches.getLong(batches.position());
            history.seen(node.id(), base, Entry.in(batches));
        } catch (IOException e) {
            node.diskFailed(e);
        }
    }

    // ---- what a follower does

    void appendFetched(ByteBuffer batches, int fetchedIn, long leadersHighWatermark)
            throws IOException {
        if (batches.hasRemaining()) {
            List<Entry> accepted = new ArrayList<>();
            for (Entry entry : Entry.in(batches)) {
                if (entry.epoch() > fetchedIn) {
                    break;
                }
                accepted.add(entry);
            }
            try {
                log().appendAsFollower(batches.duplicate(), fetchedIn);
            } catch (IOException e) {
                uncertain = accepted;
                throw e;
            }
            note(accepted);
        }
        long before = log().highWatermark();
        if (log().advanceHighWatermark(leadersHighWatermark)) {
            history.followed(node.id(), before, log().highWatermark(), entries);
        }
    }

    /** Appends and changes of roles wait until a worker has cut the log. */
    void cut(long offset, Runnable done) {
        ArrayDeque<Runnable> waiting = new ArrayDeque<>();
        held = waiting;
        cluster.later(
                node,
                () -> {
                    try {
                        truncate(offset);
                    } catch (IOException e) {
                        node.diskFailed(e);
                        return;
                    }
                    held = null;
                    waiting.forEach(Runnable::run);
                    done.run();
                });
    }

    private void truncate(long offset) throws IOException {
        cluster.say("%s: cuts from %d to %d", name(), log().logEndOffset(), offset);
        if (offset < log().logEndOffset()) {
            cluster.count(SimulatedCluster.Event.TRUNCATION);
        }
        // Also if it fails in the middle.
        flushed = Math.min(flushed, offset);
        log().truncateTo(offset);
        forget(log().logEndOffset());
    }

    boolean isHeld() {
        return held != null;
    }

    void afterHold(Runnable work) {
        requireNonNull(held).add(work);
    }

    void flush() {
        try {
            log().flush();
            flushed = log().recoveryPoint();
            commit();
        } catch (IOException e) {
            node.diskFailed(e);
        }
    }

    boolean hasFlushedAll() {
        return log().recoveryPoint() >= log().logEndOffset();
    }
}
