package dev.millrace.broker;

import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * How many bytes a second throttled replicas may move, on the side of leaders or of followers. What
 * is in sync is not held back, but counts. Any thread.
 *
 * <pre>
 *   | window | window | … | current ──► now      rate = sum of all / time since the eldest began,
 *                                                       never over less than one window
 * </pre>
 *
 * As Apache Kafka measures it: there is no burst at the beginning, as clients' quotas have it.
 *
 * @see "KIP-73"
 */
final class ReplicationQuota {
    static final long NONE = Long.MAX_VALUE;

    private final int maxWindows;
    private final long windowMs;
    private final LongSupplier nowMs;
    private final ArrayDeque<Window> windows = new ArrayDeque<>();
    private volatile long bytesPerSecond = NONE;
    private long totalBytes;

    private static final class Window {
        private final long startMs;
        private long bytes;

        private Window(long startMs) {
            this.startMs = startMs;
        }
    }

    /**
     * @param windows {@code replication.quota.window.num}
     * @param windowMs {@code replication.quota.window.size.seconds}
     */
    ReplicationQuota(int windows, long windowMs) {
        this(windows, windowMs, () -> TimeUnit.NANOSECONDS.toMillis(System.nanoTime()));
    }

    ReplicationQuota(int windows, long windowMs, LongSupplier nowMs) {
        this.maxWindows = windows;
        this.windowMs = windowMs;
        this.nowMs = nowMs;
    }

    void limit(long limitBytesPerSecond) {
        bytesPerSecond = limitBytesPerSecond;
    }

    synchronized void record(int bytes) {
        long now = nowMs.getAsLong();
        Window last = windows.peekLast();
        if (last == null || now - last.startMs >= windowMs) {
            last = new Window(now);
            windows.addLast(last);
        }
        last.bytes += bytes;
        totalBytes += bytes;
        forget(now);
    }

    private void forget(long now) {
        for (Window eldest = windows.peekFirst();
                eldest != null && now - eldest.startMs >= maxWindows * windowMs;
                eldest = windows.peekFirst()) {
            windows.removeFirst();
        }
    }

    /** Whether those who are throttled have to wait. */
    boolean isExceeded() {
        return waitMs() > 0;
    }

    /** For how long, if nothing else is moved meanwhile; 0 = not at all. */
    long waitMs() {
        long limit = bytesPerSecond;
        return limit == NONE ? 0 : waitMs(limit);
    }

    private synchronized long waitMs(long limit) {
        long now = nowMs.getAsLong();
        forget(now);
        Window eldest = windows.peekFirst();
        if (eldest == null) {
            return 0;
        }
        double bytes = 0;
        for (Window each : windows) {
            bytes += each.bytes;
        }
        long spanMs = Math.max(now - eldest.startMs, windowMs);
        double allowed = limit / 1000.0 * spanMs;
        if (bytes <= allowed) {
            return 0;
        }
        // The eldest is forgotten at the latest.
        long untilForgottenMs = eldest.startMs + maxWindows * windowMs - now;
        long untilAllowedMs =
                limit == 0 ? untilForgottenMs : (long) (bytes * 1000 / limit) - spanMs;
        return Math.max(1, Math.min(untilForgottenMs, untilAllowedMs));
    }

    /** Moved by throttled replicas since the start. */
    synchronized long totalBytes() {
        return totalBytes;
    }
}
