package dev.millrace.log;

import dev.millrace.wire.record.RecordBatchView;

/**
 * What the log remembers of one idempotent producer: its epoch, its last five batches, its open
 * transaction. Five is what a producer may have in flight, so a retried batch is among them.
 */
final class ProducerEntry {
    static final int BATCHES_KEPT = 5;
    static final long NO_TXN = -1;
    static final short NO_EPOCH = -1;

    final long producerId;
    short epoch;
    int coordinatorEpoch = -1;
    long lastTimestampMs;

    /** Where the open transaction began; -1 if none is open. */
    long txnFirstOffset = NO_TXN;

    private final int[] lastSequences = new int[BATCHES_KEPT];
    private final long[] lastOffsets = new long[BATCHES_KEPT];
    private final int[] offsetDeltas = new int[BATCHES_KEPT];
    private final long[] timestamps = new long[BATCHES_KEPT];
    private int newest = -1;
    private int kept;

    ProducerEntry(long producerId, short epoch) {
        this.producerId = producerId;
        this.epoch = epoch;
    }

    boolean hasBatches() {
        return kept > 0;
    }

    int lastSequence() {
        return kept == 0 ? RecordBatchView.NO_SEQUENCE : lastSequences[newest];
    }

    long lastOffset() {
        return kept == 0 ? -1 : lastOffsets[newest];
    }

    int lastOffsetDelta() {
        return kept == 0 ? 0 : offsetDeltas[newest];
    }

    /** A new epoch starts its sequences again. */
    void startEpoch(short newEpoch) {
        if (newEpoch != epoch) {
            epoch = newEpoch;
            kept = 0;
            newest = -1;
        }
    }

    void addBatch(int lastSequence, long lastOffset, int offsetDelta, long timestampMs) {
        newest = (newest + 1) % BATCHES_KEPT;
        kept = Math.min(kept + 1, BATCHES_KEPT);
        lastSequences[newest] = lastSequence;
        lastOffsets[newest] = lastOffset;
        offsetDeltas[newest] = offsetDelta;
        timestamps[newest] = timestampMs;
        lastTimestampMs = timestampMs;
    }

    /**
     * Remembers a batch from before the newest one; of several, the older first. No effect on one
     * of another epoch, or that is not older.
     */
    void recall(RecordBatchView batch) {
        if (kept == 0 || batch.producerEpoch() != epoch || batch.lastOffset() >= lastOffset()) {
            return;
        }
        int lastSequence = lastSequences[newest];
        long lastOffset = lastOffsets[newest];
        int offsetDelta = offsetDeltas[newest];
        long timestampMs = timestamps[newest];
        long silentSinceMs = lastTimestampMs;
        lastSequences[newest] = batch.lastSequence();
        lastOffsets[newest] = batch.lastOffset();
        offsetDeltas[newest] = batch.lastOffsetDelta();
        timestamps[newest] = batch.maxTimestamp();
        addBatch(lastSequence, lastOffset, offsetDelta, timestampMs);
        lastTimestampMs = silentSinceMs;
    }

    /** Slot of the kept batch with these sequences, -1 if there is none. */
    int slotOf(RecordBatchView batch) {
        if (batch.producerEpoch() != epoch) {
            return -1;
        }
        int lastSequence = batch.lastSequence();
        int delta = batch.lastOffsetDelta();
        for (int i = 0; i < kept; i++) {
            int slot = Math.floorMod(newest - i, BATCHES_KEPT);
            if (lastSequences[slot] == lastSequence && offsetDeltas[slot] == delta) {
                return slot;
            }
        }
        return -1;
    }

    long lastOffsetAt(int slot) {
        return lastOffsets[slot];
    }

    long firstOffsetAt(int slot) {
        return lastOffsets[slot] - offsetDeltas[slot];
    }

    long timestampAt(int slot) {
        return timestamps[slot];
    }
}
