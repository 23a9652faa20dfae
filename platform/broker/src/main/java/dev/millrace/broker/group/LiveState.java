package dev.millrace.broker.group;

import java.nio.ByteBuffer;
import java.util.Optional;
import org.apache.kafka.common.errors.CorruptRecordException;

/**
 * A group's members as they are shared between nodes: what the log's last generation does not say
 * yet when a coordinator dies in the middle of a rebalance.
 *
 * <pre>
 * version int16 = 1 | state string | generation bytes, a group value of {@link OffsetsTopic}
 * </pre>
 *
 * Unknown versions and damaged entries are ignored: the log then decides, at the price of a
 * rebalance.
 */
final class LiveState {
    private static final short VERSION = 1;

    private LiveState() {}

    static byte[] write(Group group) {
        byte[] generation = OffsetsTopic.value(group.toRecord());
        return new SchemaWriter()
                .int16(VERSION)
                .string(group.state().name())
                .bytes(generation == null ? new byte[0] : generation)
                .toBytes();
    }

    /**
     * @param nowMs the requests that waited died with the old coordinator: members have a whole
     *     rebalance timeout from now to ask again
     */
    static Optional<Group> read(String groupId, byte[] live, long nowMs) {
        try {
            SchemaReader in = new SchemaReader(ByteBuffer.wrap(live));
            if (in.int16() != VERSION) {
                return Optional.empty();
            }
            GroupState state = GroupState.valueOf(in.string());
            ByteBuffer key =
                    ByteBuffer.wrap(OffsetsTopic.key(new GroupRecord.GroupDeleted(groupId)));
            return OffsetsTopic.read(key, ByteBuffer.wrap(in.bytes()))
                    .map(record -> Group.replay(null, (GroupRecord.Generation) record))
                    .map(
                            group ->
                                    state == GroupState.COMPLETING_REBALANCE
                                            ? completing(group, nowMs)
                                            : group);
        } catch (CorruptRecordException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static Group completing(Group group, long nowMs) {
        return new Group(
                group.groupId(),
                GroupState.COMPLETING_REBALANCE,
                group.generation(),
                group.protocolType(),
                group.protocol(),
                group.leaderId(),
                group.stateTimestampMs(),
                group.members(),
                group.pendingMembers(),
                group.members().keySet(),
                nowMs + group.rebalanceTimeoutMs(),
                null);
    }
}
