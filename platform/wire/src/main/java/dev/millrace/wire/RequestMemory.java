package dev.millrace.wire;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * The memory that requests of all connections take together, from their first byte until it is not
 * needed any more: for Produce when it is answered, for the others when they are decoded.
 *
 * <p>As in Kafka, a request may begin while anything is left, and then gets all that it needs: the
 * bound is passed by less than one request, and no large request waits for ever because small ones
 * come first. A request that has begun is read to its end, or nothing would ever be given back. Any
 * thread.
 *
 * @see "KIP-72: Allow putting a bound on memory consumed by incoming requests"
 */
final class RequestMemory {
    private final long maxBytes;
    private final AtomicLong usedBytes = new AtomicLong();
    private final LongAdder waits = new LongAdder();

    /** Who wants to be told of free memory, first come first; guarded by itself. */
    private final Set<Runnable> waiting = new LinkedHashSet<>();

    /**
     * @param maxBytes {@link WireConfig#UNLIMITED} or less than one for no bound; then nothing is
     *     counted either
     */
    RequestMemory(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    private boolean unlimited() {
        return maxBytes <= 0;
    }

    /** False if nothing is left. */
    boolean tryReserve(int bytes) {
        if (unlimited()) {
            return true;
        }
        long used = usedBytes.get();
        while (used < maxBytes) {
            if (usedBytes.compareAndSet(used, used + bytes)) {
                return true;
            }
            used = usedBytes.get();
        }
        return false;
    }

    void release(int bytes) {
        if (!unlimited() && usedBytes.addAndGet(-bytes) < maxBytes) {
            wake();
        }
    }

    /**
     * @param retry called once when there is something left, on the thread that gave it back, or at
     *     once
     */
    void await(Runnable retry) {
        waits.increment();
        synchronized (waiting) {
            waiting.add(retry);
        }
        // It may have been given back in between.
        if (usedBytes.get() < maxBytes) {
            wake();
        }
    }

    void forget(Runnable retry) {
        if (!unlimited()) {
            synchronized (waiting) {
                waiting.remove(retry);
            }
        }
    }

    private void wake() {
        List<Runnable> woken;
        synchronized (waiting) {
            if (waiting.isEmpty()) {
                return;
            }
            woken = List.copyOf(waiting);
            waiting.clear();
        }
        woken.forEach(Runnable::run);
    }

    long usedBytes() {
        return usedBytes.get();
    }

    /** How often a connection had to wait. */
    long waits() {
        return waits.sum();
    }
}
