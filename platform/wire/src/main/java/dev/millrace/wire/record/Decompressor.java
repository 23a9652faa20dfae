package dev.millrace.wire.record;

import java.io.InputStream;
import java.nio.ByteBuffer;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.utils.BufferSupplier;

/** Decompresses batch after batch with the same working memory. Not thread-safe. */
public final class Decompressor {
    private final BufferSupplier buffers = BufferSupplier.create();

    /**
     * @param records what follows the header of a batch, position..limit; read as far as the stream
     *     is
     * @return to be closed before the next is opened; fails with {@link
     *     org.apache.kafka.common.KafkaException} or an {@link java.io.IOException} where the bytes
     *     are not what {@code codec} writes
     */
    public InputStream open(Codec codec, ByteBuffer records) {
        return Compression.of(CompressionType.forId(codec.id()))
                .build()
                .wrapForInput(records, RecordBatchView.CURRENT_MAGIC, buffers);
    }
}
