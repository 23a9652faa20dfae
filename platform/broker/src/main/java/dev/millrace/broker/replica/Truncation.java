package dev.millrace.broker.replica;

import dev.millrace.log.PartitionLog;
import dev.millrace.log.PartitionLog.EpochEndOffset;

/**
 * Where a follower cuts its log when the leader says that they differ: by epochs, never by a high
 * watermark, which may be older than what has been committed (KIP-101).
 */
public final class Truncation {
    private Truncation() {}

    /**
     * One step; asked again after it, the leader says whether it was the last.
     *
     * @param leaders the largest epoch at or below the follower's last that the leader has records
     *     of, with the end that it has there
     * @return the offset that the follower's log is to end at, at most where it ends now
     */
    public static long offset(PartitionLog log, EpochEndOffset leaders) {
        long end = log.logEndOffset();
        EpochEndOffset own = log.endOffsetForEpoch(leaders.leaderEpoch()).orElse(null);
        if (own == null) {
            // All that is here is older: nothing says that it differs.
            return Math.min(end, leaders.endOffset());
        }
        // Where the epoch is unknown here, all of later epochs goes; the next step tells the rest.
        return own.leaderEpoch() == leaders.leaderEpoch()
                ? Math.min(end, Math.min(own.endOffset(), leaders.endOffset()))
                : Math.min(end, own.endOffset());
    }
}
