package dev.millrace.streams.kstream;

import java.util.Map;

/** Windows whose places in time are fixed: those of a record follow from its timestamp alone. */
public abstract class Windows<W extends Window> {
    /** Grace of windows that say nothing, before KIP-633. */
    protected static final long DEPRECATED_DEFAULT_24_HR_GRACE_PERIOD = 24L * 60 * 60 * 1000;

    protected static final long NO_GRACE_PERIOD = 0L;

    protected Windows() {}

    /**
     * The windows a record belongs to, by their start, in ascending order.
     *
     * @param timestamp milliseconds since the epoch
     */
    public abstract Map<Long, W> windowsFor(long timestamp);

    /** Milliseconds. */
    public abstract long size();

    /** How long after its end a window takes late records, in milliseconds of stream time. */
    public abstract long gracePeriodMs();
}
