package dev.millrace.log;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Segments that retention or truncation gave up, and answers may still send from.
 *
 * <pre>
 *   add (owner) ──► given up ── rename (worker) ──► renamed ── remove, after the delay ──► gone
 * </pre>
 *
 * Once renamed, a restart removes them whatever happens to us; before that, a crash brings them
 * back, and retention gives them up again. Thread-safe; one thread at a time renames and removes.
 */
final class DeletedSegments {
    private record Deleted(Segment segment, long atMs) {}

    private final ArrayDeque<Deleted> givenUp = new ArrayDeque<>();
    private final ArrayDeque<Deleted> renamed = new ArrayDeque<>();

    /** Touches no file. */
    void add(Segment segment, long nowMs) {
        synchronized (givenUp) {
            givenUp.add(new Deleted(segment, nowMs));
        }
    }

    /** Whose files have been renamed already. */
    void addRenamed(Segment segment, long nowMs) {
        synchronized (renamed) {
            renamed.add(new Deleted(segment, nowMs));
        }
    }

    /** In the order in which they were added, so that a crash in between leaves no gap. */
    void rename() throws IOException {
        for (Deleted next = peek(givenUp); next != null; next = peek(givenUp)) {
            next.segment.markDeleted();
            synchronized (givenUp) {
                givenUp.remove();
            }
            synchronized (renamed) {
                renamed.add(next);
            }
        }
    }

    /**
     * Makes durable what still has its name: a crash may bring it back, and a recovery that found
     * it torn would drop the segments behind it.
     */
    void force() throws IOException {
        List<Deleted> waiting;
        synchronized (givenUp) {
            waiting = List.copyOf(givenUp);
        }
        for (Deleted each : waiting) {
            each.segment.force(true);
        }
    }

    /** Removes the files of those added at or before {@code untilMs}. */
    void remove(long untilMs) throws IOException {
        rename();
        for (Deleted next = peek(renamed);
                next != null && next.atMs <= untilMs;
                next = peek(renamed)) {
            next.segment.removeDeleted();
            synchronized (renamed) {
                renamed.remove();
            }
        }
    }

    // The lock guards the queue, not the segments in it.
    private static @Nullable Deleted peek(ArrayDeque<Deleted> queue) {
        synchronized (queue) {
            return queue.peek();
        }
    }

    void close() throws IOException {
        close(givenUp);
        close(renamed);
    }

    private static void close(ArrayDeque<Deleted> queue) throws IOException {
        synchronized (queue) {
            for (Deleted each : queue) {
                each.segment.close();
            }
            queue.clear();
        }
    }
}
