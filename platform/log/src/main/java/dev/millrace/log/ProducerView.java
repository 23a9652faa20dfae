package dev.millrace.log;

/**
 * What a log knows of one producer, for DescribeProducers.
 *
 * @param lastSequence -1 if the producer has written nothing in its epoch
 * @param coordinatorEpoch of its last marker, -1 if there was none
 * @param txnFirstOffset where its open transaction began, -1 if none is open
 */
public record ProducerView(
        long producerId,
        short epoch,
        int lastSequence,
        long lastTimestampMs,
        int coordinatorEpoch,
        long txnFirstOffset) {}
