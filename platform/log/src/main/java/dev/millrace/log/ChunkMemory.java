package dev.millrace.log;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Memory of the chunks of tail caches: outside of the heap, so that what is read from them is sent
 * without a copy, and used again, so that a stream of appends makes no garbage. In sizes that are
 * powers of two; other sizes are made and forgotten. Any thread.
 */
final class ChunkMemory {
    static final int MIN_BYTES = 4 << 10;

    private static final int SMALLEST = Integer.numberOfTrailingZeros(MIN_BYTES);

    private final long maxIdleBytes;
    private final Deque<ByteBuffer>[] idle;
    private long idleBytes;

    /**
     * @param maxIdleBytes bound on what is kept while nobody uses it
     */
    ChunkMemory(long maxIdleBytes) {
        this.maxIdleBytes = maxIdleBytes;
        @SuppressWarnings({"unchecked", "rawtypes"}) // Java has no arrays of generic types.
        Deque<ByteBuffer>[] deques = new Deque[Integer.SIZE - 1 - SMALLEST];
        for (int i = 0; i < deques.length; i++) {
            deques[i] = new ArrayDeque<>();
        }
        idle = deques;
    }

    /** Of exactly this size, position 0, with anything in it. */
    ByteBuffer take(int bytes) {
        if (isPooled(bytes)) {
            synchronized (this) {
                ByteBuffer used = idle[index(bytes)].poll();
                if (used != null) {
                    idleBytes -= bytes;
                    return used;
                }
            }
        }
        return ByteBuffer.allocateDirect(bytes);
    }

    /** Nobody reads it any more. */
    void give(ByteBuffer memory) {
        int bytes = memory.capacity();
        if (isPooled(bytes)) {
            synchronized (this) {
                if (idleBytes + bytes <= maxIdleBytes) {
                    idle[index(bytes)].push(memory);
                    idleBytes += bytes;
                }
            }
        }
    }

    synchronized long idleBytes() {
        return idleBytes;
    }

    private static boolean isPooled(int bytes) {
        return bytes >= MIN_BYTES && Integer.bitCount(bytes) == 1;
    }

    private static int index(int bytes) {
        return Integer.numberOfTrailingZeros(bytes) - SMALLEST;
    }
}
