package dev.millrace.node.cli;

import dev.millrace.cluster.ReplicaPlan.Move;
import java.io.PrintWriter;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ElectionNotNeededException;
import org.apache.kafka.common.errors.NoReassignmentInProgressException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * Moves replicas, some partitions at a time, and says how far it is. What has begun the cluster
 * goes on with, whatever becomes of this command.
 */
final class Reassigning {
    private static final int MAX_UNDER_WAY = 50;
    private static final long POLL_MS = 300;
    private static final long PROGRESS_MS = 2_000;

    private final Admin admin;
    private final BootstrapOption bootstrap;
    private final PrintWriter out;
    private final long deadlineNs;

    /**
     * @param timeoutSeconds for all of it
     */
    Reassigning(Admin admin, BootstrapOption bootstrap, PrintWriter out, long timeoutSeconds) {
        this.admin = admin;
        this.bootstrap = bootstrap;
        this.out = out;
        this.deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(timeoutSeconds);
    }

    /**
     * Returns when all have moved.
     *
     * @param awaited partitions that are being reassigned already, and count as well
     * @throws CommandFailure they have not in time, or the cluster refuses one
     */
    void run(List<Move> moves, Collection<TopicPartition> awaited) throws InterruptedException {
        Deque<Move> waiting = new ArrayDeque<>(moves);
        Set<TopicPartition> underWay = new HashSet<>(awaited);
        int total = waiting.size() + underWay.size();
        long saidNs = System.nanoTime();
        int said = -1;
        while (!waiting.isEmpty() || !underWay.isEmpty()) {
            Map<TopicPartition, Optional<NewPartitionReassignment>> next = new HashMap<>();
            while (!waiting.isEmpty() && underWay.size() < MAX_UNDER_WAY) {
                Move move = waiting.remove();
                next.put(move.partition(), Optional.of(new NewPartitionReassignment(move.to())));
                underWay.add(move.partition());
            }
            begin(next);
            underWay.retainAll(
                    Await.answer(
                                    admin.listPartitionReassignments(underWay).reassignments(),
                                    bootstrap)
                            .keySet());
            int done = total - waiting.size() - underWay.size();
            boolean due = System.nanoTime() - saidNs > TimeUnit.MILLISECONDS.toNanos(PROGRESS_MS);
            if (done != said && (due || done == total)) {
                out.println("  " + done + " of " + total + " partitions have moved");
                out.flush();
                said = done;
                saidNs = System.nanoTime();
            }
            if (done < total) {
                requireTime(underWay);
                TimeUnit.MILLISECONDS.sleep(POLL_MS);
            }
        }
    }

    private void requireTime(Set<TopicPartition> underWay) {
        if (System.nanoTime() - deadlineNs > 0) {
            throw new CommandFailure(
                    "not done in time; the cluster goes on with "
                            + underWay.stream().limit(5).toList()
                            + (underWay.size() > 5 ? " and others" : "")
                            + ", and the same command with what is left");
        }
    }

    private void begin(Map<TopicPartition, Optional<NewPartitionReassignment>> changes) {
        if (changes.isEmpty()) {
            return;
        }
        admin.alterPartitionReassignments(changes)
                .values()
                .forEach((partition, result) -> answer(partition, result));
    }

    private void answer(TopicPartition partition, KafkaFuture<Void> result) {
        try {
            result.get();
        } catch (ExecutionException e) {
            boolean gone =
                    e.getCause() instanceof UnknownTopicOrPartitionException
                            || e.getCause() instanceof NoReassignmentInProgressException;
            if (!gone) {
                throw new CommandFailure(partition + ": " + Failures.message(e));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure("interrupted");
        }
    }

    /** Each goes back to the replicas that it had. */
    void cancel(Set<TopicPartition> partitions) {
        Map<TopicPartition, Optional<NewPartitionReassignment>> changes = new HashMap<>();
        partitions.forEach(partition -> changes.put(partition, Optional.empty()));
        begin(changes);
    }

    /** Another order of the same replicas, and the first leads at once if it is in sync. */
    void reorder(Map<TopicPartition, List<Integer>> orders) {
        Map<TopicPartition, Optional<NewPartitionReassignment>> changes = new HashMap<>();
        orders.forEach(
                (partition, ids) ->
                        changes.put(partition, Optional.of(new NewPartitionReassignment(ids))));
        begin(changes);
        elect(orders.keySet());
    }

    /** Preferred leaders lead; those that cannot yet will later. */
    void elect(Set<TopicPartition> partitions) {
        if (partitions.isEmpty()) {
            return;
        }
        Map<TopicPartition, Optional<Throwable>> results =
                Await.answer(
                        admin.electLeaders(ElectionType.PREFERRED, partitions).partitions(),
                        bootstrap);
        long left =
                results.values().stream()
                        .flatMap(Optional::stream)
                        .filter(error -> !(error instanceof ElectionNotNeededException))
                        .count();
        if (left > 0) {
            out.println("  " + left + " partitions keep their leader for now");
        }
    }
}
