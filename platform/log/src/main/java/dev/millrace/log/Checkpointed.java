package dev.millrace.log;

/**
 * What the checkpoints of a directory say of one log.
 *
 * @param recoveryPoint below: durable; {@link #NONE} if they do not know the log
 * @param logStart first offset a reader may ask for
 * @param highWatermark first offset not yet committed
 * @param cleanedTo below: compacted; {@link #NONE} if it never was
 */
record Checkpointed(long recoveryPoint, long logStart, long highWatermark, long cleanedTo) {
    static final long NONE = -1;

    static final Checkpointed NEW_LOG = new Checkpointed(0, 0, 0, NONE);
}
