package dev.millrace.broker;

import org.jspecify.annotations.Nullable;

/**
 * Requests waiting for an offset of one partition to be passed: ordered by offset, so that progress
 * completes a prefix, and linked, so that one that gives up leaves in constant time. Almost always
 * a new one waits for the greatest offset and goes to the end. The partition's event loop only.
 */
final class OffsetWaiters {
    /** A place in the queue. */
    static final class Waiter {
        private final long offset;
        private final Runnable passed;
        private @Nullable Waiter previous;
        private @Nullable Waiter next;
        private boolean queued;

        private Waiter(long offset, Runnable passed) {
            this.offset = offset;
            this.passed = passed;
        }
    }

    private @Nullable Waiter first;
    private @Nullable Waiter last;
    private int size;

    /**
     * @param passed called once, on this event loop, when progress has gone beyond {@code offset};
     *     must not add waiters here
     */
    Waiter add(long offset, Runnable passed) {
        Waiter added = new Waiter(offset, passed);
        Waiter before = last;
        while (before != null && before.offset > offset) {
            before = before.previous;
        }
        Waiter after = before == null ? first : before.next;
        added.previous = before;
        added.next = after;
        if (before == null) {
            first = added;
        } else {
            before.next = added;
        }
        if (after == null) {
            last = added;
        } else {
            after.previous = added;
        }
        added.queued = true;
        size++;
        return added;
    }

    /** No effect if it was completed or removed before. */
    void remove(Waiter waiter) {
        if (!waiter.queued) {
            return;
        }
        waiter.queued = false;
        size--;
        if (waiter.previous == null) {
            first = waiter.next;
        } else {
            waiter.previous.next = waiter.next;
        }
        if (waiter.next == null) {
            last = waiter.previous;
        } else {
            waiter.next.previous = waiter.previous;
        }
        waiter.previous = null;
        waiter.next = null;
    }

    /** Completes all that wait for an offset below {@code end}, in order of their offsets. */
    void passed(long end) {
        for (Waiter waiter = first; waiter != null && waiter.offset < end; waiter = first) {
            remove(waiter);
            waiter.passed.run();
        }
    }

    /** Completes all: the partition goes away, or the broker stops. */
    void passedAll() {
        passed(Long.MAX_VALUE);
    }

    int size() {
        return size;
    }
}
