package dev.millrace.wire.record;

import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.NoSuchElementException;

/** Batches back to back, as in a produce request, a fetch answer or a segment file. */
public final class RecordBatches {
    private RecordBatches() {}

    /**
     * The whole batches between the buffer's position and limit, each a view of its own; a partial
     * one at the end, which a fetch answer may have, is left out. Framing is checked, CRCs are not.
     */
    public static Iterable<RecordBatchView> in(ByteBuffer buffer) {
        return () -> new BatchIterator(buffer);
    }

    private static final class BatchIterator implements Iterator<RecordBatchView> {
        private final ByteBuffer buffer;
        private final int limit;
        private int position;

        BatchIterator(ByteBuffer buffer) {
            this.buffer = buffer;
            this.position = buffer.position();
            this.limit = buffer.limit();
        }

        @Override
        public boolean hasNext() {
            int left = limit - position;
            if (left < RecordBatchView.HEADER_BYTES) {
                return false;
            }
            int length = buffer.getInt(position + RecordBatchView.LENGTH);
            // A nonsensical length is not a partial batch: next() says what is wrong with it.
            return length < RecordBatchView.HEADER_BYTES - RecordBatchView.LENGTH_PREFIX_BYTES
                    || length <= left - RecordBatchView.LENGTH_PREFIX_BYTES;
        }

        @Override
        public RecordBatchView next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            RecordBatchView batch = RecordBatchView.at(buffer, position).requireFrame(limit);
            position += batch.sizeBytes();
            return batch;
        }
    }
}
