package dev.millrace.log;

import dev.millrace.wire.record.LogRecord;
import dev.millrace.wire.record.RecordBatchView;
import dev.millrace.wire.record.RecordIterator;
import java.nio.ByteBuffer;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.jspecify.annotations.Nullable;

/** What a control batch says. */
enum MarkerType {
    ABORT,
    COMMIT,
    /** Not about a transaction. */
    OTHER;

    private static final int TYPE = 2;

    /** Null if the batch was emptied. */
    static @Nullable MarkerType of(RecordBatchView batch) {
        try (RecordIterator records = batch.records()) {
            if (!records.hasNext()) {
                return null;
            }
            LogRecord record = records.next();
            ByteBuffer key = record.key();
            if (key == null || key.remaining() < TYPE + Short.BYTES) {
                throw new CorruptRecordException(
                        "control record " + record.offset() + " has no type");
            }
            return switch (key.getShort(TYPE)) {
                case 0 -> ABORT;
                case 1 -> COMMIT;
                default -> OTHER;
            };
        }
    }
}
