package dev.millrace.broker;

import dev.millrace.log.PartitionLog;

/** How far a reader may see. */
enum ReadLimit {
    /** Followers, who make it committed by that. */
    LOG_END {
        @Override
        long of(PartitionLog log) {
            return log.logEndOffset();
        }
    },
    HIGH_WATERMARK {
        @Override
        long of(PartitionLog log) {
            return log.highWatermark();
        }
    },
    /** {@code read_committed} */
    LAST_STABLE_OFFSET {
        @Override
        long of(PartitionLog log) {
            return log.lastStableOffset();
        }
    };

    /** Exclusive. */
    abstract long of(PartitionLog log);
}
