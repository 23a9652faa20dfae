package dev.millrace.streams.processor;

import org.apache.kafka.common.TopicPartition;

/** Told how standby tasks follow their changelogs, on the thread that does it. */
public interface StandbyUpdateListener {
    /** Why a standby task ends. */
    enum SuspendReason {
        /** It goes to another instance. */
        MIGRATED,
        /** It becomes active here. */
        PROMOTED
    }

    /**
     * @param startingOffset first record to be read
     */
    void onUpdateStart(TopicPartition topicPartition, String storeName, long startingOffset);

    /**
     * @param batchEndOffset of the last record of the batch
     * @param batchSize records of the batch
     * @param currentEndOffset of the changelog, as far as it is known; -1: it is not
     */
    void onBatchLoaded(
            TopicPartition topicPartition,
            String storeName,
            TaskId taskId,
            long batchEndOffset,
            long batchSize,
            long currentEndOffset);

    /**
     * @param storeOffset first record that the store does not hold
     */
    void onUpdateSuspended(
            TopicPartition topicPartition,
            String storeName,
            long storeOffset,
            long currentEndOffset,
            SuspendReason reason);
}
