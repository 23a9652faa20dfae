package dev.millrace.log;

/** Which segments a log gives up. Oldest first, and nothing at or above the high watermark. */
final class Retention {
    private Retention() {}

    /**
     * @param segments at least one, in order; the last is the active one
     * @return how many, counted from the oldest
     */
    static int expired(
            Segment[] segments, LogConfig config, long logStart, long highWatermark, long nowMs) {
        int count = 0;
        long excessBytes = excessBytes(segments, config);
        while (count < segments.length) {
            Segment segment = segments[count];
            long end =
                    count + 1 < segments.length
                            ? segments[count + 1].baseOffset
                            : segment.nextOffset();
            boolean active = count + 1 == segments.length;
            if (end > highWatermark || (active && segment.sizeBytes() == 0)) {
                break;
            }
            boolean bySize = excessBytes >= segment.sizeBytes();
            if (end > logStart && !bySize && !tooOld(segment, config, nowMs)) {
                break;
            }
            excessBytes -= segment.sizeBytes();
            count++;
        }
        return count;
    }

    private static long excessBytes(Segment[] segments, LogConfig config) {
        if (!config.cleanupDelete() || config.retentionBytes() < 0) {
            return -1;
        }
        return Segments.sizeBytes(segments) - config.retentionBytes();
    }

    private static boolean tooOld(Segment segment, LogConfig config, long nowMs) {
        if (!config.cleanupDelete() || config.retentionMs() < 0) {
            return false;
        }
        long newest = segment.maxTimestamp() >= 0 ? segment.maxTimestamp() : segment.createdMs;
        return nowMs - newest > config.retentionMs();
    }
}
