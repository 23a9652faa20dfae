/**
 * Verticles and request handlers of one Kafka-compatible broker. A partition, a group, a
 * transactional id belongs to one event loop; others send it messages.
 *
 * <pre>
 *   Produce ─► owner's loop: Partition.append ─► PartitionLog ─► high watermark moves
 *                                  │                                   │
 *                                  └─ answered at once (acks 0, 1),    ▼
 *                                     or when it has passed ◄── OffsetWaiters ──► Fetch looks again
 *   Fetch   ─► own loop: reads memory ─ nothing yet: waits there
 *                  └─ only in files: a worker reads
 *   Fetch of a follower ─► the same, up to the log end: says what it has ─► LeadReplicas
 *   ReplicaFetchers ─► the leader's Fetch ─► Partition.appendAsFollower, or LogCuts
 *   Cluster image ─► ImageFollower: opens, deletes, says who leads and who follows whom
 * </pre>
 *
 * Event loops never touch a cold file, fsync, or wait for the journal: {@link
 * dev.millrace.broker.Broker} has workers for that. Where nothing is set, half the cores run event
 * loops: on two cores one loop owns all, and a produce runs from socket to socket without a
 * hand-off.
 */
@NullMarked
package dev.millrace.broker;

import org.jspecify.annotations.NullMarked;
