package dev.millrace.broker.txn;

import java.util.Optional;

/** Where a transactional id is; ids and names are those of Kafka's log and tools. */
enum TransactionState {
    /** No transaction since InitProducerId. */
    EMPTY(0, "Empty"),

    /** Partitions have been added. */
    ONGOING(1, "Ongoing"),

    /** Decided; markers are being written. */
    PREPARE_COMMIT(2, "PrepareCommit"),
    PREPARE_ABORT(3, "PrepareAbort"),

    /** Every partition has its marker. */
    COMPLETE_COMMIT(4, "CompleteCommit"),
    COMPLETE_ABORT(5, "CompleteAbort"),

    /** Kafka names these two and stores neither: filters know them, nothing is ever in them. */
    DEAD(6, "Dead"),
    PREPARE_EPOCH_FENCE(7, "PrepareEpochFence");

    private final byte id;
    private final String label;

    TransactionState(int id, String label) {
        this.id = (byte) id;
        this.label = label;
    }

    byte id() {
        return id;
    }

    String label() {
        return label;
    }

    /** Decided, but not every partition knows. */
    boolean isPrepared() {
        return this == PREPARE_COMMIT || this == PREPARE_ABORT;
    }

    /** Nothing is open, so the id may be forgotten. */
    boolean isIdle() {
        return this == EMPTY || this == COMPLETE_COMMIT || this == COMPLETE_ABORT;
    }

    static Optional<TransactionState> ofId(byte id) {
        return id >= 0 && id < values().length ? Optional.of(values()[id]) : Optional.empty();
    }

    static Optional<TransactionState> ofLabel(String label) {
        for (TransactionState state : values()) {
            if (state.label.equals(label)) {
                return Optional.of(state);
            }
        }
        return Optional.empty();
    }
}
