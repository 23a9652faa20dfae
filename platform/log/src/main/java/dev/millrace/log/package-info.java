/**
 * The commit log of one partition in Kafka's on-disk format. Plain Java: one writer per partition,
 * clock and disk injected, no Vert.x, no threads of its own (but to recover many logs at once).
 *
 * <pre>
 * LogDirectory            an entry of log.dirs: lock, identity, checkpoints, all logs in it
 *  └ PartitionLog         what the broker sees of a log; SegmentedLog is the only one
 *     ├ Segment           .log with SparseIndex (.index, .timeindex) and TxnIndex (.txnindex)
 *     ├ LeaderEpochs      leader-epoch-checkpoint
 *     ├ ProducerState     duplicates, sequences, transactions; SnapshotFiles (.snapshot)
 *     └ TailCache         what was appended last, for readers that have caught up
 * LogLoader               opens and recovers a log       AppendValidator   refuses batches
 * TimestampLookup         offsets by time                Retention         picks old segments
 * </pre>
 *
 * <p>Bytes are written with one call per append and are durable after {@link
 * dev.millrace.log.PartitionLog#flush}. The order on the disk is always: batches, then indexes and
 * snapshots, then epochs, then checkpoints; so that a crash at any moment leaves a log whose
 * recovery finds everything flushed, and nothing that was never appended. Not here: replication,
 * who leads, waiting readers, when to flush.
 */
@NullMarked
package dev.millrace.log;

import org.jspecify.annotations.NullMarked;
