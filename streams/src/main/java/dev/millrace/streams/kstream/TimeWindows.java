package dev.millrace.streams.kstream;

import dev.millrace.streams.kstream.internals.TimeWindow;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Windows of a fixed size that begin every {@code advanceMs} since the epoch: tumbling when they
 * advance by their size, hopping when by less. The start belongs to a window, the end does not.
 */
public final class TimeWindows extends Windows<TimeWindow> {
    public final long sizeMs;
    public final long advanceMs;
    private final long graceMs;

    private TimeWindows(long sizeMs, long advanceMs, long graceMs) {
        this.sizeMs = sizeMs;
        this.advanceMs = advanceMs;
        this.graceMs = graceMs;
        if (sizeMs <= 0) {
            throw new IllegalArgumentException("Window size (sizeMs) must be larger than zero.");
        }
        if (advanceMs <= 0 || advanceMs > sizeMs) {
            throw new IllegalArgumentException(
                    "Window advancement interval should be more than zero and no more than the window duration "
                            + sizeMs
                            + ", is "
                            + advanceMs
                            + ".");
        }
        Durations.notNegative(graceMs, "Grace period");
    }

    /** Late records are dropped as soon as the window has ended. */
    public static TimeWindows ofSizeWithNoGrace(Duration size) {
        return ofSizeAndGrace(size, Duration.ZERO);
    }

    public static TimeWindows ofSizeAndGrace(Duration size, Duration afterWindowEnd) {
        long sizeMs = Durations.millis(size, "size");
        return new TimeWindows(sizeMs, sizeMs, Durations.millis(afterWindowEnd, "afterWindowEnd"));
    }

    public TimeWindows advanceBy(Duration advance) {
        return new TimeWindows(sizeMs, Durations.millis(advance, "advance"), graceMs);
    }

    @Override
    public Map<Long, TimeWindow> windowsFor(long timestamp) {
        long start = Math.max(0, timestamp - sizeMs + advanceMs) / advanceMs * advanceMs;
        Map<Long, TimeWindow> windows = new LinkedHashMap<>();
        for (; start <= timestamp; start += advanceMs) {
            windows.put(start, new TimeWindow(start, start + sizeMs));
        }
        return windows;
    }

    @Override
    public long size() {
        return sizeMs;
    }

    @Override
    public long gracePeriodMs() {
        return graceMs;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof TimeWindows that
                && sizeMs == that.sizeMs
                && advanceMs == that.advanceMs
                && graceMs == that.graceMs;
    }

    @Override
    public int hashCode() {
        return Objects.hash(sizeMs, advanceMs, graceMs);
    }

    @Override
    public String toString() {
        return "TimeWindows{sizeMs="
                + sizeMs
                + ", advanceMs="
                + advanceMs
                + ", graceMs="
                + graceMs
                + '}';
    }
}
