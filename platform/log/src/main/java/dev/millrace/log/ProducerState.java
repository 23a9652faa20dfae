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
import java.util.function.LongSupplier;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.InvalidTxnStateException;
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

    /** Transaction version from which on every end of a transaction raises the epoch. */
    private static final short EPOCH_RAISED = 2;

    private final Map<Long, ProducerEntry> producers = new HashMap<>();
    private final TreeMap<Long, Long> openTxns = new TreeMap<>();

    /** First offset to the offset of its marker. */
    private final TreeMap<Long, Long> unreplicatedTxns = new TreeMap<>();

    /** Of producers about whose transactions the coordinator is being asked. */
    private final Map<Long, TxnGuard> guards = new HashMap<>();

    private final LongSupplier expirationMs;

    /**
     * @param expirationMs {@code producer.id.expiration.ms}, as it is when producers are looked
     *     over
     */
    ProducerState(LongSupplier expirationMs) {
        this.expirationMs = expirationMs;
    }

    /** Where a batch that came again was appended the first time. */
    record Duplicate(long firstOffset, long lastOffset, long timestampMs) {}

    /**
     * What a batch of the producer has to show when it is appended; null if its transaction is open
     * here already.
     *
     * @throws InvalidProducerEpochException a newer incarnation of the producer has written
     */
    @Nullable TxnGuard guard(
            long producerId, short epoch, int sequence, boolean transactionV2, long nowMs) {
        ProducerEntry entry = producers.get(producerId);
        if (entry != null) {
            checkEpoch(producerId, epoch, entry);
            if (hasOpenTxn(entry, epoch)) {
                return null;
            }
        }
        TxnGuard guard = guards.get(producerId);
        if (guard == null) {
            guard = new TxnGuard(nowMs, sequence, epoch, transactionV2);
            guards.put(producerId, guard);
        } else {
            guard.join(sequence, epoch);
        }
        return guard;
    }

    private static boolean hasOpenTxn(ProducerEntry entry, short epoch) {
        return entry.txnFirstOffset != ProducerEntry.NO_TXN && entry.epoch == epoch;
    }

    /**
     * @return the first appearance if the producer has sent the batch before, null if it is new
     * @throws InvalidProducerEpochException a newer incarnation of the producer has written
     * @throws OutOfOrderSequenceException the batch does not follow the producer's last one
     * @throws InvalidTxnStateException the batch would open a transaction without its guard, or
     *     belongs to none while one is open
     */
    @Nullable Duplicate check(RecordBatchView batch, AppendOrigin origin, AppendTerms terms) {
        ProducerEntry entry = producers.get(batch.producerId());
        if (batch.isControl()) {
            if (entry != null) {
                checkMarker(batch, entry, terms.transactionVersion());
            }
            return null;
        }
        if (entry == null) {
            checkGuard(batch, terms);
            if (origin == AppendOrigin.CLIENT) {
                checkGuardedSequence(batch, true);
            }
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
        checkEpoch(batch.producerId(), batch.producerEpoch(), entry);
        if (!hasOpenTxn(entry, batch.producerEpoch())) {
            checkGuard(batch, terms);
        }
        if (origin == AppendOrigin.CLIENT) {
            checkGuardedSequence(batch, !entry.hasBatches());
            checkSequence(batch, entry);
        }
        if (entry.txnFirstOffset != ProducerEntry.NO_TXN && !batch.isTransactional()) {
            throw new InvalidTxnStateException(
                    "producer "
                            + batch.producerId()
                            + " writes outside of its transaction, which is open since offset "
                            + entry.txnFirstOffset);
        }
        return null;
    }

    private static void checkEpoch(long producerId, short epoch, ProducerEntry entry) {
        if (epoch < entry.epoch) {
            throw new InvalidProducerEpochException(
                    "producer "
                            + producerId
                            + " writes with epoch "
                            + epoch
                            + ", but epoch "
                            + entry.epoch
                            + " has written already");
        }
    }

    private void checkGuard(RecordBatchView batch, AppendTerms terms) {
        if (!terms.guarded() || !batch.isTransactional()) {
            return;
        }
        TxnGuard guard = terms.guard();
        if (guard == null || guards.get(batch.producerId()) != guard) {
            throw new InvalidTxnStateException(
                    "a batch of producer "
                            + batch.producerId()
                            + " belongs to a transaction that has ended, or that this partition is"
                            + " not part of");
        }
    }

    private void checkGuardedSequence(RecordBatchView batch, boolean withoutBatches) {
        TxnGuard guard = guards.get(batch.producerId());
        if (guard == null) {
            return;
        }
        int expected = guard.transactionV2() && withoutBatches ? 0 : guard.lowestSequence();
        if (batch.baseSequence() > expected) {
            throw outOfOrder(batch, expected);
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
            throw outOfOrder(batch, expected);
        }
    }

    private static OutOfOrderSequenceException outOfOrder(RecordBatchView batch, int expected) {
        return new OutOfOrderSequenceException(
                "producer "
                        + batch.producerId()
                        + " epoch "
                        + batch.producerEpoch()
                        + ": expected sequence "
                        + expected
                        + ", got "
                        + batch.baseSequence());
    }

    /**
     * From version 2 on, the coordinator raises the epoch before it writes markers: one that is not
     * above what has been written comes late, and would end the next transaction. The exception is
     * the same marker again, which finds its transaction ended and does nothing (KAFKA-19999).
     */
    private static void checkMarker(
            RecordBatchView batch, ProducerEntry entry, short transactionVersion) {
        short epoch = batch.producerEpoch();
        boolean again =
                epoch == entry.epoch
                        && (entry.txnFirstOffset == ProducerEntry.NO_TXN
                                || epoch == Short.MAX_VALUE);
        if (epoch < entry.epoch
                || (transactionVersion >= EPOCH_RAISED && epoch == entry.epoch && !again)) {
            throw new InvalidProducerEpochException(
                    "marker for producer %d has epoch %d, the log is at epoch %d (transactions v%d)"
                            .formatted(batch.producerId(), epoch, entry.epoch, transactionVersion));
        }
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
        if (batch.isTransactional()) {
            guards.remove(batch.producerId());
        }
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
        TxnGuard guard = guards.get(batch.producerId());
        // A late copy of the last marker says nothing of the transaction that begins now.
        if (guard != null && !(guard.transactionV2() && guard.epoch() == batch.producerEpoch())) {
            guards.remove(batch.producerId());
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

    /** A transaction that began below and is still open goes on: only its beginning is gone. */
    void onLogStartOffset(long logStartOffset) {
        if (!unreplicatedTxns.isEmpty()) {
            unreplicatedTxns.values().removeIf(markerOffset -> markerOffset < logStartOffset);
        }
    }

    /** Forgets producers without an open transaction that have been silent for too long. */
    void expire(long nowMs) {
        long silentMs = expirationMs.getAsLong();
        producers
                .values()
                .removeIf(
                        p ->
                                p.txnFirstOffset == ProducerEntry.NO_TXN
                                        && nowMs - p.lastTimestampMs >= silentMs);
        guards.values().removeIf(guard -> nowMs - guard.createdMs() >= silentMs);
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

    /** After {@link #restore}: a batch from before the snapshot; the older ones first. */
    void recall(RecordBatchView batch) {
        ProducerEntry entry = producers.get(batch.producerId());
        if (entry != null) {
            entry.recall(batch);
        }
    }

    void clear() {
        producers.clear();
        guards.clear();
        openTxns.clear();
        unreplicatedTxns.clear();
    }

    Collection<ProducerEntry> entries() {
        return producers.values();
    }

    List<ProducerView> views() {
        return producers.values().stream()
                .map(
                        p ->
                                new ProducerView(
                                        p.producerId,
                                        p.epoch,
                                        p.lastSequence(),
                                        p.lastTimestampMs,
                                        p.coordinatorEpoch,
                                        p.txnFirstOffset))
                .toList();
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
