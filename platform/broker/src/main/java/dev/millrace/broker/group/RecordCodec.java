package dev.millrace.broker.group;

import dev.millrace.wire.record.LogRecord;
import dev.millrace.wire.record.RecordBatchBuilder;
import dev.millrace.wire.record.RecordBatchView;
import dev.millrace.wire.record.RecordBatches;
import dev.millrace.wire.record.RecordIterator;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Group records as record batches and back. */
final class RecordCodec {
    /**
     * A batch is closed once it has grown to this; below any sensible {@code max.message.bytes}.
     */
    private static final int BATCH_BYTES = 256 * 1024;

    private RecordCodec() {}

    /** One or more batches, back to back. */
    static ByteBuffer toBatches(List<GroupRecord> records, long nowMs) {
        List<ByteBuffer> batches = new ArrayList<>(1);
        RecordBatchBuilder builder = new RecordBatchBuilder();
        for (GroupRecord record : records) {
            if (builder.recordCount() > 0 && builder.estimatedSizeBytes() >= BATCH_BYTES) {
                batches.add(builder.build());
                builder = new RecordBatchBuilder();
            }
            builder.append(nowMs, OffsetsTopic.key(record), OffsetsTopic.value(record));
        }
        batches.add(builder.build());
        if (batches.size() == 1) {
            return batches.get(0);
        }
        ByteBuffer all =
                ByteBuffer.allocate(batches.stream().mapToInt(ByteBuffer::remaining).sum());
        batches.forEach(all::put);
        return all.flip();
    }

    /** Control batches, records without a key and those of other protocols are passed over. */
    static void forEach(ByteBuffer batches, Consumer<GroupRecord> consumer) {
        for (RecordBatchView batch : RecordBatches.in(batches)) {
            if (batch.isControl()) {
                continue;
            }
            try (RecordIterator records = batch.records()) {
                while (records.hasNext()) {
                    LogRecord record = records.next();
                    ByteBuffer key = record.key();
                    if (key != null) {
                        OffsetsTopic.read(key, record.value()).ifPresent(consumer);
                    }
                }
            }
        }
    }
}
