package dev.millrace.log;

import dev.millrace.wire.record.RecordBatchView;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The most recently appended bytes of one log, so that readers that have caught up touch no file.
 * Always a gapless range that ends at the log end, in chunks that grow with the log's traffic;
 * bounded per log, and by a budget that all logs of a directory share.
 *
 * <p>The owner appends; any thread reads. A chunk is filled once. Its memory is used again when the
 * cache has dropped it and every reader has said that it is done; a reader that never does costs
 * that memory, and nothing else: the garbage collector takes it.
 *
 * <p>What a slow reader holds beyond the budget is bounded by its connection: one chunk, {@link
 * #MAX_CHUNK_BYTES} at most, for each partition of the answers that it has not taken, and with two
 * MiB of them unsent no further request of it is read.
 */
final class TailCache {
    private static final int MIN_CHUNK_BYTES = ChunkMemory.MIN_BYTES;
    private static final int MAX_CHUNK_BYTES = 512 << 10;
    private static final int MARK_INTERVAL_BYTES = 4 << 10;
    private static final Chunk[] EMPTY = {};

    private final int maxBytes;
    private final Budget budget;

    private volatile Chunk[] chunks = EMPTY;

    /** Below: the files have been compacted, and memory has what is not there any more. */
    private volatile long compactedTo;

    private int heldBytes;
    private long lastAppendMs;

    TailCache(int maxBytes, Budget budget) {
        this.maxBytes = maxBytes;
        this.budget = budget;
    }

    /** What all logs of a directory may hold together. */
    static final class Budget {
        private final long maxBytes;
        private final AtomicLong usedBytes = new AtomicLong();
        private final ChunkMemory memory;

        Budget(long maxBytes) {
            this.maxBytes = maxBytes;
            this.memory = new ChunkMemory(maxBytes / 4);
        }

        ChunkMemory memory() {
            return memory;
        }

        boolean take(int bytes) {
            if (usedBytes.addAndGet(bytes) <= maxBytes) {
                return true;
            }
            usedBytes.addAndGet(-bytes);
            return false;
        }

        void give(int bytes) {
            usedBytes.addAndGet(-bytes);
        }

        long usedBytes() {
            return usedBytes.get();
        }
    }

    /** Whole batches that were just appended, with their offsets. */
    void append(ByteBuffer records, long nowMs) {
        int size = records.remaining();
        lastAppendMs = nowMs;
        Chunk[] current = chunks;
        Chunk last = current.length == 0 ? null : current[current.length - 1];
        if (last == null || last.capacity() - last.limit < size) {
            last = newChunk(size, last);
            if (last == null) {
                clear();
                return;
            }
        }
        last.append(records);
    }

    private @Nullable Chunk newChunk(int size, @Nullable Chunk previous) {
        int wanted =
                previous == null
                        ? MIN_CHUNK_BYTES
                        : Math.min(previous.capacity() * 2, MAX_CHUNK_BYTES);
        int capacity = size <= wanted ? wanted : powerOfTwo(size);
        if (capacity > maxBytes) {
            capacity = size;
        }
        if (capacity > maxBytes) {
            return null;
        }
        Chunk[] current = chunks;
        int drop = 0;
        int held = heldBytes;
        while (held + capacity > maxBytes) {
            held -= current[drop++].capacity();
        }
        budget.give(heldBytes - held);
        boolean affordable = budget.take(capacity);
        while (!affordable && drop < current.length) {
            budget.give(current[drop].capacity());
            held -= current[drop++].capacity();
            affordable = budget.take(capacity);
        }
        heldBytes = held;
        if (!affordable) {
            chunks = EMPTY;
            letGo(current, drop);
            return null;
        }
        Chunk chunk = new Chunk(budget.memory(), capacity);
        Chunk[] next = Arrays.copyOfRange(current, drop, current.length + 1);
        next[next.length - 1] = chunk;
        heldBytes += capacity;
        chunks = next;
        letGo(current, drop);
        return chunk;
    }

    private static int powerOfTwo(int atLeast) {
        return Integer.highestOneBit(Math.max(1, atLeast - 1)) << 1;
    }

    /** The first {@code count}, which new readers do not find any more. */
    private static void letGo(Chunk[] dropped, int count) {
        for (int i = 0; i < count; i++) {
            dropped[i].letGo();
        }
    }

    /**
     * Whole batches from the one that contains {@code startOffset}, below {@code maxOffset}, all
     * from one chunk, to be {@link FetchedRecords#done}; null if the cache does not have the
     * offset.
     */
    @Nullable FetchedRecords read(
            long startOffset, long maxOffset, int maxBytes, boolean minOneBatch) {
        if (startOffset < compactedTo) {
            return null;
        }
        Chunk[] current = chunks;
        for (int i = current.length - 1; i >= 0; i--) {
            Chunk chunk = current[i];
            int limit = chunk.limit;
            if (limit == 0 || startOffset < chunk.baseOffset || !chunk.hold()) {
                continue;
            }
            ByteBuffer read = chunk.read(startOffset, maxOffset, maxBytes, minOneBatch, limit);
            if (read == null || !read.hasRemaining()) {
                chunk.letGo();
                return read == null ? null : FetchedRecords.NONE;
            }
            return FetchedRecords.shared(read, chunk::letGo);
        }
        return null;
    }

    /**
     * From now on does not know the records below {@code offset}, where a batch ends. Any thread.
     */
    void compacted(long offset) {
        compactedTo = offset;
    }

    /** Gives memory back if nothing was appended for {@code idleMs}: others use it better. */
    void releaseIfIdle(long nowMs, long idleMs) {
        if (heldBytes > 0 && nowMs - lastAppendMs >= idleMs) {
            clear();
        }
    }

    void clear() {
        Chunk[] current = chunks;
        budget.give(heldBytes);
        heldBytes = 0;
        chunks = EMPTY;
        letGo(current, current.length);
    }

    int heldBytes() {
        return heldBytes;
    }

    private static final class Chunk {
        private final ChunkMemory memory;
        private final ByteBuffer view;

        /** The cache, and the readers at work; at 0 the memory is another's. */
        private final AtomicInteger holders = new AtomicInteger(1);

        /** Of the first batch; valid once {@link #limit} is positive. */
        private long baseOffset;

        /** Where batches begin, one in about every interval. */
        private final int[] marks;

        private int markCount;

        /** Written last: a reader that sees it sees the bytes below. */
        volatile int limit;

        Chunk(ChunkMemory memory, int capacity) {
            this.memory = memory;
            this.view = memory.take(capacity);
            this.marks = new int[capacity / MARK_INTERVAL_BYTES + 1];
        }

        int capacity() {
            return view.capacity();
        }

        /** False if it is too late. */
        boolean hold() {
            int now = holders.get();
            while (now > 0) {
                if (holders.compareAndSet(now, now + 1)) {
                    return true;
                }
                now = holders.get();
            }
            return false;
        }

        /** Once for each {@link #hold}, and once by the cache. */
        void letGo() {
            if (holders.decrementAndGet() == 0) {
                memory.give(view);
            }
        }

        void append(ByteBuffer records) {
            int from = limit;
            int size = records.remaining();
            view.put(from, records, records.position(), size);
            if (from == 0) {
                baseOffset = view.getLong(RecordBatchView.BASE_OFFSET);
            }
            int at = from;
            while (at < from + size) {
                if (markCount == 0 || at - marks[markCount - 1] >= MARK_INTERVAL_BYTES) {
                    marks[markCount++] = at;
                }
                at += RecordBatchView.sizeAt(view, at);
            }
            limit = from + size;
        }

        @Nullable ByteBuffer read(
                long startOffset, long maxOffset, int maxBytes, boolean minOneBatch, int end) {
            RecordBatchView batch = new RecordBatchView();
            int at = seek(startOffset, end);
            while (at < end && batch.wrap(view, at).lastOffset() < startOffset) {
                at += batch.sizeBytes();
            }
            if (at >= end) {
                return null;
            }
            int bytes =
                    Segment.wholeBatches(
                            view, at, (int) Math.min((long) at + maxBytes, end), maxOffset);
            if (bytes == 0
                    && minOneBatch
                    && maxBytes < end - at
                    && batch.wrap(view, at).lastOffset() < maxOffset) {
                bytes = batch.sizeBytes();
            }
            return view.slice(at, bytes);
        }

        /** Start of a batch at or before the one with {@code offset}, by bisecting the marks. */
        private int seek(long offset, int end) {
            int low = 0;
            int high = markCount;
            while (low < high) {
                int middle = (low + high) >>> 1;
                int at = marks[middle];
                if (at < end && view.getLong(at) <= offset) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            return low == 0 ? 0 : marks[low - 1];
        }
    }
}
