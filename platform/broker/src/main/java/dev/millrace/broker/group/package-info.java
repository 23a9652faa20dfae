/**
 * The group coordinator: members and generations of consumer groups (the classic protocol), and
 * their committed offsets.
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
