package dev.millrace.broker.group;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.ConsumerProtocolAssignment;
import org.apache.kafka.common.message.ConsumerProtocolSubscription;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageUtil;

/**
 * What consumers of the classic protocol put into JoinGroup and SyncGroup for each other. The
 * coordinator looks inside where it must know what they read: a version int16, then the message of
 * kafka-clients in that version; versions are downwards compatible.
 */
final class EmbeddedProtocol {
    /** Protocol type of groups whose members are consumers. */
    static final String CONSUMER = "consumer";

    private EmbeddedProtocol() {}

    /**
     * @throws InvalidRequestException the bytes are not a subscription
     */
    static ConsumerProtocolSubscription subscription(Bytes metadata) {
        ByteBuffer bytes = ByteBuffer.wrap(metadata.array());
        try {
            short version = bytes.getShort();
            return new ConsumerProtocolSubscription(
                    new ByteBufferAccessor(bytes),
                    known(version, ConsumerProtocolSubscription.HIGHEST_SUPPORTED_VERSION));
        } catch (RuntimeException e) {
            // The generated reader says with plain RuntimeExceptions that lengths make no sense.
            throw malformed("subscription", e);
        }
    }

    /**
     * @throws InvalidRequestException the bytes are not an assignment
     */
    static ConsumerProtocolAssignment assignment(Bytes assignment) {
        ByteBuffer bytes = ByteBuffer.wrap(assignment.array());
        try {
            short version = bytes.getShort();
            return new ConsumerProtocolAssignment(
                    new ByteBufferAccessor(bytes),
                    known(version, ConsumerProtocolAssignment.HIGHEST_SUPPORTED_VERSION));
        } catch (RuntimeException e) {
            throw malformed("assignment", e);
        }
    }

    private static short known(short version, short highest) {
        if (version < 0) {
            throw new InvalidRequestException("version " + version);
        }
        return version > highest ? highest : version;
    }

    private static InvalidRequestException malformed(String what, RuntimeException cause) {
        return new InvalidRequestException("not the " + what + " of a consumer", cause);
    }

    /**
     * The topics that a group's members read; only as much of a subscription as all versions have.
     */
    static Set<String> topics(List<Bytes> subscriptions) {
        Set<String> topics = new HashSet<>();
        subscriptions.forEach(metadata -> topics.addAll(subscription(metadata).topics()));
        return topics;
    }

    /**
     * @param subscription of the member that gets it, which names the version it understands
     */
    static Bytes assignment(Map<Uuid, Set<Integer>> partitions, Bytes subscription, Topics topics) {
        ConsumerProtocolAssignment.TopicPartitionCollection assigned =
                new ConsumerProtocolAssignment.TopicPartitionCollection();
        partitions.forEach(
                (id, numbers) -> {
                    Topics.Topic topic = topics.withId(id);
                    if (topic != null) {
                        assigned.add(
                                new ConsumerProtocolAssignment.TopicPartition()
                                        .setTopic(topic.name())
                                        .setPartitions(numbers.stream().sorted().toList()));
                    }
                });
        short version =
                known(
                        ByteBuffer.wrap(subscription.array()).getShort(),
                        ConsumerProtocolAssignment.HIGHEST_SUPPORTED_VERSION);
        ByteBuffer bytes =
                MessageUtil.toVersionPrefixedByteBuffer(
                        version, new ConsumerProtocolAssignment().setAssignedPartitions(assigned));
        byte[] array = new byte[bytes.remaining()];
        bytes.get(array);
        return Bytes.of(array);
    }

    /** By topic id; topics that do not exist are left out. */
    static Map<Uuid, Set<Integer>> partitions(
            ConsumerProtocolAssignment assignment, Topics topics) {
        Map<Uuid, Set<Integer>> partitions = new HashMap<>();
        for (ConsumerProtocolAssignment.TopicPartition assigned : assignment.assignedPartitions()) {
            Topics.Topic topic = topics.named(assigned.topic());
            if (topic != null) {
                partitions.put(topic.id(), Set.copyOf(new HashSet<>(assigned.partitions())));
            }
        }
        return partitions;
    }

    /** What a member says it owns; topics that do not exist are left out. */
    static Map<Uuid, Set<Integer>> owned(ConsumerProtocolSubscription subscription, Topics topics) {
        Map<Uuid, Set<Integer>> partitions = new HashMap<>();
        for (ConsumerProtocolSubscription.TopicPartition owned : subscription.ownedPartitions()) {
            Topics.Topic topic = topics.named(owned.topic());
            if (topic != null) {
                partitions.put(topic.id(), Set.copyOf(new HashSet<>(owned.partitions())));
            }
        }
        return partitions;
    }
}
