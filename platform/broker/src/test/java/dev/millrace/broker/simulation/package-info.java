/**
 * Brokers, their disks, the network between them and the journal, in one thread and driven by a
 * seed.
 *
 * <pre>
 *   real       LeaderState, Truncation, the log with its recovery, EpochFiles, the journal's
 *              decisions, the coordinators' shards
 *   simulated  time, network, disks, crashes, and what in a broker connects the real parts
 * </pre>
 *
 * {@link dev.millrace.broker.simulation.PartitionHistory} knows what must be; {@link
 * dev.millrace.broker.simulation.PlantedFault} is what must be found.
 */
@NullMarked
package dev.millrace.broker.simulation;

import org.jspecify.annotations.NullMarked;
