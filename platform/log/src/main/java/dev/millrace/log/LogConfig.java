package dev.millrace.log;

/**
 * The settings of one topic's logs, under Kafka's names, with Kafka's defaults.
 *
 * @param segmentBytes {@code segment.bytes}
 * @param segmentMs {@code segment.ms}
 * @param segmentJitterMs {@code segment.jitter.ms}
 * @param segmentIndexBytes {@code segment.index.bytes}
 * @param indexIntervalBytes {@code index.interval.bytes}
 * @param retentionBytes {@code retention.bytes}, -1 is unlimited
 * @param retentionMs {@code retention.ms}, -1 is unlimited
 * @param maxMessageBytes {@code max.message.bytes}
 * @param cleanupDelete {@code cleanup.policy} contains {@code delete}
 * @param cleanupCompact {@code cleanup.policy} contains {@code compact}
 * @param logAppendTime {@code message.timestamp.type=LogAppendTime}
 * @param timestampBeforeMaxMs {@code message.timestamp.before.max.ms}
 * @param timestampAfterMaxMs {@code message.timestamp.after.max.ms}
 * @param compressionType {@code compression.type}; {@code producer} keeps the producer's
 * @param compressionLevel {@code compression.gzip.level}, {@code .lz4.level} or {@code
 *     .zstd.level}, whichever belongs to {@code compressionType}; 0 if none does
 * @param preallocate {@code preallocate}
 * @param fileDeleteDelayMs {@code file.delete.delay.ms}
 * @param flushMessages {@code flush.messages}
 * @param flushMs {@code flush.ms}
 * @param ackOnDisk {@code millrace.ack.durability=disk}: nothing is acknowledged, or shown to
 *     consumers, before it would survive the loss of power
 * @param compaction for logs with {@code cleanupCompact}
 */
public record LogConfig(
        int segmentBytes,
        long segmentMs,
        long segmentJitterMs,
        int segmentIndexBytes,
        int indexIntervalBytes,
        long retentionBytes,
        long retentionMs,
        int maxMessageBytes,
        boolean cleanupDelete,
        boolean cleanupCompact,
        boolean logAppendTime,
        long timestampBeforeMaxMs,
        long timestampAfterMaxMs,
        String compressionType,
        int compressionLevel,
        boolean preallocate,
        long fileDeleteDelayMs,
        long flushMessages,
        long flushMs,
        boolean ackOnDisk,
        CompactionConfig compaction) {

    /** Kafka's defaults. */
    public static final LogConfig DEFAULT =
            new LogConfig(
                    1 << 30,
                    7 * 24 * 3600_000L,
                    0,
                    10 << 20,
                    4096,
                    -1,
                    7 * 24 * 3600_000L,
                    1_048_588,
                    true,
                    false,
                    false,
                    Long.MAX_VALUE,
                    3600_000L,
                    "producer",
                    0,
                    false,
                    60_000L,
                    Long.MAX_VALUE,
                    Long.MAX_VALUE,
                    false,
                    CompactionConfig.DEFAULT);

    /**
     * Age at which the active segment is rolled, so that what is in it can be compacted in time.
     */
    long rollMs() {
        return cleanupCompact && compaction.maxLagMs() > 0
                ? Math.min(segmentMs, compaction.maxLagMs())
                : segmentMs;
    }
}
