package dev.millrace.cluster;

/**
 * For how long this broker may believe that it leads what its metadata says: as long as the session
 * timeout from when the newest answered heartbeat was sent, since nobody fences it earlier.
 *
 * <p>A broker that was suspended may have been fenced meanwhile, and the first heartbeat that is
 * answered again ends that: the answer is as good as any, but what others lead by now the
 * partitions here learn a little later. So after a gap, and after a heartbeat that has ended a
 * fence, no answer counts before they have caught up with the metadata that it was given in. Any
 * thread.
 */
final class Lease {
    private final long timeoutNs;
    private long answeredNs; // when the newest answered heartbeat was sent
    private long renewedNs; // the same, of those that count
    private long untilCaughtUpWith = Long.MIN_VALUE;

    /**
     * @param nowNs when this broker has registered
     */
    Lease(long timeoutNs, long nowNs) {
        this.timeoutNs = timeoutNs;
        this.answeredNs = nowNs;
        this.renewedNs = nowNs;
    }

    synchronized boolean holds(long nowNs) {
        return nowNs - renewedNs < timeoutNs;
    }

    /**
     * @param sentNs when the heartbeat was sent, by the clock of {@code nowNs}
     * @param version of the metadata in which it was answered
     * @param endedFence whether this broker was fenced until then
     * @param caughtUpVersion that the partitions are at
     */
    synchronized void answered(
            long sentNs, long nowNs, long version, boolean endedFence, long caughtUpVersion) {
        boolean gap = nowNs - answeredNs >= timeoutNs;
        if (endedFence || gap) {
            untilCaughtUpWith = Math.max(untilCaughtUpWith, version);
        }
        if (sentNs - answeredNs > 0) {
            answeredNs = sentNs;
        }
        if (caughtUpVersion >= untilCaughtUpWith) {
            renewedNs = answeredNs;
        }
    }
}
