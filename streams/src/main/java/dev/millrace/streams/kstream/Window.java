package dev.millrace.streams.kstream;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A span of event time. Whether the end belongs to it is for the kind of window to say. */
public abstract class Window {
    protected final long startMs;
    protected final long endMs;

    /**
     * @param startMs milliseconds since the epoch, not negative
     * @param endMs not before the start
     */
    public Window(long startMs, long endMs) {
        if (startMs < 0) {
            throw new IllegalArgumentException(
                    "Window startMs time cannot be negative, is " + startMs + ".");
        }
        if (endMs < startMs) {
            throw new IllegalArgumentException(
                    "Window endMs time cannot be smaller than window startMs time: "
                            + endMs
                            + " < "
                            + startMs
                            + ".");
        }
        this.startMs = startMs;
        this.endMs = endMs;
    }

    /** Milliseconds since the epoch. */
    public long start() {
        return startMs;
    }

    /** Milliseconds since the epoch. */
    public long end() {
        return endMs;
    }

    public Instant startTime() {
        return Instant.ofEpochMilli(startMs);
    }

    public Instant endTime() {
        return Instant.ofEpochMilli(endMs);
    }

    /**
     * @throws IllegalArgumentException when the other window is of another kind
     */
    public abstract boolean overlap(Window other);

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other
                || (other != null
                        && getClass() == other.getClass()
                        && startMs == ((Window) other).startMs
                        && endMs == ((Window) other).endMs);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(startMs) * 31 + Long.hashCode(endMs);
    }

    @Override
    public String toString() {
        return "Window{startMs=" + startMs + ", endMs=" + endMs + '}';
    }
}
