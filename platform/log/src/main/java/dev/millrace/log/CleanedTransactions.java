package dev.millrace.log;

import dev.millrace.log.TxnIndex.AbortedTxn;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The transactions met while the batches of a log are walked from its start. All of them have
 * ended, because nothing at or above the last stable offset is cleaned; so each is known to be
 * aborted, or else is committed.
 *
 * <pre>
 *  [ T1 ] [ T2 ] [ T1 ] [T1 abort] [T2 commit]        first walk: T1's data goes, its marker stays
 *         [ T2 ]        [T1 abort] [T2 commit]        next walk: no data before the marker, so it
 *                                                     may go, once readers have had time to pass it
 * </pre>
 */
final class CleanedTransactions {
    private static final class Aborted {
        final AbortedTxn txn;
        boolean hasData;

        Aborted(AbortedTxn txn) {
            this.txn = txn;
        }
    }

    private final PriorityQueue<AbortedTxn> ahead =
            new PriorityQueue<>(Comparator.comparingLong(AbortedTxn::firstOffset));
    private final Map<Long, Aborted> aborted = new HashMap<>();

    /** Producers whose committed transaction has data that was walked over. */
    private final Set<Long> committed = new HashSet<>();

    private List<AbortedTxn> kept = new ArrayList<>();

    /**
     * @param aborted every aborted transaction with a record among the batches to come
     */
    CleanedTransactions(List<AbortedTxn> aborted) {
        ahead.addAll(aborted);
    }

    /** Whether the batch, of data, is part of an aborted transaction. */
    boolean isAborted(long producerId, boolean transactional, long lastOffset) {
        reach(lastOffset);
        if (!transactional) {
            return false;
        }
        Aborted txn = aborted.get(producerId);
        if (txn == null) {
            committed.add(producerId);
            return false;
        }
        txn.hasData = true;
        return true;
    }

    /**
     * Whether the batch, with a marker, follows no data of its transaction.
     *
     * @param type null for a batch from which the marker was removed
     */
    boolean isMarkerWithoutData(long producerId, @Nullable MarkerType type, long lastOffset) {
        reach(lastOffset);
        if (type == null) {
            return true;
        }
        switch (type) {
            case ABORT -> {
                Aborted txn = aborted.remove(producerId);
                if (txn != null && txn.hasData) {
                    kept.add(txn.txn);
                    return false;
                }
                return true;
            }
            case COMMIT -> {
                return !committed.remove(producerId);
            }
            case OTHER -> {
                return false;
            }
        }
        throw new AssertionError(type);
    }

    private void reach(long offset) {
        for (AbortedTxn next = ahead.peek();
                next != null && next.firstOffset() <= offset;
                next = ahead.peek()) {
            aborted.putIfAbsent(next.producerId(), new Aborted(next));
            ahead.remove();
        }
    }

    /**
     * Aborted transactions whose markers were met since the last call and have to stay known: the
     * index of the segment that the markers went to.
     */
    List<AbortedTxn> takeKept() {
        List<AbortedTxn> taken = kept;
        kept = new ArrayList<>();
        return taken;
    }
}
