package dev.millrace.broker.simulation;

import dev.millrace.wire.record.LogRecord;
import dev.millrace.wire.record.RecordBatchView;
import dev.millrace.wire.record.RecordBatches;
import dev.millrace.wire.record.RecordIterator;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * One offset of a log: the leader epoch of its batch, and what is in it.
 *
 * @param content the eight bytes of a writer's value; of other records a number made from the
 *     batch's checksum
 */
record Entry(int epoch, long content) {

    /** All in {@code batches}; their offsets follow each other. */
    static List<Entry> in(ByteBuffer batches) {
        List<Entry> entries = new ArrayList<>();
        for (RecordBatchView batch : RecordBatches.in(batches.duplicate())) {
            int index = 0;
            try (RecordIterator records = batch.records()) {
                while (records.hasNext()) {
                    LogRecord record = records.next();
                    ByteBuffer value = record.value();
                    boolean written =
                            !batch.isControl()
                                    && !batch.isTransactional()
                                    && value != null
                                    && value.remaining() == Long.BYTES;
                    entries.add(
                            new Entry(
                                    batch.leaderEpoch(),
                                    written && value != null
                                            ? value.getLong(value.position())
                                            : -(batch.crc() << 16 | index)));
                    index++;
                }
            }
        }
        return entries;
    }
}
