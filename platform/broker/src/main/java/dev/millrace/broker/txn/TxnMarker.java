package dev.millrace.broker.txn;

/**
 * The end of a transaction, as it is written into each of its partitions.
 *
 * @param coordinatorEpoch leader epoch of the coordinator's partition; a partition refuses markers
 *     of coordinators older than one it has heard of
 * @param version of the transaction protocol; from 2 on {@code producerEpoch} is above that of the
 *     records
 */
public record TxnMarker(
        long producerId,
        short producerEpoch,
        boolean commit,
        int coordinatorEpoch,
        short version) {}
