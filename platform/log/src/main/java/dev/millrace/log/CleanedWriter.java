package dev.millrace.log;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Gathers batches for a cleaned segment, so that few writes are needed. */
final class CleanedWriter {
    private final ByteBuffer buffer;
    private final Segment target;
    private final int indexIntervalBytes;

    /**
     * @param buffer to gather in; a larger batch is written by itself
     */
    CleanedWriter(ByteBuffer buffer, Segment target, int indexIntervalBytes) {
        this.buffer = buffer.clear();
        this.target = target;
        this.indexIntervalBytes = indexIntervalBytes;
    }

    void write(ByteBuffer batch) throws IOException {
        if (buffer.remaining() < batch.remaining()) {
            flush();
        }
        if (buffer.remaining() < batch.remaining()) {
            append(batch);
        } else {
            buffer.put(batch);
        }
    }

    void flush() throws IOException {
        if (buffer.position() > 0) {
            append(buffer.flip());
            buffer.clear();
        }
    }

    private void append(ByteBuffer batches) throws IOException {
        if (target.sizeBytes() > Integer.MAX_VALUE - batches.remaining()) {
            // Recompressed records may need more room than before, but never this much more.
            throw new IOException(
                    "cleaned segment " + target.baseOffset + " would have more than 2 GiB");
        }
        target.append(batches, indexIntervalBytes);
    }
}
