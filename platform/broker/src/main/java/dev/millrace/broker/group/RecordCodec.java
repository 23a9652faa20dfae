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
import java.util.function.Supplier;

/** Group records as record batches and back. */
final class RecordCodec {
    /**
     * A batch is closed once it has grown to this; below any sensible {@code max.message.bytes}.
     */
    private static final int BATCH_BYTES = 256 * 1024;

    private RecordCodec() {}

    /** One or more batches, back to back. */
    static ByteBuffer toBatches(List<GroupRecord> records, long nowMs) {
        return toBatches(records, nowMs, RecordBatchBuilder::new);
    }

    /** The same, of a producer's transaction. */
    static ByteBuffer toTransactionalBatches(
            List<GroupRecord> records, long nowMs, long producerId, short producerEpoch) {
        return toBatches(
                records,
                nowMs,
                () ->
                        new RecordBatchBuilder()
                                .producer(producerId, producerEpoch, RecordBatchView.NO_SEQUENCE)
                                .transactional());
    }

    private static ByteBuffer toBatches(
            List<GroupRecord> records, long nowMs, Supplier<RecordBatchBuilder> builders) {
        List<ByteBuffer> batches = new ArrayList<>(1);
        RecordBatchBuilder builder = builders.get();
        for (GroupRecord record : records) {
            if (builder.recordCount() > 0 && builder.estimatedSizeBytes() >= BATCH_BYTES) {
                batches.add(builder.build());
                builder = builders.get();
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

    /** What is read back, in order. */
    interface Replay {
        void record(GroupRecord record);

        /** A record of a transaction. */
        void pending(long producerId, GroupRecord record);

        /** The end of a transaction. */
        void end(long producerId, boolean commit);
    }

    /** Records alone, of transactions or not. */
    static void forEach(ByteBuffer batches, Consumer<GroupRecord> consumer) {
        replay(
                batches,
                new Replay() {
                    @Override
                    public void record(GroupRecord record) {
                        consumer.accept(record);
                    }

                    @Override
                    public void pending(long producerId, GroupRecord record) {
                        consumer.accept(record);
                    }

                    @Override
                    public void end(long producerId, boolean commit) {}
                });
    }

    /** Records without a key and those of other protocols are passed over. */
    static void replay(ByteBuffer batches, Replay replay) {
        for (RecordBatchView batch : RecordBatches.in(batches)) {
            if (batch.isControl()) {
                batch.endOfTransaction()
                        .ifPresent(commit -> replay.end(batch.producerId(), commit));
                continue;
            }
            try (RecordIterator records = batch.records()) {
                while (records.hasNext()) {
                    LogRecord record = records.next();
                    ByteBuffer key = record.key();
                    if (key == null) {
                        continue;
                    }
                    OffsetsTopic.read(key, record.value())
                            .ifPresent(
                                    read -> {
                                        if (batch.isTransactional()) {
                                            replay.pending(batch.producerId(), read);
                                        } else {
                                            replay.record(read);
                                        }
                                    });
                }
            }
        }
    }
}
