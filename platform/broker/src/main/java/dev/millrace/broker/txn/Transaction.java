package dev.millrace.broker.txn;

import java.util.LinkedHashSet;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;

/**
 * What the coordinator knows of a transactional id. A value: every change makes another.
 *
 * @param previousProducerId in use before {@code producerId}, or the same
 * @param nextProducerId to be used once the markers of this transaction are written, because its
 *     epochs are used up; {@link #NONE} otherwise
 * @param epoch of the producer; of a decided transaction of version 2 already the next one
 * @param lastEpoch the epoch before, for a client that asks again because an answer was lost;
 *     {@link #NO_EPOCH} if nobody may. Not in the log.
 * @param timeoutMs after which an ongoing transaction is aborted; {@link Integer#MAX_VALUE} never
 * @param partitions that have, or may have, records of the transaction
 * @param startMs of the transaction, -1 if there was none
 * @param updateMs of the last change
 * @param version of the transaction protocol its client speaks (KIP-890): 0 or 2
 */
record Transaction(
        String id,
        long producerId,
        long previousProducerId,
        long nextProducerId,
        short epoch,
        short lastEpoch,
        int timeoutMs,
        TransactionState state,
        Set<TopicPartition> partitions,
        long startMs,
        long updateMs,
        short version) {
    static final long NONE = -1;
    static final short NO_EPOCH = -1;

    /** From this version on, every end of a transaction raises the epoch. */
    static final short EPOCH_RAISED = 2;

    /** The last epoch that a client gets; one above is left to fence it. */
    static final short LAST_EPOCH = Short.MAX_VALUE - 1;

    Transaction {
        partitions = Set.copyOf(partitions);
    }

    static boolean isExhausted(short epoch) {
        return epoch >= LAST_EPOCH;
    }

    boolean exhausted() {
        return isExhausted(epoch);
    }

    boolean overdue(long nowMs) {
        return state == TransactionState.ONGOING
                && timeoutMs != Integer.MAX_VALUE
                && startMs + timeoutMs < nowMs;
    }

    /**
     * As a coordinator takes it over at {@code nowMs} by its own clock: whoever wrote it down may
     * have had another, or the same one before it was corrected. What would begin only later has
     * its whole timeout from now, and not from then.
     */
    Transaction takenOver(long nowMs) {
        return startMs <= nowMs
                ? this
                : new Transaction(
                        id,
                        producerId,
                        previousProducerId,
                        nextProducerId,
                        epoch,
                        lastEpoch,
                        timeoutMs,
                        state,
                        partitions,
                        nowMs,
                        updateMs,
                        version);
    }

    /** A transaction begins with its first partition. */
    Transaction withPartitions(Set<TopicPartition> added, short clientVersion, long nowMs) {
        Set<TopicPartition> all = new LinkedHashSet<>(partitions);
        all.addAll(added);
        return new Transaction(
                id,
                producerId,
                producerId,
                nextProducerId,
                epoch,
                lastEpoch,
                timeoutMs,
                TransactionState.ONGOING,
                all,
                state.isIdle() ? nowMs : startMs,
                nowMs,
                clientVersion);
    }

    /** Nothing is open, under this producer id and epoch. */
    Transaction initialized(
            long newProducerId, short newEpoch, short newLastEpoch, int newTimeoutMs, long nowMs) {
        return new Transaction(
                id,
                newProducerId,
                producerId,
                nextProducerId,
                newEpoch,
                newLastEpoch,
                newTimeoutMs,
                TransactionState.EMPTY,
                Set.of(),
                -1,
                nowMs,
                version);
    }

    /**
     * Decided. The markers carry {@code markerEpoch}.
     *
     * @param next producer id to go on with, {@link #NONE} for the same
     */
    Transaction decided(
            boolean commit,
            short markerEpoch,
            short newLastEpoch,
            long next,
            short clientVersion,
            long nowMs) {
        return new Transaction(
                id,
                producerId,
                producerId,
                next,
                markerEpoch,
                newLastEpoch,
                timeoutMs,
                commit ? TransactionState.PREPARE_COMMIT : TransactionState.PREPARE_ABORT,
                partitions,
                state == TransactionState.ONGOING ? startMs : nowMs,
                nowMs,
                clientVersion);
    }

    /** All markers are written. */
    Transaction completed(long nowMs) {
        boolean rotates = version >= EPOCH_RAISED && nextProducerId != NONE;
        return new Transaction(
                id,
                rotates ? nextProducerId : producerId,
                producerId,
                NONE,
                rotates ? (short) 0 : epoch,
                lastEpoch,
                timeoutMs,
                state == TransactionState.PREPARE_COMMIT
                        ? TransactionState.COMPLETE_COMMIT
                        : TransactionState.COMPLETE_ABORT,
                Set.of(),
                startMs,
                nowMs,
                version);
    }
}
