package dev.millrace.log;

import dev.millrace.log.disk.DiskFile;
import dev.millrace.wire.record.RecordBatchView;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Walks the batches of a segment file. Reads ahead in blocks and skips the records, unless {@link
 * #whole} asks for them. One thread.
 */
final class BatchCursor {
    /** Enough to step over an index interval with one read. */
    static final int LOOKUP_BLOCK_BYTES = 8 << 10;

    static final int SCAN_BLOCK_BYTES = 1 << 20;

    private final DiskFile file;
    private final long end;
    private final RecordBatchView batch = new RecordBatchView();

    private ByteBuffer block;
    private long blockStart;
    private long position;
    private long nextPosition;
    private boolean malformed;

    BatchCursor(DiskFile file, long start, long end, int blockBytes) {
        this.file = file;
        this.end = end;
        this.nextPosition = start;
        this.block = ByteBuffer.allocate((int) Math.max(0, Math.min(blockBytes, end - start)));
        this.block.limit(0);
    }

    /**
     * Moves to the next batch; false at the end, and where the bytes are not a batch that fits
     * before the end.
     */
    boolean next() throws IOException {
        position = nextPosition;
        long left = end - position;
        if (left == 0) {
            return false;
        }
        if (left < RecordBatchView.HEADER_BYTES || !load(RecordBatchView.HEADER_BYTES)) {
            malformed = true;
            return false;
        }
        batch.wrap(block, (int) (position - blockStart));
        int length = batch.sizeBytes() - RecordBatchView.LENGTH_PREFIX_BYTES;
        if (length < RecordBatchView.HEADER_BYTES - RecordBatchView.LENGTH_PREFIX_BYTES
                || length > left - RecordBatchView.LENGTH_PREFIX_BYTES
                || batch.magic() != RecordBatchView.CURRENT_MAGIC
                || batch.lastOffsetDelta() < 0) {
            malformed = true;
            return false;
        }
        nextPosition = position + batch.sizeBytes();
        return true;
    }

    /** The batch moved to; only its header may be read. Changes with the next move. */
    RecordBatchView header() {
        return batch;
    }

    /** The batch moved to with its records; valid until the next move. */
    RecordBatchView whole() throws IOException {
        int size = batch.sizeBytes();
        if (!load(size)) {
            throw new IOException("segment ends within the batch at position " + position);
        }
        return batch.wrap(block, (int) (position - blockStart));
    }

    /** Of the batch moved to, or where the batches end. */
    int position() {
        return (int) position;
    }

    /** Whether the batches ended before the file did. */
    boolean malformed() {
        return malformed;
    }

    private boolean load(int bytes) throws IOException {
        long offsetInBlock = position - blockStart;
        if (offsetInBlock >= 0 && offsetInBlock + bytes <= block.limit()) {
            return true;
        }
        if (block.capacity() < bytes) {
            block = ByteBuffer.allocate(bytes);
        }
        block.clear().limit((int) Math.min(block.capacity(), end - position));
        file.read(block, position);
        block.flip();
        blockStart = position;
        return block.limit() >= bytes;
    }
}
