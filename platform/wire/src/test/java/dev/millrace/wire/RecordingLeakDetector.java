package dev.millrace.wire;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Remembers buffers that the garbage collector found before anybody released them; Netty's own
 * detector only logs them. The build has Netty use it, by the system property {@code
 * io.netty.customResourceLeakDetector}.
 */
public final class RecordingLeakDetector<T> extends ResourceLeakDetector<T> {
    private static final long PATIENCE_MS = 5_000;
    private static final Queue<String> FOUND = new ConcurrentLinkedQueue<>();

    public RecordingLeakDetector(Class<?> resource, int samplingInterval) {
        super(resource, samplingInterval);
    }

    /** Netty looks for this constructor too. */
    public RecordingLeakDetector(Class<?> resource, int samplingInterval, long maxActive) {
        this(resource, samplingInterval);
    }

    /** From now on every buffer is watched. */
    public static void watchEverything() {
        ResourceLeakDetector.setLevel(Level.PARANOID);
    }

    /** What was leaked since the last call, with where it was used. Collects garbage. */
    public static List<String> leaks() throws InterruptedException {
        ReferenceQueue<Object> collected = new ReferenceQueue<>();
        WeakReference<Object> garbage = new WeakReference<>(new Object(), collected);
        long deadlineNs = System.nanoTime() + PATIENCE_MS * 1_000_000;
        do {
            System.gc();
            if (System.nanoTime() > deadlineNs) {
                throw new IllegalStateException("no garbage was collected for " + garbage);
            }
        } while (collected.remove(50) == null);
        // The detector looks at what was collected when the next buffer is made.
        UnpooledByteBufAllocator.DEFAULT.directBuffer(1).release();
        List<String> found = new ArrayList<>();
        for (String leak = FOUND.poll(); leak != null; leak = FOUND.poll()) {
            found.add(leak);
        }
        return found;
    }

    @Override
    protected boolean needReport() {
        return true;
    }

    @Override
    protected void reportTracedLeak(String resource, String records) {
        FOUND.add(resource + records);
    }

    @Override
    protected void reportUntracedLeak(String resource) {
        FOUND.add(resource);
    }
}
