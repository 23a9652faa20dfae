package dev.millrace.log;

/**
 * How a log is cleaned if its {@code cleanup.policy} contains {@code compact}; Kafka's names and
 * defaults.
 *
 * @param deleteRetentionMs {@code delete.retention.ms}: how long a tombstone stays after the first
 *     cleaning that saw it
 * @param minLagMs {@code min.compaction.lag.ms}: segments with a younger record are left alone
 * @param maxLagMs {@code max.compaction.lag.ms}: an older record makes the log due, however little
 *     is dirty
 * @param minDirtyRatio {@code min.cleanable.dirty.ratio}: the log is due when more than this share
 *     of it is dirty
 */
public record CompactionConfig(
        long deleteRetentionMs, long minLagMs, long maxLagMs, double minDirtyRatio) {

    /** Kafka's defaults. */
    public static final CompactionConfig DEFAULT =
            new CompactionConfig(24 * 3600_000L, 0, Long.MAX_VALUE, 0.5);
}
