package dev.millrace.log;

import dev.millrace.wire.record.RecordBatchView;

/**
 * Learns the last offset of each key from the dirty batches of a log, in their order, until the map
 * is full. Records of aborted transactions do not count: the older value stays.
 */
final class KeyScan {
    private final OffsetMap lastOffsets;
    private final RawRecords records;
    private final CleanedTransactions transactions;
    private final long firstDirtyOffset;
    private long mappedTo = -1;

    KeyScan(
            CleanerConfig config,
            RawRecords records,
            CleanedTransactions transactions,
            long firstDirtyOffset) {
        this.lastOffsets = new OffsetMap(config.slots(), config.loadFactor());
        this.records = records;
        this.transactions = transactions;
        this.firstDirtyOffset = firstDirtyOffset;
    }

    OffsetMap lastOffsets() {
        return lastOffsets;
    }

    /** The last offset that was looked at; may be within a batch. -1 before the first. */
    long mappedTo() {
        return mappedTo;
    }

    /** There is nothing up to {@code offset}: what was there has been cleaned away before. */
    void reached(long offset) {
        mappedTo = Math.max(mappedTo, offset);
    }

    /**
     * @param batch on the heap
     * @return false if the map is full, and no more batches are taken
     */
    boolean scan(RecordBatchView batch) {
        if (batch.isControl()) {
            transactions.isMarkerWithoutData(
                    batch.producerId(), MarkerType.of(batch), batch.lastOffset());
        } else if (!transactions.isAborted(
                        batch.producerId(), batch.isTransactional(), batch.lastOffset())
                && !scanRecords(batch)) {
            return false;
        }
        if (batch.lastOffset() >= firstDirtyOffset) {
            mappedTo = batch.lastOffset();
        }
        return true;
    }

    private boolean scanRecords(RecordBatchView batch) {
        records.wrap(batch.requireCrc());
        while (records.next()) {
            long offset = records.offset();
            if (records.hasKey() && offset >= firstDirtyOffset) {
                if (lastOffsets.isFull()) {
                    return false;
                }
                lastOffsets.put(records.bytes(), records.keyStart(), records.keyLength(), offset);
                mappedTo = offset;
            }
        }
        return true;
    }
}
