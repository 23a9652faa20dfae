package dev.millrace.broker.quota;

import dev.millrace.wire.quota.SlidingRate;

/** Bytes or percent per second over sliding windows. */
final class RateMeter implements QuotaMeter {
    private final SlidingRate rate;
    private double limit;
    private long lastUsedMs;

    RateMeter(SlidingRate rate, double limit, long nowMs) {
        this.rate = rate;
        this.limit = limit;
        this.lastUsedMs = nowMs;
    }

    /**
     * Adds and tells for how long nothing more should be added.
     *
     * @return 0 within the limit
     */
    synchronized long recordMs(double amount, long nowMs) {
        record(amount, nowMs);
        return rate.throttleMs(limit, nowMs);
    }

    synchronized void record(double amount, long nowMs) {
        lastUsedMs = nowMs;
        rate.record(amount, nowMs);
    }

    synchronized double limit() {
        return limit;
    }

    @Override
    public synchronized void limit(double perSecond) {
        limit = perSecond;
    }

    @Override
    public synchronized long lastUsedMs() {
        return lastUsedMs;
    }
}
