package dev.millrace.broker;

import org.jspecify.annotations.Nullable;

/**
 * Requests waiting for an offset of one partition to be passed: ordered by offset, so that progress
 * completes a prefix, and linked, so that one that gives up leaves in constant time. Almost always
 * a new one waits for the greatest offset and goes to the end. The partition's event loop only.
 */
final class OffsetWaiters {
    /** A place in the queue; may be used again when it has left. */
    abstract static class Waiter {
        private long offset;
        private @Nullable Waiter previous;
        private @Nullable Waiter next;
        private boolean queued;

        /**
         * Called once, on the partition's event loop, when progress has gone beyond the offset;
         * must not add waiters here.
         */
        abstract void passed();
    }

    private @Nullable Waiter first;
    private @Nullable Waiter last;
    private int size;

    /**
     * @param passed as {@link Waiter#passed}
     */
    Waiter add(long offset, Runnable passed) {
        Waiter added =
                new Waiter() {
                    @Override
                    void passed() {
                        passed.run();
                    }
                };
        add(offset, added);
        return added;
    }

    /**
     * @param added not in a queue
     */
    void add(long offset, Waiter added) {
        added.offset = offset;
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
            waiter.passed();
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
