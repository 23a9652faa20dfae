package dev.millrace.log;

import dev.millrace.wire.record.Codec;
import dev.millrace.wire.record.LogRecord;
import dev.millrace.wire.record.RecordBatchBuilder;
import dev.millrace.wire.record.RecordBatchView;
import dev.millrace.wire.record.RecordIterator;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.header.Header;

/** Brings batches to the codec that the topic's {@code compression.type} asks for. */
final class Recompressor {
    private static final Header[] NO_HEADERS = {};

    private Recompressor() {}

    /** The same buffer if nothing is to be done, else a new one. */
    static ByteBuffer recompress(ByteBuffer records, Codec codec, LogConfig config) {
        List<ByteBuffer> parts = new ArrayList<>();
        RecordBatchView batch = new RecordBatchView();
        boolean changed = false;
        int size = 0;
        for (int at = records.position(); at < records.limit(); at += batch.sizeBytes()) {
            batch.wrap(records, at);
            boolean keep = batch.isControl() || batch.codec() == codec;
            ByteBuffer part = keep ? batch.bytes() : rebuild(batch, builder(codec, config));
            AppendValidator.requireSize(RecordBatchView.at(part, part.position()), config);
            changed |= !keep;
            parts.add(part);
            size += part.remaining();
        }
        if (!changed) {
            return records;
        }
        ByteBuffer result = ByteBuffer.allocate(size);
        parts.forEach(result::put);
        return result.flip();
    }

    private static RecordBatchBuilder builder(Codec codec, LogConfig config) {
        return switch (codec) {
            case NONE, SNAPPY -> new RecordBatchBuilder(codec);
            case GZIP, LZ4, ZSTD -> RecordBatchBuilder.compressed(codec, config.compressionLevel());
        };
    }

    private static ByteBuffer rebuild(RecordBatchView batch, RecordBatchBuilder builder) {
        builder.producer(batch.producerId(), batch.producerEpoch(), batch.baseSequence());
        if (batch.isTransactional()) {
            builder.transactional();
        }
        try (RecordIterator records = batch.records()) {
            while (records.hasNext()) {
                LogRecord record = records.next();
                builder.append(
                        record.timestampMs(),
                        record.key(),
                        record.value(),
                        record.headers().toArray(NO_HEADERS));
            }
        }
        return builder.build();
    }
}
