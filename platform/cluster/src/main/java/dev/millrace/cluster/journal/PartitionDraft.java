package dev.millrace.cluster.journal;

import dev.millrace.cluster.MetadataImage.Partition;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;

/**
 * The next state of one partition, from the present one and a wish. Every change of a partition
 * goes through here, so the rules are in one place:
 *
 * <pre>
 *   ISR     loses who is not active (fenced, shutting down, gone) or may have lost records
 *   ELR     while the ISR is smaller than min.insync.replicas nothing is committed, so who leaves
 *           it keeps all that is (KIP-966); empty again as soon as the ISR is large enough
 *   leader  stays if it is in the ISR; else the first replica, in their order, of the ISR; else of
 *           the ELR; else the last known leader, if there is nobody in either; else, only where
 *           unclean election is allowed, any replica that is active; else none
 *   epochs  the leader's with each change of leader, the partition's with each change
 * </pre>
 *
 * Not thread-safe; one use.
 */
final class PartitionDraft {
    static final int NO_LEADER = -1;

    /**
     * @param active whether a node may lead and be in an ISR
     * @param minInsyncReplicas as set for the topic
     */
    record Terms(IntPredicate active, int minInsyncReplicas, boolean uncleanElection) {}

    private final Partition before;
    private final Terms terms;
    private List<Integer> replicas;
    private List<Integer> isr;
    private List<Integer> adding;
    private List<Integer> removing;
    private Set<Integer> lost = Set.of();
    private int preferred = NO_LEADER;
    private boolean unclean;
    private boolean leaderEpochMoves;

    PartitionDraft(Partition before, Terms terms) {
        this.before = before;
        this.terms = terms;
        this.replicas = before.replicas();
        this.isr = before.isr();
        this.adding = before.adding();
        this.removing = before.removing();
        this.unclean = terms.uncleanElection();
    }

    PartitionDraft isr(List<Integer> wanted) {
        isr = wanted;
        return this;
    }

    /** These may have lost what they had: they are in the ISR and the ELR no more. */
    PartitionDraft lost(Set<Integer> nodeIds) {
        lost = nodeIds;
        return this;
    }

    /** Leads if it is in the ISR. */
    PartitionDraft preferring(int nodeId) {
        preferred = nodeId;
        return this;
    }

    PartitionDraft uncleanElectionAllowed() {
        unclean = true;
        return this;
    }

    /** Begins a reassignment to {@code target}, which ends once all of it is in the ISR. */
    PartitionDraft target(List<Integer> target) {
        Set<Integer> original = new LinkedHashSet<>(before.replicas());
        original.removeAll(before.adding());
        Set<Integer> all = new LinkedHashSet<>(target);
        all.addAll(original);
        // Those of an earlier target that are in the ISR by now may leave only when it ends.
        before.adding().stream().filter(isr::contains).forEach(all::add);
        replicas = List.copyOf(all);
        adding = target.stream().filter(id -> !original.contains(id)).toList();
        removing = all.stream().filter(id -> !target.contains(id)).toList();
        isr = kept(isr, replicas);
        return this;
    }

    /** Back to the replicas from before the reassignment. */
    PartitionDraft cancelReassignment() {
        Set<Integer> original = new LinkedHashSet<>(before.replicas());
        original.removeAll(before.adding());
        replicas = List.copyOf(original);
        isr = kept(isr, replicas);
        leaderEpochMoves = true;
        adding = List.of();
        removing = List.of();
        return this;
    }

    private static List<Integer> kept(List<Integer> list, List<Integer> allowed) {
        return list.stream().filter(allowed::contains).toList();
    }

    /** The present one itself if there is nothing to change. */
    Partition build() {
        isr = isr.stream().filter(id -> terms.active().test(id) && !lost.contains(id)).toList();
        completeReassignment();
        int min = Math.min(terms.minInsyncReplicas(), replicas.size());
        List<Integer> elr = isr.size() >= min ? List.of() : eligible();
        List<Integer> lastKnown = isr.isEmpty() ? lastKnownLeader() : List.of();
        int leader = leaderOf(isr);
        if (leader == NO_LEADER && isr.isEmpty()) {
            leader = elected(elr, lastKnown);
            if (leader != NO_LEADER) {
                boolean clean = elr.contains(leader);
                isr = List.of(leader);
                elr = clean && isr.size() < min ? without(elr, leader) : List.of();
                lastKnown = List.of();
            }
        }
        boolean moved = leader != before.leader() || leaderEpochMoves;
        Partition after =
                new Partition(
                        before.index(),
                        leader,
                        before.leaderEpoch(),
                        before.partitionEpoch(),
                        replicas,
                        isr,
                        elr,
                        lastKnown,
                        adding,
                        removing);
        if (after.equals(before) && !moved) {
            return before;
        }
        return new Partition(
                after.index(),
                leader,
                before.leaderEpoch() + (moved ? 1 : 0),
                before.partitionEpoch() + 1,
                replicas,
                isr,
                elr,
                lastKnown,
                adding,
                removing);
    }

    /** When all that are to stay are in the ISR; never below {@code min.insync.replicas}. */
    private void completeReassignment() {
        if (adding.isEmpty() && removing.isEmpty()) {
            return;
        }
        List<Integer> target = replicas.stream().filter(id -> !removing.contains(id)).toList();
        List<Integer> stay = kept(isr, target);
        boolean enough = stay.size() >= Math.min(terms.minInsyncReplicas(), target.size());
        if (stay.containsAll(adding) && enough && !stay.isEmpty()) {
            leaderEpochMoves = true;
            replicas = target;
            isr = stay;
            adding = List.of();
            removing = List.of();
        }
    }

    private List<Integer> eligible() {
        List<Integer> eligible = new ArrayList<>();
        for (int id : replicas) {
            boolean hasAll = before.isr().contains(id) || before.elr().contains(id);
            if (hasAll && !isr.contains(id) && !lost.contains(id)) {
                eligible.add(id);
            }
        }
        return List.copyOf(eligible);
    }

    private List<Integer> lastKnownLeader() {
        if (!before.lastKnownElr().isEmpty()) {
            return kept(before.lastKnownElr(), replicas);
        }
        if (before.leader() != NO_LEADER) {
            return kept(List.of(before.leader()), replicas);
        }
        return before.isr().stream().limit(1).toList();
    }

    private int leaderOf(List<Integer> inSync) {
        if (inSync.contains(preferred)) {
            return preferred;
        }
        return inSync.contains(before.leader()) ? before.leader() : first(inSync::contains);
    }

    private int elected(List<Integer> elr, List<Integer> lastKnown) {
        int clean = first(id -> elr.contains(id) && terms.active().test(id));
        if (clean != NO_LEADER) {
            return clean;
        }
        if (elr.isEmpty() && lastKnown.size() == 1 && terms.active().test(lastKnown.get(0))) {
            return lastKnown.get(0);
        }
        return unclean ? first(terms.active()) : NO_LEADER;
    }

    private int first(IntPredicate wanted) {
        return replicas.stream().mapToInt(id -> id).filter(wanted).findFirst().orElse(NO_LEADER);
    }

    private static List<Integer> without(List<Integer> list, int nodeId) {
        return list.stream().filter(id -> id != nodeId).toList();
    }
}
