package dev.millrace.broker.simulation;

import dev.millrace.log.AppendTerms;
import dev.millrace.log.PartitionLog.AppendOrigin;
import dev.millrace.log.PartitionLog.AppendResult;
import dev.millrace.wire.record.RecordBatchBuilder;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;

/**
 * An idempotent producer with acks=all: one batch at a time, sent to whoever says that it leads,
 * again and again until it is acknowledged.
 */
final class Writer {
    private static final long PATIENCE_MS = 400;
    private static final int MAX_RECORDS = 3;

    private final SimulatedCluster cluster;
    private final TopicPartition partition;
    private final int id;
    private int nextNumber;
    private int pending;
    private long sentMs;
    private boolean waits;

    /**
     * @param id above 0; its producer id
     */
    Writer(SimulatedCluster cluster, TopicPartition partition, int id) {
        this.cluster = cluster;
        this.partition = partition;
        this.id = id;
    }

    // ---- what is in a record: whose it is, and which

    private static long content(int writer, int number) {
        return (long) writer << 32 | number;
    }

    static boolean isWritten(long content) {
        return content > 0;
    }

    static int of(long content) {
        return (int) (content >>> 32);
    }

    static int number(long content) {
        return (int) content;
    }

    static String describe(long content) {
        return "record %d of writer %d".formatted(number(content), of(content));
    }

    // ---- sending

    boolean hasAllAcknowledged() {
        return pending == 0;
    }

    /** Sends something new, or the same again. */
    void write(boolean something) {
        if (waits && cluster.nowMs() - sentMs < PATIENCE_MS) {
            return;
        }
        if (pending == 0 && something) {
            pending = 1 + cluster.random().nextInt(MAX_RECORDS);
        }
        SimulatedReplica target = cluster.anyLeader(partition);
        if (pending == 0 || target == null) {
            return;
        }
        waits = true;
        sentMs = cluster.nowMs();
        int first = nextNumber;
        int count = pending;
        SimulatedNode node = target.node();
        cluster.network()
                .send(
                        SimulatedNetwork.CLIENTS,
                        node.id(),
                        () -> append(target, node.incarnation(), first, count));
    }

    private ByteBuffer batch(int first, int count) {
        RecordBatchBuilder batch = new RecordBatchBuilder().producer(id, (short) 0, first);
        for (int i = 0; i < count; i++) {
            byte[] value = ByteBuffer.allocate(Long.BYTES).putLong(content(id, first + i)).array();
            batch.append(1_000_000, null, value);
        }
        return batch.build();
    }

    private void append(SimulatedReplica target, int incarnation, int first, int count) {
        List<Runnable> early = new ArrayList<>();
        long[] base = {-1};
        try {
            AppendResult result =
                    target.append(
                            batch(first, count),
                            AppendOrigin.CLIENT,
                            AppendTerms.NONE,
                            refused -> {
                                Runnable answer =
                                        () ->
                                                answer(
                                                        target,
                                                        incarnation,
                                                        first,
                                                        count,
                                                        refused == null ? base[0] : -1);
                                if (base[0] < 0) {
                                    early.add(answer);
                                } else {
                                    answer.run();
                                }
                            });
            base[0] = result.baseOffset();
            early.forEach(Runnable::run);
        } catch (ApiException refused) {
            cluster.say(
                    "%d %s: refuses %s: %s",
                    target.node().id(),
                    partition,
                    describe(content(id, first)),
                    refused.toString());
            answer(target, incarnation, first, count, -1);
        }
    }

    private void answer(
            SimulatedReplica target, int incarnation, int first, int count, long baseOffset) {
        if (target.node().incarnation() == incarnation) {
            cluster.network()
                    .send(
                            target.node().id(),
                            SimulatedNetwork.CLIENTS,
                            () -> answered(first, count, baseOffset));
        }
    }

    private void answered(int first, int count, long baseOffset) {
        if (baseOffset >= 0) {
            for (int i = 0; i < count; i++) {
                cluster.history(partition).acknowledged(content(id, first + i), baseOffset + i);
            }
        }
        if (first == nextNumber) {
            waits = false;
            if (baseOffset >= 0) {
                nextNumber += count;
                pending = 0;
            }
        }
    }

    /** For a story. */
    @Override
    public String toString() {
        return "writer " + id + " at " + nextNumber + (pending == 0 ? "" : ", sends " + pending);
    }
}
