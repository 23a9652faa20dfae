package dev.millrace.broker;

import dev.millrace.log.PartitionLog;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.jspecify.annotations.Nullable;

/** One partition that a {@link ReplicaFetcher} fetches: what it asks for next, and when. */
final class Followed {
    /** Names it in requests and answers. */
    record Key(Uuid topicId, int partition) {
        static Key of(Partition partition) {
            return new Key(partition.topicId(), partition.topicPartition().partition());
        }
    }

    final Partition partition;
    final Key key;
    final int leaderEpoch;

    /** What the session knows of it; null while it is not in the session. */
    private @Nullable FetchPartition told;

    /** Number of the request that told it. */
    private long toldIn;

    /** Its log is being cut or flushed, or it pauses after a failure. */
    private boolean paused;

    private int failures;
    private boolean inSync;

    Followed(Partition partition, int leaderEpoch) {
        this.partition = partition;
        this.key = Key.of(partition);
        this.leaderEpoch = leaderEpoch;
    }

    boolean isPaused() {
        return paused;
    }

    void pause() {
        paused = true;
    }

    void goOn() {
        paused = false;
    }

    /** How often in a row it could not be fetched. */
    int failed() {
        return ++failures;
    }

    void succeeded() {
        failures = 0;
    }

    /** What the leader has committed is here, or not. */
    void leaderHighWatermark(long offset) {
        inSync = partition.log().logEndOffset() >= offset;
    }

    /** How long it may not be fetched, because too much was; 0 = it may. */
    long throttleMs() {
        ReplicationQuota quota = partition.quotaAsFollower();
        return quota == null || inSync ? 0 : quota.waitMs();
    }

    /** What it asks for now. */
    FetchPartition wanted(int maxBytes) {
        PartitionLog log = partition.log();
        return new FetchPartition()
                .setPartition(key.partition)
                .setCurrentLeaderEpoch(leaderEpoch)
                .setFetchOffset(log.logEndOffset())
                .setLastFetchedEpoch(log.latestEpoch().orElse(Partition.NO_EPOCH))
                .setLogStartOffset(log.logStartOffset())
                .setPartitionMaxBytes(maxBytes);
    }

    /**
     * Whether this is what it asks for now: one connection serves whatever is followed there one
     * after the other, and an answer may be so late that the log was cut since it was asked for.
     *
     * @param request that is answered
     */
    boolean awaits(long request) {
        FetchPartition asked = told;
        return asked != null
                && toldIn <= request
                && asked.fetchOffset() == partition.log().logEndOffset();
    }

    /** Whether less is on the disk than it would say it has, in the sense of the topic. */
    boolean mustFlush() {
        PartitionLog log = partition.log();
        return log.config().ackOnDisk() && log.recoveryPoint() < log.logEndOffset();
    }

    boolean isTold() {
        return told != null;
    }

    boolean isTold(FetchPartition wanted) {
        return wanted.equals(told);
    }

    /**
     * @param request in which it is asked for
     */
    void told(FetchPartition wanted, long request) {
        told = wanted;
        toldIn = request;
    }

    /** The session knows nothing of it any more. */
    void forget() {
        told = null;
    }
}
