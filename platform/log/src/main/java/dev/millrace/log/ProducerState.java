package dev.millrace.log;

import dev.millrace.log.PartitionLog.AppendOrigin;
import dev.millrace.log.TxnIndex.AbortedTxn;
import dev.millrace.wire.record.LogRecord;
import dev.millrace.wire.record.RecordBatchView;
import dev.millrace.wire.record.RecordIterator;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;
import org.apache.kafka.common.errors.TransactionCoordinatorFencedException;
import org.jspecify.annotations.Nullable;

/**
 * The producers of one log, and its transactions. {@link #check} decides about a batch and changes
 * nothing; {@link #apply} is the only way state moves, for appended batches as for replayed ones,
 * so that a follower and a recovered log arrive at the same state. Owner only.
 *
 * <p>A transaction is <em>open</em> from its first batch to its marker, and <em>unreplicated</em>
 * until the high watermark has passed the marker; the first offset of either bounds the last stable
 * offset.
 */
final class ProducerState {
    private static final short ABORT = 0;
    private static final short COMMIT = 1;

    private final Map<Long, ProducerEntry> producers = new HashMap<>();
    private final TreeMap<Long, Long> openTxns = new TreeMap<>();

    /** First offset to the offset of its marker. */
    private final TreeMap<Long, Long> unreplicatedTxns = new TreeMap<>();

    private final long expirationMs;

    ProducerState(long expirationMs) {
        this.expirationMs = expirationMs;
    }

    /** Where a batch that came again was appended the first time. */
    record Duplicate(long firstOffset, long lastOffset, long timestampMs) {}

    /**
     * @return the first appearance if the producer has sent the batch before, null if it is new
     * @throws InvalidProducerEpochException a newer incarnation of the producer has written
     * @throws OutOfOrderSequenceException the batch does not follow the producer's last one
     */
    @Nullable Duplicate check(RecordBatchView batch, AppendOrigin origin) {
        ProducerEntry entry = producers.get(batch.producerId());
        if (entry == null) {
            return null;
        }
        if (batch.isControl()) {
            checkMarker(batch, entry);
            return null;
        }
        if (origin == AppendOrigin.CLIENT) {
            int slot = entry.slotOf(batch);
            if (slot >= 0) {
                return new Duplicate(
                        entry.firstOffsetAt(slot),
                        entry.lastOffsetAt(slot),
                        entry.timestampAt(slot));
            }
        }
        checkEpoch(batch, entry);
        if (origin == AppendOrigin.CLIENT) {
            checkSequence(batch, entry);
        }
        return null;
    }

    private static void checkEpoch(RecordBatchView batch, ProducerEntry entry) {
        if (batch.producerEpoch() < entry.epoch) {
            throw new InvalidProducerEpochException(
                    "producer "
                            + batch.producerId()
                            + " writes with epoch "
                            + batch.producerEpoch()
                            + ", but epoch "
                            + entry.epoch
                            + " has written already");
        }
    }

    private static void checkSequence(RecordBatchView batch, ProducerEntry entry) {
        int first = batch.baseSequence();
        int expected;
        if (batch.producerEpoch() != entry.epoch) {
            expected = 0;
        } else {
            int last = entry.lastSequence();
            expected = last == Integer.MAX_VALUE ? 0 : last + 1;
        }
        if (first != expected) {
            throw new OutOfOrderSequenceException(
                    "producer "
                            + batch.producerId()
                            + " epoch "
                            + batch.producerEpoch()
                            + ": expected sequence "
                            + expected
                            + ", got "
                            + first);
        }
    }

    private static void checkMarker(RecordBatchView batch, ProducerEntry entry) {
        checkEpoch(batch, entry);
        Marker marker = Marker.of(batch);
        if (marker != null && marker.coordinatorEpoch < entry.coordinatorEpoch) {
            throw new TransactionCoordinatorFencedException(
                    "marker for producer "
                            + batch.producerId()
                            + " from coordinator epoch "
                            + marker.coordinatorEpoch
                            + ", but epoch "
                            + entry.coordinatorEpoch
                            + " has written already");
        }
    }

    /**
     * Takes over a batch that is in the log.
     *
     * @param batch with its final offsets; records are read only of control batches
     * @return the transaction that the batch aborts, if it does
     */
    @Nullable AbortedTxn apply(RecordBatchView batch) {
        if (!batch.hasProducerId()) {
            return null;
        }
        ProducerEntry entry =
                producers.computeIfAbsent(
                        batch.producerId(), id -> new ProducerEntry(id, batch.producerEpoch()));
        if (batch.isControl()) {
            return applyMarker(batch, entry);
        }
        entry.startEpoch(batch.producerEpoch());
        entry.addBatch(
                batch.lastSequence(),
                batch.lastOffset(),
                batch.lastOffsetDelta(),
                batch.maxTimestamp());
        if (batch.isTransactional() && entry.txnFirstOffset == ProducerEntry.NO_TXN) {
            entry.txnFirstOffset = batch.baseOffset();
            openTxns.put(batch.baseOffset(), batch.producerId());
        }
        return null;
    }

    private @Nullable AbortedTxn applyMarker(RecordBatchView batch, ProducerEntry entry) {
        Marker marker = Marker.of(batch);
        if (marker == null) {
            return null;
        }
        entry.startEpoch(batch.producerEpoch());
        entry.coordinatorEpoch = marker.coordinatorEpoch;
        entry.lastTimestampMs = batch.maxTimestamp();
        long firstOffset = entry.txnFirstOffset;
        if (firstOffset == ProducerEntry.NO_TXN) {
            return null;
        }
        entry.txnFirstOffset = ProducerEntry.NO_TXN;
        openTxns.remove(firstOffset);
        unreplicatedTxns.put(firstOffset, batch.lastOffset());
        if (marker.type == COMMIT) {
            return null;
        }
        long stable = openTxns.isEmpty() ? batch.lastOffset() + 1 : openTxns.firstKey();
        return new AbortedTxn(batch.producerId(), firstOffset, batch.lastOffset(), stable);
    }

    /** First offset of an open or unreplicated transaction; {@link Long#MAX_VALUE} if none. */
    long firstUnstableOffset() {
        long open = openTxns.isEmpty() ? Long.MAX_VALUE : openTxns.firstKey();
        long unreplicated =
                unreplicatedTxns.isEmpty() ? Long.MAX_VALUE : unreplicatedTxns.firstKey();
        return Math.min(open, unreplicated);
    }

    void onHighWatermark(long highWatermark) {
        if (!unreplicatedTxns.isEmpty()) {
            unreplicatedTxns.values().removeIf(markerOffset -> markerOffset < highWatermark);
        }
    }

    void onLogStartOffset(long logStartOffset) {
        unreplicatedTxns.headMap(logStartOffset).clear();
        openTxns.headMap(logStartOffset).clear();
    }

    /** Forgets producers without an open transaction that have been silent for too long. */
    void expire(long nowMs) {
        producers
                .values()
                .removeIf(
                        p ->
                                p.txnFirstOffset == ProducerEntry.NO_TXN
                                        && nowMs - p.lastTimestampMs >= expirationMs);
    }

    void restore(List<ProducerEntry> snapshot) {
        clear();
        for (ProducerEntry entry : snapshot) {
            producers.put(entry.producerId, entry);
            if (entry.txnFirstOffset != ProducerEntry.NO_TXN) {
                openTxns.put(entry.txnFirstOffset, entry.producerId);
            }
        }
    }

    void clear() {
        producers.clear();
        openTxns.clear();
        unreplicatedTxns.clear();
    }

    Collection<ProducerEntry> entries() {
        return producers.values();
    }

    /**
     * The end of a transaction.
     *
     * <pre>
     * key: version 2 | type 2 (0 abort, 1 commit)      value: version 2 | coordinator epoch 4
     * </pre>
     */
    private record Marker(short type, int coordinatorEpoch) {
        /** Null for control records that do not end a transaction. */
        static @Nullable Marker of(RecordBatchView batch) {
            try (RecordIterator records = batch.records()) {
                if (!records.hasNext()) {
                    return null;
                }
                LogRecord record = records.next();
                ByteBuffer key = record.key();
                ByteBuffer value = record.value();
                if (key == null || key.remaining() < 4) {
                    throw new CorruptRecordException(
                            "control record " + record.offset() + " has no type");
                }
                short type = key.getShort(2);
                if (type != ABORT && type != COMMIT) {
                    return null;
                }
                if (value == null || value.remaining() < 6) {
                    throw new CorruptRecordException(
                            "end of transaction " + record.offset() + " has no coordinator epoch");
                }
                return new Marker(type, value.getInt(2));
            }
        }
    }
}
