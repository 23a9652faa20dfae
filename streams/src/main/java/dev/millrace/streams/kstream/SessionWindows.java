package dev.millrace.streams.kstream;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Records of a key that follow each other within an inactivity gap are one session. */
public final class SessionWindows {
    private final long gapMs;
    private final long graceMs;

    private SessionWindows(long gapMs, long graceMs) {
        this.gapMs = gapMs;
        this.graceMs = graceMs;
        Durations.notNegative(gapMs, "Gap time (inactivityGapMs)");
        Durations.notNegative(graceMs, "Grace period");
    }

    public static SessionWindows ofInactivityGapWithNoGrace(Duration inactivityGap) {
        return ofInactivityGapAndGrace(inactivityGap, Duration.ZERO);
    }

    public static SessionWindows ofInactivityGapAndGrace(
            Duration inactivityGap, Duration afterWindowEnd) {
        return new SessionWindows(
                Durations.millis(inactivityGap, "inactivityGap"),
                Durations.millis(afterWindowEnd, "afterWindowEnd"));
    }

    public long gracePeriodMs() {
        return graceMs;
    }

    /** Milliseconds. */
    public long inactivityGap() {
        return gapMs;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SessionWindows that
                && gapMs == that.gapMs
                && graceMs == that.graceMs;
    }

    @Override
    public int hashCode() {
        return Objects.hash(gapMs, graceMs);
    }

    @Override
    public String toString() {
        return "SessionWindows{gapMs=" + gapMs + ", graceMs=" + graceMs + '}';
    }
}
