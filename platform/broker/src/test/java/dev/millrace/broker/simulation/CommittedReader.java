package dev.millrace.broker.simulation;

import static java.util.Objects.requireNonNull;

import dev.millrace.log.FetchedRecords;
import dev.millrace.log.FetchedRecords.AbortedTransaction;
import dev.millrace.wire.record.LogRecord;
import dev.millrace.wire.record.RecordBatchView;
import dev.millrace.wire.record.RecordBatches;
import dev.millrace.wire.record.RecordIterator;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;

/**
 * Reads one partition with read_committed, as Kafka's consumer does: what leaders show below their
 * last stable offset, without the transactions that they say were aborted.
 */
final class CommittedReader {
    private static final int READ_BYTES = 600;

    private final SimulatedCluster cluster;
    private final TopicPartition partition;
    private final Set<Long> aborting = new HashSet<>();
    private final List<String> values = new ArrayList<>();
    private long position;

    CommittedReader(SimulatedCluster cluster, TopicPartition partition) {
        this.cluster = cluster;
        this.partition = partition;
    }

    TopicPartition partition() {
        return partition;
    }

    List<String> values() {
        return values;
    }

    /** Some more, from any that leads; whether there was any. */
    boolean read() {
        SimulatedReplica from = cluster.anyLeader(partition);
        if (from == null || !from.node().acts() || position >= from.log().lastStableOffset()) {
            return false;
        }
        try {
            FetchedRecords fetched =
                    from.log().read(position, from.log().lastStableOffset(), READ_BYTES, true);
            ByteBuffer records = requireNonNull(fetched.records());
            take(
                    records,
                    cluster.planted(PlantedFault.ABORTED_TRANSACTIONS_ARE_NOT_TOLD)
                            ? List.of()
                            : fetched.abortedTransactions());
            fetched.done();
            return true;
        } catch (ApiException | IOException e) {
            cluster.say("%s cannot be read: %s", partition, e.toString());
            return false;
        }
    }

    private void take(ByteBuffer records, List<AbortedTransaction> told) {
        PriorityQueue<AbortedTransaction> aborted =
                new PriorityQueue<>(Comparator.comparingLong(AbortedTransaction::firstOffset));
        aborted.addAll(told);
        for (RecordBatchView batch : RecordBatches.in(records.duplicate())) {
            while (!aborted.isEmpty() && aborted.element().firstOffset() <= batch.lastOffset()) {
                aborting.add(aborted.remove().producerId());
            }
            if (batch.isControl()) {
                aborting.remove(batch.producerId());
            } else if (batch.baseOffset() >= position && !aborting.contains(batch.producerId())) {
                try (RecordIterator all = batch.records()) {
                    while (all.hasNext()) {
                        values.add(text(all.next()));
                    }
                }
            }
            position = Math.max(position, batch.nextOffset());
        }
    }

    static String text(LogRecord record) {
        return new String(requireNonNull(record.valueBytes()), StandardCharsets.UTF_8);
    }
}
