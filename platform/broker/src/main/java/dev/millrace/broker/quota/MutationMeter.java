package dev.millrace.broker.quota;

import dev.millrace.wire.quota.TokenBucket;

/** Partitions created and deleted per second, with a burst (KIP-599). */
final class MutationMeter implements QuotaMeter {
    private final TokenBucket bucket;
    private double limit;
    private long lastUsedMs;

    MutationMeter(TokenBucket bucket, double limit, long nowMs) {
        this.bucket = bucket;
        this.limit = limit;
        this.lastUsedMs = nowMs;
    }

    /**
     * Takes permits unless there is a debt from before.
     *
     * @return how long until the debt is paid; 0 = taken
     */
    synchronized long takeIfFreeMs(double permits, long nowMs) {
        lastUsedMs = nowMs;
        long throttleMs = bucket.throttleMs(limit, nowMs);
        if (throttleMs == 0) {
            bucket.take(permits, limit, nowMs);
        }
        return throttleMs;
    }

    /** Takes permits in any case; answers how long until the debt is paid. */
    synchronized long takeMs(double permits, long nowMs) {
        lastUsedMs = nowMs;
        bucket.take(permits, limit, nowMs);
        return bucket.throttleMs(limit, nowMs);
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
