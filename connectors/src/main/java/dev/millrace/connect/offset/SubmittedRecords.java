package dev.millrace.connect.offset;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Records that a source task has given to the producer, in their order within each source
 * partition. An offset may be committed when its record and all before it have been acknowledged.
 *
 * <pre>
 * partition  [acked 1] [acked 2] [sent 3] [acked 4]
 *                          '- committable
 * </pre>
 *
 * The task submits, the producer's thread acknowledges, the committer takes.
 */
public final class SubmittedRecords {

    public static final class Submitted {
        private final Map<String, ?> partition;
        private final @Nullable Map<String, ?> offset;
        private boolean acked;

        private Submitted(Map<String, ?> partition, @Nullable Map<String, ?> offset) {
            this.partition = partition;
            this.offset = offset;
        }
    }

    private final Map<Map<String, ?>, ArrayDeque<Submitted>> byPartition = new HashMap<>();
    private int unacked;

    /**
     * @param partition null if the source has none (it cannot resume then)
     */
    public synchronized Submitted submit(
            @Nullable Map<String, ?> partition, @Nullable Map<String, ?> offset) {
        Submitted record = new Submitted(partition == null ? Map.of() : partition, offset);
        byPartition.computeIfAbsent(record.partition, p -> new ArrayDeque<>()).add(record);
        unacked++;
        return record;
    }

    public synchronized void ack(Submitted record) {
        if (!record.acked) {
            record.acked = true;
            if (--unacked == 0) {
                notifyAll();
            }
        }
    }

    /** The record was not sent after all; it is submitted again later. */
    public synchronized void withdraw(Submitted record) {
        ArrayDeque<Submitted> queue = byPartition.get(record.partition);
        if (queue != null && queue.removeLastOccurrence(record)) {
            unacked--;
        }
    }

    /** Takes out what is acknowledged, and returns the last offset of each source partition. */
    public synchronized Map<Map<String, ?>, @Nullable Map<String, ?>> takeCommittable() {
        Map<Map<String, ?>, @Nullable Map<String, ?>> committable = new HashMap<>();
        Iterator<ArrayDeque<Submitted>> queues = byPartition.values().iterator();
        while (queues.hasNext()) {
            ArrayDeque<Submitted> queue = queues.next();
            for (Submitted head = queue.peek(); head != null && head.acked; head = queue.peek()) {
                queue.remove();
                if (!head.partition.isEmpty()) {
                    committable.put(head.partition, head.offset);
                }
            }
            if (queue.isEmpty()) {
                queues.remove();
            }
        }
        return committable;
    }

    /**
     * Waits until everything is acknowledged.
     *
     * @return false if that has not happened within the time
     */
    public synchronized boolean awaitAll(long timeoutMs) throws InterruptedException {
        long deadlineNs = System.nanoTime() + timeoutMs * 1_000_000;
        while (unacked > 0) {
            long leftMs = (deadlineNs - System.nanoTime()) / 1_000_000;
            if (leftMs <= 0) {
                return false;
            }
            wait(leftMs);
        }
        return true;
    }
}
