package dev.millrace.broker.replica;

import dev.millrace.log.PartitionLog.EpochEndOffset;
import java.util.Optional;
import java.util.function.IntFunction;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.jspecify.annotations.Nullable;

/**
 * How a follower finds out what it has and its leader does not, and where it cuts its log: by
 * epochs, never by a high watermark, which may be older than what has been committed (KIP-101,
 * KIP-595). Each step of the two makes the logs agree further down; the leader says when they do.
 *
 * <p>Both sides are asked for the end of an epoch as {@link
 * dev.millrace.log.PartitionLog#endOffsetForEpoch} answers.
 */
public final class Truncation {
    private Truncation() {}

    /**
     * The leader's answer to who has all below {@code fetchOffset}, the last of it in {@code
     * lastFetchedEpoch}.
     *
     * @param leaders epochs of the leader's log
     * @param lastFetchedEpoch -1 if it is not known, and then nothing is compared
     * @return where the logs may still agree; null if they do up to {@code fetchOffset}
     * @throws OffsetOutOfRangeException the leader has never heard of that epoch
     */
    public static @Nullable EpochEndOffset divergence(
            IntFunction<Optional<EpochEndOffset>> leaders, int lastFetchedEpoch, long fetchOffset) {
        if (lastFetchedEpoch < 0) {
            return null;
        }
        EpochEndOffset end = leaders.apply(lastFetchedEpoch).orElse(null);
        if (end == null) {
            throw new OffsetOutOfRangeException(
                    "nothing is known of epoch %d, which the reader read last"
                            .formatted(lastFetchedEpoch));
        }
        return end.leaderEpoch() < lastFetchedEpoch || end.endOffset() < fetchOffset ? end : null;
    }

    /**
     * Where the follower cuts after that answer.
     *
     * @param own epochs of the follower's log
     * @param logEndOffset of the follower's log
     * @param divergence the largest epoch at or below the follower's last that the leader has
     *     records of, with the end that it has there
     * @return the offset that the follower's log is to end at, at most where it ends now
     */
    public static long offset(
            IntFunction<Optional<EpochEndOffset>> own,
            long logEndOffset,
            EpochEndOffset divergence) {
        EpochEndOffset end = own.apply(divergence.leaderEpoch()).orElse(null);
        if (end == null) {
            // All that is here is older: nothing says that it differs.
            return Math.min(logEndOffset, divergence.endOffset());
        }
        // Where the epoch is unknown here, all of later epochs goes; the next step tells the rest.
        return end.leaderEpoch() == divergence.leaderEpoch()
                ? Math.min(logEndOffset, Math.min(end.endOffset(), divergence.endOffset()))
                : Math.min(logEndOffset, end.endOffset());
    }
}
