package dev.millrace.broker.txn;

import static dev.millrace.broker.txn.Transaction.EPOCH_RAISED;
import static dev.millrace.broker.txn.Transaction.NONE;
import static dev.millrace.broker.txn.Transaction.NO_EPOCH;

import dev.millrace.broker.txn.TxnCommand.ProducerIdAndEpoch;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * The transaction protocol as decisions: what is known of a transactional id, what is asked, the
 * time; out comes what is to be appended and answered. No clock, no log, no state of its own.
 *
 * <p>Fencing: a producer is known by its id and epoch, and only the newest is served. The
 * coordinator raises the epoch when a producer initializes, when it aborts on its own account, and
 * with transactions v2 whenever a transaction ends. An id has {@link Transaction#LAST_EPOCH} of
 * them and is then replaced.
 */
final class TxnMachine {
    private TxnMachine() {}

    /**
     * @param txn null for an id that is not known
     * @param freshProducerId given after {@link Verdict.NeedProducerId}, else {@link
     *     Transaction#NONE}
     * @param serverVersion of the transaction protocol in force: 0, 1 or 2
     */
    static Verdict decide(
            String id,
            @Nullable Transaction txn,
            TxnCommand command,
            long freshProducerId,
            short serverVersion,
            long nowMs) {
        if (command instanceof TxnCommand.Init init) {
            return txn == null
                    ? begin(id, init, freshProducerId, nowMs)
                    : init(txn, init, freshProducerId, serverVersion, nowMs);
        }
        if (txn == null) {
            return Verdict.refuse(Errors.INVALID_PRODUCER_ID_MAPPING);
        }
        if (command instanceof TxnCommand.Add add) {
            return add(txn, add, nowMs);
        } else if (command instanceof TxnCommand.End end) {
            return end.version() >= EPOCH_RAISED
                    ? endV2(txn, end, freshProducerId, nowMs)
                    : endV1(txn, end, nowMs);
        } else if (command instanceof TxnCommand.Expire expire) {
            return expire(txn, expire, freshProducerId, serverVersion, nowMs);
        }
        throw new IllegalArgumentException("a new kind of command: " + command);
    }

    // ---- InitProducerId

    private static Verdict begin(String id, TxnCommand.Init init, long fresh, long nowMs) {
        return fresh == NONE
                ? new Verdict.NeedProducerId()
                : new Verdict.Move(
                        new Transaction(
                                id,
                                fresh,
                                fresh,
                                NONE,
                                (short) 0,
                                NO_EPOCH,
                                init.timeoutMs(),
                                TransactionState.EMPTY,
                                Set.of(),
                                -1,
                                nowMs,
                                (short) 0));
    }

    private static Verdict init(
            Transaction txn, TxnCommand.Init init, long fresh, short serverVersion, long nowMs) {
        ProducerIdAndEpoch expected = init.expected();
        if (expected != null && !mayGoOn(txn, expected)) {
            return Verdict.refuse(Errors.PRODUCER_FENCED);
        }
        if (txn.state().isPrepared()) {
            return Verdict.refuse(Errors.CONCURRENT_TRANSACTIONS);
        }
        if (txn.state() == TransactionState.ONGOING) {
            return abort(txn, fresh, serverVersion, nowMs, Verdict.AbortFirst::new);
        }
        if (txn.exhausted() && (expected == null || expected.epoch() == txn.epoch())) {
            short last = expected == null ? NO_EPOCH : txn.epoch();
            return fresh == NONE
                    ? new Verdict.NeedProducerId()
                    : initialized(txn, init, fresh, (short) 0, last, nowMs);
        }
        short raised = (short) (txn.epoch() + 1);
        if (expected == null) {
            return initialized(txn, init, txn.producerId(), raised, NO_EPOCH, nowMs);
        }
        if (expected.epoch() == txn.epoch()) {
            return initialized(txn, init, txn.producerId(), raised, txn.epoch(), nowMs);
        }
        if (expected.epoch() == txn.lastEpoch()) {
            // It asks again: a new producer in between would have erased the last epoch.
            return initialized(txn, init, txn.producerId(), txn.epoch(), txn.lastEpoch(), nowMs);
        }
        return Verdict.refuse(Errors.PRODUCER_FENCED);
    }

    /** Of the current id, or of the one before it whose epochs are used up. */
    private static boolean mayGoOn(Transaction txn, ProducerIdAndEpoch expected) {
        return expected.producerId() == txn.producerId()
                || (expected.producerId() == txn.previousProducerId()
                        && Transaction.isExhausted(expected.epoch()));
    }

    private static Verdict initialized(
            Transaction txn,
            TxnCommand.Init init,
            long producerId,
            short epoch,
            short lastEpoch,
            long nowMs) {
        return new Verdict.Move(
                txn.initialized(producerId, epoch, lastEpoch, init.timeoutMs(), nowMs));
    }

    // ---- partitions

    private static Verdict add(Transaction txn, TxnCommand.Add add, long nowMs) {
        Errors error = requireCurrent(txn, add.producerId(), add.epoch());
        if (error != Errors.NONE) {
            return Verdict.refuse(error);
        }
        if (txn.state() == TransactionState.ONGOING
                && txn.partitions().containsAll(add.partitions())) {
            return new Verdict.Unchanged(txn.producerId(), txn.epoch());
        }
        return new Verdict.Move(txn.withPartitions(add.partitions(), add.version(), nowMs));
    }

    private static Errors requireCurrent(Transaction txn, long producerId, short epoch) {
        if (producerId != txn.producerId()) {
            return Errors.INVALID_PRODUCER_ID_MAPPING;
        }
        if (epoch != txn.epoch()) {
            return Errors.PRODUCER_FENCED;
        }
        return txn.state().isPrepared() ? Errors.CONCURRENT_TRANSACTIONS : Errors.NONE;
    }

    /** Which of the partitions are part of the transaction; changes nothing. */
    static Map<TopicPartition, Errors> verify(
            @Nullable Transaction txn,
            long producerId,
            short epoch,
            Set<TopicPartition> partitions) {
        Errors error =
                txn == null
                        ? Errors.INVALID_PRODUCER_ID_MAPPING
                        : requireCurrent(txn, producerId, epoch);
        Map<TopicPartition, Errors> answers = new LinkedHashMap<>();
        for (TopicPartition partition : partitions) {
            boolean member = txn != null && txn.partitions().contains(partition);
            answers.put(
                    partition,
                    error != Errors.NONE
                            ? error
                            : member ? Errors.NONE : Errors.TRANSACTION_ABORTABLE);
        }
        return answers;
    }

    // ---- the end

    private static Verdict endV1(Transaction txn, TxnCommand.End end, long nowMs) {
        if (end.producerId() != txn.producerId()) {
            return Verdict.refuse(Errors.INVALID_PRODUCER_ID_MAPPING);
        }
        if (end.epoch() != txn.epoch()) {
            return Verdict.refuse(Errors.PRODUCER_FENCED);
        }
        return switch (txn.state()) {
            case ONGOING ->
                    new Verdict.Move(
                            txn.decided(
                                    end.commit(),
                                    txn.epoch(),
                                    txn.lastEpoch(),
                                    NONE,
                                    (short) 0,
                                    nowMs));
            case COMPLETE_COMMIT, COMPLETE_ABORT ->
                    sameOutcome(txn, end)
                            ? new Verdict.Unchanged(NONE, NO_EPOCH)
                            : Verdict.refuse(Errors.INVALID_TXN_STATE);
            case PREPARE_COMMIT, PREPARE_ABORT -> underWay(txn, end);
            case EMPTY, DEAD, PREPARE_EPOCH_FENCE -> Verdict.refuse(Errors.INVALID_TXN_STATE);
        };
    }

    /**
     * With v2 the epoch tells a request that comes again (it has the epoch before) from the next
     * one (it has the current).
     *
     * <pre>
     *                    abort                      commit
     *                    again     current          again     current
     * EMPTY              fenced    aborts           fenced    invalid
     * COMPLETE_ABORT     same      aborts           invalid   invalid
     * COMPLETE_COMMIT    invalid   aborts           same      invalid
     * </pre>
     *
     * Aborting nothing raises the epoch too: the client may not know whether its last record has
     * begun a transaction.
     */
    private static Verdict endV2(Transaction txn, TxnCommand.End end, long fresh, long nowMs) {
        boolean againUnderOldId =
                end.producerId() == txn.previousProducerId()
                        && end.epoch() == Transaction.LAST_EPOCH
                        && txn.epoch() == 0;
        boolean again = againUnderOldId || end.epoch() + 1 == txn.epoch();
        if (end.producerId() != txn.producerId() && !againUnderOldId) {
            return Verdict.refuse(Errors.INVALID_PRODUCER_ID_MAPPING);
        }
        boolean current = end.epoch() == txn.epoch();
        boolean known =
                switch (txn.state()) {
                    case ONGOING, EMPTY, DEAD, PREPARE_EPOCH_FENCE -> current;
                    case PREPARE_COMMIT, PREPARE_ABORT -> end.epoch() + 1 == txn.epoch();
                    case COMPLETE_COMMIT, COMPLETE_ABORT -> again || current;
                };
        if (!known) {
            return Verdict.refuse(Errors.PRODUCER_FENCED);
        }
        return switch (txn.state()) {
            case ONGOING -> decideV2(txn, end.commit(), fresh, nowMs);
            case EMPTY ->
                    end.commit()
                            ? Verdict.refuse(Errors.INVALID_TXN_STATE)
                            : decideV2(txn, false, fresh, nowMs);
            case COMPLETE_COMMIT, COMPLETE_ABORT -> {
                if (again) {
                    yield sameOutcome(txn, end)
                            ? new Verdict.Unchanged(txn.producerId(), txn.epoch())
                            : Verdict.refuse(Errors.INVALID_TXN_STATE);
                }
                yield end.commit()
                        ? Verdict.refuse(Errors.INVALID_TXN_STATE)
                        : decideV2(txn, false, fresh, nowMs);
            }
            case PREPARE_COMMIT, PREPARE_ABORT -> underWay(txn, end);
            case DEAD, PREPARE_EPOCH_FENCE -> Verdict.refuse(Errors.INVALID_TXN_STATE);
        };
    }

    private static Verdict decideV2(Transaction txn, boolean commit, long fresh, long nowMs) {
        if (txn.exhausted() && fresh == NONE) {
            return new Verdict.NeedProducerId();
        }
        // One more could only be reached by a mistake; then the abort goes through as it is.
        short raised = txn.epoch() == Short.MAX_VALUE ? txn.epoch() : (short) (txn.epoch() + 1);
        long next = txn.exhausted() ? fresh : NONE;
        return new Verdict.Move(
                txn.decided(commit, raised, txn.epoch(), next, EPOCH_RAISED, nowMs));
    }

    private static boolean sameOutcome(Transaction txn, TxnCommand.End end) {
        boolean committed =
                txn.state() == TransactionState.COMPLETE_COMMIT
                        || txn.state() == TransactionState.PREPARE_COMMIT;
        return committed == end.commit();
    }

    private static Verdict underWay(Transaction txn, TxnCommand.End end) {
        return Verdict.refuse(
                sameOutcome(txn, end) ? Errors.CONCURRENT_TRANSACTIONS : Errors.INVALID_TXN_STATE);
    }

    private static Verdict expire(
            Transaction txn,
            TxnCommand.Expire expire,
            long fresh,
            short serverVersion,
            long nowMs) {
        boolean same = expire.producerId() == txn.producerId() && expire.epoch() == txn.epoch();
        if (!same || !txn.overdue(nowMs)) {
            return Verdict.refuse(Errors.INVALID_TXN_STATE);
        }
        return abort(txn, fresh, serverVersion, nowMs, Verdict.Move::new);
    }

    /** The coordinator aborts, and fences the producer by an epoch that nobody is told. */
    private static Verdict abort(
            Transaction txn,
            long fresh,
            short serverVersion,
            long nowMs,
            Function<Transaction, Verdict> as) {
        if (serverVersion >= EPOCH_RAISED) {
            Verdict verdict = decideV2(txn, false, fresh, nowMs);
            return verdict instanceof Verdict.Move move ? as.apply(move.next()) : verdict;
        }
        short raised = txn.epoch() == Short.MAX_VALUE ? txn.epoch() : (short) (txn.epoch() + 1);
        return as.apply(txn.decided(false, raised, NO_EPOCH, NONE, (short) 0, nowMs));
    }
}
