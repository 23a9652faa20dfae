package dev.millrace.wire.quota;

/**
 * A rate over the last windows, measured as Kafka measures it, so that the same load under the same
 * quota is delayed for the same time.
 *
 * <pre>
 *   | window | window | … | window | current ──► now
 *   └──── at most {@code windows} + 1 kept, the eldest may overlap ────┘
 *   rate = sum of all / time since the eldest began, but never over less than {@code windows} - 1
 * </pre>
 *
 * Not thread-safe.
 */
public final class SlidingRate {
    private static final double MS_PER_S = 1000;

    private final int windows;
    private final long windowMs;

    // One slot more than windows: the eldest may have begun before the time that is looked at.
    private final double[] sums;
    private final long[] startsMs;
    private final long[] lastsMs;
    private int used;
    private int current;

    /**
     * @param windows at least 1: Kafka's {@code quota.window.num}
     * @param windowMs at least 1
     */
    public SlidingRate(int windows, long windowMs) {
        if (windows < 1 || windowMs < 1) {
            throw new IllegalArgumentException(
                    "expected at least 1 window of 1 ms, got " + windows + " of " + windowMs);
        }
        this.windows = windows;
        this.windowMs = windowMs;
        sums = new double[windows + 1];
        startsMs = new long[windows + 1];
        lastsMs = new long[windows + 1];
    }

    /** A negative amount takes back what was recorded. */
    public void record(double amount, long nowMs) {
        if (used == 0) {
            begin(0, nowMs);
            used = 1;
            current = 0;
        } else if (nowMs - startsMs[current] >= windowMs) {
            current = (current + 1) % sums.length;
            used = Math.max(used, current + 1);
            begin(current, nowMs);
        }
        sums[current] += amount;
        lastsMs[current] = nowMs;
    }

    private void begin(int slot, long nowMs) {
        sums[slot] = 0;
        startsMs[slot] = nowMs;
        lastsMs[slot] = nowMs;
    }

    /** Per second. */
    public double rate(long nowMs) {
        return total(nowMs) / (spanMs(nowMs) / MS_PER_S);
    }

    private double total(long nowMs) {
        double total = 0;
        for (int slot = 0; slot < used; slot++) {
            if (nowMs - lastsMs[slot] >= windows * windowMs) {
                begin(slot, nowMs);
            }
            total += sums[slot];
        }
        return total;
    }

    /** What the rate is taken over; forgotten windows have been emptied by {@link #total}. */
    private double spanMs(long nowMs) {
        long eldestMs = nowMs;
        for (int slot = 0; slot < used; slot++) {
            eldestMs = Math.min(eldestMs, startsMs[slot]);
        }
        long spanMs = nowMs - eldestMs;
        long full = spanMs / windowMs;
        if (full < windows - 1) {
            spanMs += (windows - 1 - full) * windowMs;
        }
        return Math.max(spanMs, 1);
    }

    /**
     * How long nothing more may be recorded until the rate is down at {@code limit}: with the
     * observed rate O over a span W and the limit T, {@code O * W / (W + delay) = T}.
     *
     * @param limit per second
     * @return 0 if the rate is within the limit
     */
    public long throttleMs(double limit, long nowMs) {
        double rate = rate(nowMs);
        if (rate <= limit) {
            return 0;
        }
        return Math.round((rate - limit) / limit * spanMs(nowMs));
    }
}
