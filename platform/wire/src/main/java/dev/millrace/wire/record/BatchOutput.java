package dev.millrace.wire.record;

import java.io.OutputStream;
import java.nio.ByteBuffer;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.utils.ByteBufferOutputStream;

/** Memory for one batch that grows as it is written: room for the header, then the records. */
public final class BatchOutput {
    private final ByteBufferOutputStream out;

    /**
     * @param memory what is written to until it is full; on the heap
     */
    public BatchOutput(ByteBuffer memory) {
        out = new ByteBufferOutputStream(memory.clear());
        out.position(RecordBatchView.HEADER_BYTES);
    }

    /** For the records; to be closed when the last is written. */
    public OutputStream body(Codec codec) {
        return codec == Codec.NONE
                ? out
                : Compression.of(CompressionType.forId(codec.id()))
                        .build()
                        .wrapForOutput(out, RecordBatchView.CURRENT_MAGIC);
    }

    /** From the header's first byte, its position behind what was written. */
    public ByteBuffer buffer() {
        return out.buffer();
    }
}
