package dev.millrace.broker.simulation;

import dev.millrace.cluster.MetadataImage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What has happened to a partition, told by nobody in particular, and what must therefore be. The
 * invariants have the names of Vanlightly's specifications of replication (kip-966):
 *
 * <ul>
 *   <li><em>NoCommittedRecordLost</em>: what was below a leader's high watermark is the same for
 *       ever
 *   <li><em>LeaderCompleteness</em>: whom the journal names as leader has all of it
 *   <li><em>LeaderCandidateCompleteness</em>: so has everybody in the ISR and the ELR, unless it is
 *       down, and will register as unclean
 *   <li><em>LogMatching</em>: the same epoch at the same offset is the same record, and all before
 *       it are the same
 *   <li><em>ConsistentRead</em>: what readers see is committed, and stays as it is
 *   <li><em>AcknowledgedIsCommitted</em>, <em>EndNeverGoesBack</em>: what writers and readers are
 *       told
 *   <li><em>NoDuplicates</em>: what an idempotent producer has sent is there once, and in order
 *   <li><em>SoleReplicaLeads</em>: who commits without asking others is the leader in the journal
 * </ul>
 */
final class PartitionHistory {
    private record Written(long content, int epochBefore) {}

    private final String name;
    private final List<Entry> committed = new ArrayList<>();
    private final Map<Long, Written> written = new HashMap<>();
    private final Map<Integer, Integer> lastOfWriter = new HashMap<>();
    private long endTold;
    private int acknowledged;

    PartitionHistory(String name) {
        this.name = name;
    }

    int committed() {
        return committed.size();
    }

    int acknowledged() {
        return acknowledged;
    }

    @SuppressWarnings("AnnotateFormatMethod") // tests do not depend on its annotations
    private void check(boolean holds, String invariant, String detail, Object... arguments) {
        if (!holds) {
            throw new Violation(invariant, name + ": " + String.format(detail, arguments));
        }
    }

    /** A replica has {@code entry} at {@code offset} now. */
    void appended(int node, long offset, Entry entry, @Nullable Entry before) {
        Written now = new Written(entry.content(), before == null ? -1 : before.epoch());
        Written known = written.putIfAbsent((long) entry.epoch() << 40 | offset, now);
        check(
                known == null || known.equals(now),
                "LogMatching",
                "broker %d has %s at %d after %s, another had %s",
                node,
                entry,
                offset,
                String.valueOf(before),
                String.valueOf(known));
        check(
                before == null || before.epoch() <= entry.epoch(),
                "LogMatching",
                "broker %d has %s at %d after %s: epochs go back",
                node,
                entry,
                offset,
                String.valueOf(before));
    }

    /** The high watermark of a leader rises. */
    void committed(int leader, long from, long to, List<Entry> log) {
        for (long offset = from; offset < to; offset++) {
            Entry entry = log.get((int) offset);
            if (offset < committed.size()) {
                check(
                        committed.get((int) offset).equals(entry),
                        "NoCommittedRecordLost",
                        "%s was committed at %d, now broker %d has %s",
                        committed.get((int) offset),
                        offset,
                        leader,
                        entry);
            } else {
                committed.add(entry);
                checkOrder(offset, entry);
            }
        }
    }

    private void checkOrder(long offset, Entry entry) {
        if (Writer.isWritten(entry.content())) {
            int writer = Writer.of(entry.content());
            int number = Writer.number(entry.content());
            Integer last = lastOfWriter.put(writer, number);
            check(
                    (last == null ? 0 : last + 1) == number,
                    "NoDuplicates",
                    "record %d of writer %d is at %d, after its record %s",
                    number,
                    writer,
                    offset,
                    String.valueOf(last));
        }
    }

    /** A follower has taken over the high watermark. */
    void followed(int node, long from, long to, List<Entry> log) {
        check(
                to <= committed.size(),
                "ConsistentRead",
                "broker %d shows its records up to %d, committed are %d",
                node,
                to,
                committed.size());
        seen(node, from, log.subList((int) from, (int) to));
    }

    /** Somebody has read what broker {@code node} has from {@code offset} on. */
    void seen(int node, long offset, List<Entry> entries) {
        for (int i = 0; i < entries.size(); i++) {
            long at = offset + i;
            check(
                    at < committed.size() && committed.get((int) at).equals(entries.get(i)),
                    "ConsistentRead",
                    "broker %d shows %s at %d, committed is %s",
                    node,
                    entries.get(i),
                    at,
                    at < committed.size() ? committed.get((int) at) : "nothing");
        }
    }

    /** A writer was told that its record is at {@code offset}. */
    void acknowledged(long content, long offset) {
        acknowledged++;
        check(
                offset < committed.size() && committed.get((int) offset).content() == content,
                "AcknowledgedIsCommitted",
                "%s was acknowledged at %d, committed is %s",
                Writer.describe(content),
                offset,
                offset < committed.size() ? committed.get((int) offset) : "nothing");
    }

    /** The leader has told a reader where the log ends. */
    void endTold(int leader, long end) {
        check(
                end >= endTold,
                "EndNeverGoesBack",
                "broker %d says %d, a reader was told %d before",
                leader,
                end,
                endTold);
        endTold = end;
    }

    /**
     * A broker that is alone in the ISR raises its high watermark. It may have been fenced, and
     * lead again in an epoch of which it has not heard: nobody else has led meanwhile.
     */
    void committedAlone(int node, int epoch, MetadataImage.Partition journal) {
        check(
                journal.leader() == node,
                "SoleReplicaLeads",
                "broker %d commits in epoch %d by itself, the journal has leader %d in epoch %d",
                node,
                epoch,
                journal.leader(),
                journal.leaderEpoch());
    }

    /** After every step. */
    void checkCandidates(MetadataImage.Partition journal, Map<Integer, SimulatedReplica> replicas) {
        for (SimulatedReplica replica : replicas.values()) {
            int id = replica.node().id();
            boolean leads = journal.leader() == id;
            boolean candidate = journal.isr().contains(id) || journal.elr().contains(id);
            if ((leads || candidate) && !replica.node().maybeLossy()) {
                check(
                        hasAll(replica),
                        leads ? "LeaderCompleteness" : "LeaderCandidateCompleteness",
                        "broker %d lacks what is committed at %d; it ends at %d, committed are %d;"
                                + " %s",
                        id,
                        replica.agreesTo(),
                        replica.entries().size(),
                        committed.size(),
                        journal);
            }
        }
    }

    boolean hasAll(SimulatedReplica replica) {
        List<Entry> entries = replica.entries();
        int at = replica.agreesTo();
        while (at < committed.size()
                && at < entries.size()
                && entries.get(at).equals(committed.get(at))) {
            at++;
        }
        replica.agreesTo(at);
        return at >= committed.size();
    }

    void checkAllIn(SimulatedReplica replica) {
        check(
                hasAll(replica),
                "NoCommittedRecordLost",
                "broker %d lacks what is committed at %d of %d in the end",
                replica.node().id(),
                replica.agreesTo(),
                committed.size());
    }
}
