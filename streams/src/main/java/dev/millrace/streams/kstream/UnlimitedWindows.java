package dev.millrace.streams.kstream;

import dev.millrace.streams.kstream.internals.UnlimitedWindow;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One window, from a start to the end of time; records before the start are in none. */
public final class UnlimitedWindows extends Windows<UnlimitedWindow> {
    /** Milliseconds since the epoch. */
    public final long startMs;

    private UnlimitedWindows(long startMs) {
        this.startMs = startMs;
    }

    /** From the epoch on. */
    public static UnlimitedWindows of() {
        return new UnlimitedWindows(0);
    }

    public UnlimitedWindows startOn(Instant start) {
        long startMs;
        try {
            startMs = start.toEpochMilli();
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException(
                    "start (" + start + ") can't be converted to milliseconds.", e);
        }
        return new UnlimitedWindows(Durations.notNegative(startMs, "Window start time (startMs)"));
    }

    @Override
    public Map<Long, UnlimitedWindow> windowsFor(long timestamp) {
        return timestamp < startMs ? Map.of() : Map.of(startMs, new UnlimitedWindow(startMs));
    }

    @Override
    public long size() {
        return Long.MAX_VALUE;
    }

    @Override
    public long gracePeriodMs() {
        return 0;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof UnlimitedWindows that && startMs == that.startMs;
    }

    @Override
    public int hashCode() {
        return Objects.hash(startMs);
    }

    @Override
    public String toString() {
        return "UnlimitedWindows{startMs=" + startMs + '}';
    }
}
