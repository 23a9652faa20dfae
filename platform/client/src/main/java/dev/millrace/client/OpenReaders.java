package dev.millrace.client;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The readers that a client must end when it is closed. Any thread. */
final class OpenReaders {
    private final Set<ReaderLoop<?>> loops = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    void add(ReaderLoop<?> loop) {
        loops.add(loop);
        if (closed) {
            loop.clientClosed();
        }
    }

    void remove(ReaderLoop<?> loop) {
        loops.remove(loop);
    }

    /** Returns when all have ended, or after the timeout. */
    void close(long timeoutMs) {
        closed = true;
        loops.forEach(ReaderLoop::clientClosed);
        long deadlineNs = System.nanoTime() + timeoutMs * 1_000_000;
        for (ReaderLoop<?> loop : loops) {
            loop.join(Math.max(1, (deadlineNs - System.nanoTime()) / 1_000_000));
        }
    }
}
