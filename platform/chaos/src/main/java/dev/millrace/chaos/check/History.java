package dev.millrace.chaos.check;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;

/** What the clients tried, were told and read. Thread safe; one list for each kind of thing. */
public final class History {
    private final List<Write> writes = new ArrayList<>();
    private final List<Transfer> transfers = new ArrayList<>();
    private final List<ReadRun> reads = new ArrayList<>();
    private final List<GroupEvent> groupEvents = new ArrayList<>();
    private final Map<TopicPartition, Long> ends = new HashMap<>();
    private final Map<String, String> copies = new HashMap<>();
    private final Set<String> ordered = new HashSet<>();
    private final List<Violation> seen = new ArrayList<>();

    public synchronized void add(Write write) {
        writes.add(write);
    }

    public synchronized void add(Transfer transfer) {
        transfers.add(transfer);
    }

    public synchronized void add(ReadRun run) {
        reads.add(run);
    }

    public synchronized void add(GroupEvent event) {
        groupEvents.add(event);
    }

    /** A workload saw for itself that something is wrong. */
    public synchronized void add(Violation violation) {
        seen.add(violation);
    }

    /** Somebody was told that the partition ends there: so much of it stays for ever. */
    public synchronized void sawEnd(TopicPartition partition, long endOffset) {
        ends.merge(partition, endOffset, Math::max);
    }

    /** The writer's records keep their order: it is idempotent. */
    public synchronized void keepsOrder(String writer) {
        ordered.add(writer);
    }

    /**
     * Records of {@code source} are copied to {@code target}, partition by partition, exactly once.
     */
    public synchronized void copies(String source, String target) {
        copies.put(source, target);
    }

    synchronized List<Write> writes() {
        return List.copyOf(writes);
    }

    synchronized List<Transfer> transfers() {
        return List.copyOf(transfers);
    }

    synchronized List<ReadRun> reads() {
        return List.copyOf(reads);
    }

    synchronized List<GroupEvent> groupEvents() {
        return List.copyOf(groupEvents);
    }

    synchronized Map<TopicPartition, Long> ends() {
        return Map.copyOf(ends);
    }

    synchronized Map<String, String> copies() {
        return Map.copyOf(copies);
    }

    synchronized Set<String> ordered() {
        return Set.copyOf(ordered);
    }

    synchronized List<Violation> seen() {
        return List.copyOf(seen);
    }

    /** A line of figures. */
    public synchronized String summary() {
        long acknowledged =
                writes.stream().filter(w -> w.outcome() instanceof Write.Acknowledged).count();
        long committed = transfers.stream().filter(t -> t.end() == Transfer.End.COMMITTED).count();
        long aborted = transfers.stream().filter(t -> t.end() == Transfer.End.ABORTED).count();
        long read = reads.stream().mapToLong(ReadRun::size).sum();
        long commits =
                groupEvents.stream()
                        .filter(GroupEvent.Commit.class::isInstance)
                        .map(GroupEvent.Commit.class::cast)
                        .filter(commit -> commit.acknowledgedNs() != GroupEvent.UNANSWERED)
                        .count();
        return acknowledged
                + " writes acknowledged, "
                + (writes.size() - acknowledged)
                + " unknown; transactions: "
                + committed
                + " committed, "
                + aborted
                + " aborted, "
                + (transfers.size() - committed - aborted)
                + " unknown; "
                + read
                + " records read; "
                + commits
                + " offset commits acknowledged, "
                + (groupEvents.size() - commits)
                + " other group events";
    }
}
