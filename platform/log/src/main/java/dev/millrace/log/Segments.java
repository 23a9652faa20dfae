package dev.millrace.log;

import dev.millrace.log.FetchedRecords.AbortedTransaction;
import dev.millrace.log.TxnIndex.AbortedTxn;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Questions to a log's segments, in order, as one thread sees them. */
final class Segments {
    private Segments() {}

    /** Number of the segment that contains {@code offset}; the first if it is below all. */
    static int floor(Segment[] segments, long offset) {
        int low = 0;
        int high = segments.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (segments[middle].baseOffset <= offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return Math.max(0, low - 1);
    }

    static long sizeBytes(Segment[] segments) {
        long size = 0;
        for (Segment segment : segments) {
            size += segment.sizeBytes();
        }
        return size;
    }

    /** Those with records from {@code startOffset} to below {@code bound}, by first offset. */
    static List<AbortedTransaction> abortedTransactions(
            Segment[] segments, long startOffset, long bound) {
        List<AbortedTransaction> found = List.of();
        // A transaction that began in the range may be aborted in any later segment.
        for (int i = floor(segments, startOffset); i < segments.length; i++) {
            for (AbortedTxn txn : segments[i].txns.entries()) {
                if (txn.lastOffset() >= startOffset && txn.firstOffset() < bound) {
                    if (found.isEmpty()) {
                        found = new ArrayList<>();
                    }
                    found.add(new AbortedTransaction(txn.producerId(), txn.firstOffset()));
                }
                if (txn.lastStableOffset() >= bound) {
                    return sorted(found);
                }
            }
        }
        return sorted(found);
    }

    private static List<AbortedTransaction> sorted(List<AbortedTransaction> transactions) {
        if (transactions.size() > 1) {
            transactions.sort(Comparator.comparingLong(AbortedTransaction::firstOffset));
        }
        return transactions;
    }
}
