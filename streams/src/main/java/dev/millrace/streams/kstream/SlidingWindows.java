package dev.millrace.streams.kstream;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A window for every set of records that are within a time difference of each other: windows begin
 * and end at records, both bounds inclusive.
 */
public final class SlidingWindows {
    private final long timeDifferenceMs;
    private final long graceMs;

    private SlidingWindows(long timeDifferenceMs, long graceMs) {
        this.timeDifferenceMs = timeDifferenceMs;
        this.graceMs = graceMs;
        Durations.notNegative(timeDifferenceMs, "Window time difference");
        Durations.notNegative(graceMs, "Window grace period");
    }

    public static SlidingWindows ofTimeDifferenceWithNoGrace(Duration timeDifference) {
        return ofTimeDifferenceAndGrace(timeDifference, Duration.ZERO);
    }

    public static SlidingWindows ofTimeDifferenceAndGrace(
            Duration timeDifference, Duration afterWindowEnd) {
        return new SlidingWindows(
                Durations.millis(timeDifference, "timeDifference"),
                Durations.millis(afterWindowEnd, "afterWindowEnd"));
    }

    public long timeDifferenceMs() {
        return timeDifferenceMs;
    }

    public long gracePeriodMs() {
        return graceMs;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SlidingWindows that
                && timeDifferenceMs == that.timeDifferenceMs
                && graceMs == that.graceMs;
    }

    @Override
    public int hashCode() {
        return Objects.hash(timeDifferenceMs, graceMs);
    }

    @Override
    public String toString() {
        return "SlidingWindows{, sizeMs=" + timeDifferenceMs + ", graceMs=" + graceMs + '}';
    }
}
