package dev.millrace.streams.internal.runtime;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32C;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Configurable;
import org.jspecify.annotations.Nullable;

/**
 * The assignor as it was with version 2 of {@link AssignorData}: it writes nothing else, and takes
 * everything else for nothing.
 */
public final class FormerAssignor implements ConsumerPartitionAssignor, Configurable {
    private static final byte VERSION = 2;

    /** Tags, none of them, and the version that is known. */
    private static final int BEHIND = Integer.BYTES + 1;

    private final TaskAssignor assignor = new TaskAssignor();

    @Override
    public void configure(Map<String, ?> configs) {
        assignor.configure(configs);
    }

    @Override
    public String name() {
        return assignor.name();
    }

    @Override
    public List<RebalanceProtocol> supportedProtocols() {
        return assignor.supportedProtocols();
    }

    @Override
    public ByteBuffer subscriptionUserData(Set<String> topics) {
        return version(VERSION, assignor.subscriptionUserData(topics), BEHIND);
    }

    @Override
    public GroupAssignment assign(Cluster metadata, GroupSubscription subscriptions) {
        Map<String, Subscription> readable = new HashMap<>();
        subscriptions
                .groupSubscription()
                .forEach((id, subscription) -> readable.put(id, readable(subscription)));
        Map<String, Assignment> assigned = new HashMap<>();
        assignor.assign(metadata, new GroupSubscription(readable))
                .groupAssignment()
                .forEach(
                        (id, each) ->
                                assigned.put(
                                        id,
                                        new Assignment(
                                                each.partitions(),
                                                version(VERSION, each.userData(), 0))));
        return new GroupAssignment(assigned);
    }

    private static Subscription readable(Subscription said) {
        return isReadable(said.userData())
                ? said
                : new Subscription(
                        said.topics(),
                        null,
                        said.ownedPartitions(),
                        said.generationId().orElse(-1),
                        said.rackId());
    }

    @Override
    public void onAssignment(Assignment assignment, ConsumerGroupMetadata metadata) {
        // The present one is not to notice that it speaks for a former one.
        ByteBuffer told =
                isReadable(assignment.userData())
                        ? version(AssignorData.LATEST, assignment.userData(), 0)
                        : null;
        assignor.onAssignment(new Assignment(assignment.partitions(), told), metadata);
    }

    private static boolean isReadable(@Nullable ByteBuffer data) {
        return data != null && data.get(data.position()) == VERSION;
    }

    /** The same with another version, and less at the end. */
    static ByteBuffer version(int version, ByteBuffer data, int without) {
        int length = data.remaining() - Integer.BYTES - without;
        ByteBuffer out = ByteBuffer.allocate(length + Integer.BYTES);
        out.put(data.duplicate().limit(data.position() + length)).put(0, (byte) version);
        CRC32C crc = new CRC32C();
        crc.update(out.duplicate().flip());
        return out.putInt((int) crc.getValue()).flip();
    }
}
