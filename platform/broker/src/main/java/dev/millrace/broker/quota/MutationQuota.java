package dev.millrace.broker.quota;

import java.util.function.LongSupplier;
import org.apache.kafka.common.errors.ThrottlingQuotaExceededException;
import org.jspecify.annotations.Nullable;

/**
 * The controller mutation quota of one request (KIP-599): newer versions are refused what is beyond
 * it, older ones get it and are throttled for it. Used by one thread.
 */
public final class MutationQuota {
    /** Without a limit. */
    public static final MutationQuota UNBOUNDED = new MutationQuota(null, false, () -> 0);

    private final @Nullable MutationMeter meter;
    private final boolean strict;
    private final LongSupplier clockMs;
    private long throttleMs;
    private long recordedMs;

    MutationQuota(@Nullable MutationMeter meter, boolean strict, LongSupplier clockMs) {
        this.meter = meter;
        this.strict = strict;
        this.clockMs = clockMs;
    }

    /**
     * Before a topic is created, deleted or grown.
     *
     * @param partitions how many come or go
     * @throws ThrottlingQuotaExceededException strict, and there is a debt from before; nothing is
     *     recorded then
     */
    public void take(int partitions) {
        if (meter == null) {
            return;
        }
        long nowMs = clockMs.getAsLong();
        long waitMs =
                strict ? meter.takeIfFreeMs(partitions, nowMs) : meter.takeMs(partitions, nowMs);
        if (waitMs > 0) {
            throttleMs = waitMs;
            recordedMs = nowMs;
            if (strict) {
                throw new ThrottlingQuotaExceededException(
                        (int) waitMs, "The throttling quota has been exceeded.");
            }
        }
    }

    /** For the response: what is left of the time to wait. */
    public int throttleMs() {
        return throttleMs == 0
                ? 0
                : (int) Math.max(0, throttleMs - (clockMs.getAsLong() - recordedMs));
    }
}
