package dev.millrace.streams.kstream;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How far apart two records may be to be joined: the other one's timestamp is at least {@code
 * timestamp - beforeMs} and at most {@code timestamp + afterMs}.
 */
public class JoinWindows extends Windows<Window> {
    public final long beforeMs;
    public final long afterMs;

    /**
     * Whether results of left and outer joins without a partner wait for the window to close; not
     * with windows made by the deprecated {@link #of}.
     */
    protected final boolean enableSpuriousResultFix;

    private final long graceMs;

    protected JoinWindows(JoinWindows other) {
        this(other.beforeMs, other.afterMs, other.graceMs, other.enableSpuriousResultFix);
    }

    private JoinWindows(
            long beforeMs, long afterMs, long graceMs, boolean enableSpuriousResultFix) {
        if (beforeMs + afterMs < 0) {
            throw new IllegalArgumentException(
                    "Window interval (ie, beforeMs+afterMs) must not be negative.");
        }
        this.beforeMs = beforeMs;
        this.afterMs = afterMs;
        this.graceMs = Durations.notNegative(graceMs, "Grace period");
        this.enableSpuriousResultFix = enableSpuriousResultFix;
    }

    public static JoinWindows ofTimeDifferenceAndGrace(
            Duration timeDifference, Duration afterWindowEnd) {
        long differenceMs = Durations.millis(timeDifference, "timeDifference");
        return new JoinWindows(
                differenceMs,
                differenceMs,
                Durations.millis(afterWindowEnd, "afterWindowEnd"),
                true);
    }

    public static JoinWindows ofTimeDifferenceWithNoGrace(Duration timeDifference) {
        return ofTimeDifferenceAndGrace(timeDifference, Duration.ZERO);
    }

    /**
     * With a grace of 24 hours less the size, and left and outer results that may be followed by a
     * joined one.
     *
     * @deprecated since Kafka 3.0 (KIP-633): use {@link #ofTimeDifferenceWithNoGrace}
     */
    @Deprecated
    public static JoinWindows of(Duration timeDifference) {
        long differenceMs = Durations.millis(timeDifference, "timeDifference");
        return new JoinWindows(
                differenceMs,
                differenceMs,
                Math.max(DEPRECATED_DEFAULT_24_HR_GRACE_PERIOD - differenceMs * 2, 0),
                false);
    }

    public JoinWindows before(Duration timeDifference) {
        return new JoinWindows(
                Durations.millis(timeDifference, "timeDifference"),
                afterMs,
                graceMs,
                enableSpuriousResultFix);
    }

    public JoinWindows after(Duration timeDifference) {
        return new JoinWindows(
                beforeMs,
                Durations.millis(timeDifference, "timeDifference"),
                graceMs,
                enableSpuriousResultFix);
    }

    /** Not for joins: they have no windows of their own. */
    @Override
    public Map<Long, Window> windowsFor(long timestamp) {
        throw new UnsupportedOperationException("windowsFor() is not supported by JoinWindows.");
    }

    @Override
    public long size() {
        return beforeMs + afterMs;
    }

    /**
     * @deprecated since Kafka 3.0 (KIP-633): use {@link #ofTimeDifferenceAndGrace}
     */
    @Deprecated
    public JoinWindows grace(Duration afterWindowEnd) {
        if (enableSpuriousResultFix) {
            throw new IllegalStateException(
                    "Cannot call grace() after setting grace value via ofTimeDifferenceAndGrace or ofTimeDifferenceWithNoGrace.");
        }
        return new JoinWindows(
                beforeMs,
                afterMs,
                Durations.millis(afterWindowEnd, "afterWindowEnd"),
                enableSpuriousResultFix);
    }

    @Override
    public long gracePeriodMs() {
        return graceMs;
    }

    /** See {@link #enableSpuriousResultFix}. */
    public final boolean waitsForPartner() {
        return enableSpuriousResultFix;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other
                || (other != null
                        && getClass() == other.getClass()
                        && beforeMs == ((JoinWindows) other).beforeMs
                        && afterMs == ((JoinWindows) other).afterMs
                        && graceMs == ((JoinWindows) other).graceMs);
    }

    @Override
    public int hashCode() {
        return Objects.hash(beforeMs, afterMs, graceMs);
    }

    @Override
    public String toString() {
        return "JoinWindows{beforeMs="
                + beforeMs
                + ", afterMs="
                + afterMs
                + ", graceMs="
                + graceMs
                + '}';
    }
}
