package dev.millrace.log;

/**
 * Stands for one question to the transaction coordinator: is this partition part of the producer's
 * transaction? It is taken from the log before the question is asked and shown with the append that
 * follows the answer. If a marker has ended the transaction meanwhile, the log has forgotten it,
 * and the append is refused: nothing is written into a transaction that nobody would end.
 *
 * <p>Owner of the log only.
 *
 * @see "KIP-890: no batch opens a transaction that the coordinator does not know of"
 */
public final class TxnGuard {
    private final long createdMs;
    private final boolean transactionV2;
    private int lowestSequence;
    private short epoch;

    TxnGuard(long createdMs, int sequence, short epoch, boolean transactionV2) {
        this.createdMs = createdMs;
        this.lowestSequence = sequence;
        this.epoch = epoch;
        this.transactionV2 = transactionV2;
    }

    /** Notes one more batch that waits for the answer. */
    void join(int sequence, short batchEpoch) {
        if (batchEpoch == epoch) {
            lowestSequence = Math.min(lowestSequence, sequence);
        } else if (batchEpoch > epoch) {
            epoch = batchEpoch;
            lowestSequence = sequence;
        }
    }

    /** No batch after the first that asked may be appended before it. */
    int lowestSequence() {
        return lowestSequence;
    }

    short epoch() {
        return epoch;
    }

    /** The producer's epoch is raised with every transaction. */
    boolean transactionV2() {
        return transactionV2;
    }

    long createdMs() {
        return createdMs;
    }
}
