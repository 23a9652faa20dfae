package dev.millrace.wire.quota;

/**
 * Permits that come back at a steady rate, up to a burst. One may take more than there are: the
 * debt is then waited for. Full at first. Not thread-safe.
 *
 * @see "KIP-599: throttle create topic, create partition and delete topic operations"
 */
public final class TokenBucket {
    private static final double MS_PER_S = 1000;

    private final double burstS;
    private double tokens;
    private boolean used;
    private long lastMs;

    /**
     * @param burstS seconds of permits that can be saved up
     */
    public TokenBucket(double burstS) {
        this.burstS = burstS;
    }

    /**
     * @param rate permits per second
     */
    public void take(double permits, double rate, long nowMs) {
        refill(rate, nowMs);
        tokens = Math.min(rate * burstS, tokens - permits);
    }

    private void refill(double rate, long nowMs) {
        double burst = rate * burstS;
        tokens = used ? Math.min(burst, tokens + rate * (nowMs - lastMs) / MS_PER_S) : burst;
        used = true;
        lastMs = nowMs;
    }

    /** How long until the debt is paid; 0 if there is none. */
    public long throttleMs(double rate, long nowMs) {
        refill(rate, nowMs);
        return tokens < 0 ? Math.round(-tokens / rate * MS_PER_S) : 0;
    }
}
