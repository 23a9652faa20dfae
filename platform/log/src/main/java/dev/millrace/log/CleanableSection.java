package dev.millrace.log;

import java.io.IOException;

/**
 * What of a log a cleaning could look at.
 *
 * <pre>
 *  log start                 first dirty          first uncleanable              log end
 *     |          clean            |     cleanable        |  open transactions, too   |
 *     |                           |                      |  young, active segment    |
 * </pre>
 *
 * @param firstDirtyOffset below: cleaned before
 * @param firstUncleanableOffset base offset of a segment
 * @param cleanBytes of the segments that begin below {@code firstDirtyOffset}
 * @param cleanableBytes of the segments with the dirty, cleanable records
 * @param overdueMs for how long {@code max.compaction.lag.ms} has asked for a cleaning
 */
public record CleanableSection(
        long firstDirtyOffset,
        long firstUncleanableOffset,
        long cleanBytes,
        long cleanableBytes,
        long overdueMs) {

    static CleanableSection of(
            Segment[] segments,
            long cleanedTo,
            long logStart,
            long logEnd,
            long lastStable,
            CompactionConfig config,
            long nowMs)
            throws IOException {
        // After a truncation, or the loss of the checkpoint, all of the log counts as dirty.
        long firstDirty = cleanedTo < logStart || cleanedTo > logEnd ? logStart : cleanedTo;
        int active = segments.length - 1;
        int dirty = Math.min(active, Segments.floor(segments, firstDirty));
        long bound = Math.min(lastStable, segments[active].baseOffset);
        if (config.minLagMs() > 0) {
            for (int i = dirty; i < active; i++) {
                if (segments[i].maxTimestamp() > nowMs - config.minLagMs()) {
                    bound = Math.min(bound, segments[i].baseOffset);
                    break;
                }
            }
        }
        int uncleanable = Segments.floor(segments, Math.max(firstDirty, bound));
        long cleanBytes = 0;
        long cleanableBytes = 0;
        for (int i = 0; i < segments.length && segments[i].baseOffset < firstDirty; i++) {
            cleanBytes += segments[i].sizeBytes();
        }
        for (int i = dirty; i < uncleanable; i++) {
            cleanableBytes += segments[i].sizeBytes();
        }
        return new CleanableSection(
                firstDirty,
                segments[uncleanable].baseOffset,
                cleanBytes,
                cleanableBytes,
                overdueMs(segments, dirty, config, nowMs));
    }

    private static long overdueMs(
            Segment[] segments, int dirty, CompactionConfig config, long nowMs) throws IOException {
        long dueBefore = nowMs - config.maxLagMs();
        long overdue = 0;
        if (dueBefore > 0) {
            for (int i = dirty; i + 1 < segments.length; i++) {
                long first = segments[i].timestampOfFirstBatch();
                if (first > 0 && first < dueBefore) {
                    overdue = Math.max(overdue, dueBefore - first);
                }
            }
        }
        return overdue;
    }

    /** Share of dirty bytes, from 0 to 1; what {@code min.cleanable.dirty.ratio} is about. */
    public double dirtyRatio() {
        long total = cleanBytes + cleanableBytes;
        return total == 0 ? 0 : (double) cleanableBytes / total;
    }

    /** Whether the log should be cleaned now. */
    public boolean isDue(CompactionConfig config) {
        return cleanableBytes > 0 && (overdueMs > 0 || dirtyRatio() > config.minDirtyRatio());
    }
}
