package dev.millrace.log;

import java.io.IOException;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Segments that retention or truncation gave up, and answers may still send from. Thread-safe: the
 * owner adds, a worker removes.
 */
final class DeletedSegments {
    private record Deleted(Segment segment, long atMs) {}

    private final ArrayDeque<Deleted> waiting = new ArrayDeque<>();

    /** Renames the segment's files, so that a restart removes them whatever happens to us. */
    void add(Segment segment, long nowMs) throws IOException {
        segment.markDeleted();
        synchronized (waiting) {
            waiting.add(new Deleted(segment, nowMs));
        }
    }

    /** Removes the files of those added at or before {@code untilMs}. */
    void remove(long untilMs) throws IOException {
        for (Segment segment = next(untilMs); segment != null; segment = next(untilMs)) {
            segment.removeDeleted();
        }
    }

    private @Nullable Segment next(long untilMs) {
        synchronized (waiting) {
            Deleted oldest = waiting.peek();
            if (oldest == null || oldest.atMs > untilMs) {
                return null;
            }
            return waiting.remove().segment;
        }
    }

    void close() throws IOException {
        synchronized (waiting) {
            for (Deleted each : waiting) {
                each.segment.close();
            }
            waiting.clear();
        }
    }
}
