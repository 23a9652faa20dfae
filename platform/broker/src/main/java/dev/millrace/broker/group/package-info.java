/**
 * The group coordinator: members of consumer groups, what they are assigned, and their committed
 * offsets.
 *
 * <p>Two protocols: in the classic one members agree on generations and one of them assigns ({@link
 * dev.millrace.broker.group.GroupMachine}); in the newer one (KIP-848) the coordinator assigns and
 * leads each member there by its heartbeats ({@link
 * dev.millrace.broker.group.ConsumerGroupMachine}). A group changes from one to the other while its
 * members are exchanged ({@link dev.millrace.broker.group.GroupConversion}).
 *
 * <p>A group belongs to one partition of {@code __consumer_offsets}, the partition to the broker
 * that leads it, and there to one event loop. {@link dev.millrace.broker.group.GroupMachine}
 * decides and knows neither clock nor log; {@link dev.millrace.broker.group.GroupShard} appends
 * what was decided and only then answers; {@link dev.millrace.broker.group.GroupCoordinator} finds
 * the shard of a group.
 *
 * <pre>
 *  connection loop            the shard's loop                            log, cluster
 *  JoinGroup -- onShard --&gt; GroupMachine.join(group, command, nowMs)
 *                             | Decided(group', records, answers)
 *                             +-- records -------------------------&gt; __consumer_offsets-N
 *                             +-- members, generation -------------&gt; live groups (a copy)
 *  response &lt;-- answers ------+  once the records are appended
 * </pre>
 */
@NullMarked
package dev.millrace.broker.group;

import org.jspecify.annotations.NullMarked;
