package dev.millrace.broker.admin;

import dev.millrace.cluster.MetadataImage;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableReplicaAssignment;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.jspecify.annotations.Nullable;

/**
 * What can be said of a request about topics before the journal decides: enough for validateOnly,
 * and for messages that name what is wrong. The journal checks again against its own state.
 */
final class TopicRules {
    private static final int MAX_NAME_LENGTH = 249;
    private static final Pattern LEGAL_NAME = Pattern.compile("[a-zA-Z0-9._-]+");
    private static final int BROKER_DEFAULT = -1;
    private static final int MAX_PARTITIONS_PER_REQUEST = 10_000;

    /** {@code num.partitions} and {@code default.replication.factor}. */
    record Defaults(int partitions, int replicationFactor) {}

    /**
     * @param assignment partition to replicas; empty to have them placed
     */
    record Placement(
            int partitions, int replicationFactor, Map<Integer, List<Integer>> assignment) {}

    /**
     * @throws PolicyViolationException the request asks for more partitions than one journal entry
     *     should carry
     */
    void requireAcceptableSize(Iterable<CreatableTopic> topics, Defaults defaults) {
        long partitions = 0;
        for (CreatableTopic topic : topics) {
            if (!topic.assignments().isEmpty()) {
                partitions += topic.assignments().size();
            } else if (topic.numPartitions() == BROKER_DEFAULT) {
                partitions += defaults.partitions();
            } else {
                partitions += Math.max(0, topic.numPartitions());
            }
        }
        if (partitions > MAX_PARTITIONS_PER_REQUEST) {
            throw new PolicyViolationException(
                    "Excessively large number of partitions per request: expected at most "
                            + MAX_PARTITIONS_PER_REQUEST
                            + ", got "
                            + partitions);
        }
    }

    void requireNew(MetadataImage image, String name) {
        if (name.equals(Topic.CLUSTER_METADATA_TOPIC_NAME)) {
            throw new InvalidRequestException(
                    "Creation of internal topic " + name + " is prohibited.");
        }
        if (name.isEmpty() || name.equals(".") || name.equals("..")) {
            throw new InvalidTopicException("'" + name + "' is not a topic name");
        }
        if (name.length() > MAX_NAME_LENGTH || !LEGAL_NAME.matcher(name).matches()) {
            throw new InvalidTopicException(
                    "topic name '"
                            + name
                            + "' is illegal: expected 1 to "
                            + MAX_NAME_LENGTH
                            + " ASCII letters, digits, '.', '_' and '-'");
        }
        if (image.topic(name).isPresent()) {
            throw new TopicExistsException("Topic '" + name + "' already exists.");
        }
    }

    Placement placement(MetadataImage image, CreatableTopic topic, Defaults defaults) {
        if (!topic.assignments().isEmpty()) {
            return assigned(image, topic);
        }
        int factor =
                topic.replicationFactor() == BROKER_DEFAULT
                        ? defaults.replicationFactor()
                        : topic.replicationFactor();
        if (factor < 1) {
            throw new InvalidReplicationFactorException(
                    "Replication factor was "
                            + factor
                            + ": expected 1 or more, or -1 for the broker's"
                            + " default.replication.factor");
        }
        int partitions =
                topic.numPartitions() == BROKER_DEFAULT
                        ? defaults.partitions()
                        : topic.numPartitions();
        if (partitions < 1) {
            throw new InvalidPartitionsException(
                    "Number of partitions was "
                            + partitions
                            + ": expected 1 or more, or -1 for the broker's num.partitions");
        }
        int registered = image.brokers().size();
        if (factor > registered) {
            throw new InvalidReplicationFactorException(
                    "Unable to replicate the partition "
                            + factor
                            + " time(s): The target replication factor of "
                            + factor
                            + " cannot be reached because only "
                            + registered
                            + " broker(s) are registered or some brokers have all their log"
                            + " directories cordoned.");
        }
        return new Placement(partitions, factor, Map.of());
    }

    private static Placement assigned(MetadataImage image, CreatableTopic topic) {
        if (topic.numPartitions() != BROKER_DEFAULT
                || topic.replicationFactor() != BROKER_DEFAULT) {
            throw new InvalidRequestException(
                    "a manual assignment says how many partitions and replicas there are: expected"
                            + " -1 for both numbers, got "
                            + topic.numPartitions()
                            + " and "
                            + topic.replicationFactor());
        }
        Map<Integer, List<Integer>> assignment = new TreeMap<>();
        for (CreatableReplicaAssignment partition : topic.assignments()) {
            assignment.put(partition.partitionIndex(), List.copyOf(partition.brokerIds()));
        }
        int factor = -1;
        for (int index = 0; index < assignment.size(); index++) {
            List<Integer> replicas = assignment.get(index);
            if (replicas == null) {
                throw new InvalidReplicaAssignmentException(
                        "partitions should be a consecutive 0-based integer sequence, and "
                                + index
                                + " is missing");
            }
            requireReplicas(image, "partition " + index, replicas);
            if (factor >= 0 && replicas.size() != factor) {
                throw new InvalidReplicaAssignmentException(
                        "partition "
                                + index
                                + " has "
                                + replicas.size()
                                + " replicas, the ones before it "
                                + factor);
            }
            factor = replicas.size();
        }
        return new Placement(assignment.size(), factor, assignment);
    }

    private static void requireReplicas(MetadataImage image, String which, List<Integer> replicas) {
        if (replicas.isEmpty()) {
            throw new InvalidReplicaAssignmentException(which + " has no replicas");
        }
        Set<Integer> distinct = new HashSet<>(replicas);
        if (distinct.size() < replicas.size()) {
            throw new InvalidReplicaAssignmentException(
                    which + " names a broker twice: " + replicas);
        }
        for (int replica : replicas) {
            if (!image.brokers().containsKey(replica)) {
                throw new InvalidReplicaAssignmentException(
                        "The manual partition assignment includes broker "
                                + replica
                                + ", but no such broker is registered.");
            }
        }
    }

    /**
     * Checks the additions of a CreatePartitions request.
     *
     * @param assigned null to have them placed
     * @return empty to have them placed
     */
    List<List<Integer>> additions(
            MetadataImage image, String name, int count, @Nullable List<List<Integer>> assigned) {
        MetadataImage.Topic topic =
                image.topic(name)
                        .orElseThrow(
                                () ->
                                        new UnknownTopicOrPartitionException(
                                                "there is no topic " + name));
        int now = topic.partitions().size();
        if (count <= now) {
            throw new InvalidPartitionsException(
                    "The topic "
                            + name
                            + " currently has "
                            + now
                            + " partition(s); "
                            + count
                            + " would not be an increase.");
        }
        if (assigned == null) {
            return List.of();
        }
        List<List<Integer>> assignment = assigned;
        if (assignment.size() != count - now) {
            throw new InvalidReplicaAssignmentException(
                    "Increasing the number of partitions by "
                            + (count - now)
                            + " but "
                            + assignment.size()
                            + " assignments provided.");
        }
        for (int i = 0; i < assignment.size(); i++) {
            requireReplicas(image, "partition " + (now + i), assignment.get(i));
        }
        return assignment;
    }
}
