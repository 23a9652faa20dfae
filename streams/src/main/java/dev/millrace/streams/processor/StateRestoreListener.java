package dev.millrace.streams.processor;

import org.apache.kafka.common.TopicPartition;

/**
 * Told how stores are filled from their changelogs before their tasks run, on the thread that does
 * it. One instance serves all threads.
 */
public interface StateRestoreListener {
    /**
     * @param startingOffset first record to be read
     * @param endingOffset of the first record that need not be read
     */
    void onRestoreStart(
            TopicPartition topicPartition,
            String storeName,
            long startingOffset,
            long endingOffset);

    /**
     * @param batchEndOffset of the last record of the batch
     * @param numRestored records of the batch
     */
    void onBatchRestored(
            TopicPartition topicPartition, String storeName, long batchEndOffset, long numRestored);

    /**
     * @param totalRestored records of all batches
     */
    void onRestoreEnd(TopicPartition topicPartition, String storeName, long totalRestored);

    /** The task goes elsewhere before its store is complete. */
    default void onRestoreSuspended(
            TopicPartition topicPartition, String storeName, long totalRestored) {}
}
