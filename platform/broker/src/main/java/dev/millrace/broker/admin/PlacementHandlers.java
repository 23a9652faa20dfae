package dev.millrace.broker.admin;

import dev.millrace.cluster.Cluster;
import dev.millrace.cluster.MetadataImage;
import dev.millrace.wire.ApiTable;
import dev.millrace.wire.RequestContext;
import io.vertx.core.Future;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.NoReassignmentInProgressException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignablePartition;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignableTopic;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData.ReassignablePartitionResponse;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData.ReassignableTopicResponse;
import org.apache.kafka.common.message.ElectLeadersRequestData;
import org.apache.kafka.common.message.ElectLeadersResponseData;
import org.apache.kafka.common.message.ElectLeadersResponseData.PartitionResult;
import org.apache.kafka.common.message.ElectLeadersResponseData.ReplicaElectionResult;
import org.apache.kafka.common.message.ListPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.ListPartitionReassignmentsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * ElectLeaders 0-2, AlterPartitionReassignments 0-1, ListPartitionReassignments 0. Replicas stay
 * where they were placed, so nothing is ever under way: an assignment that is the present one is
 * done at once, there is none to cancel, and leaders are the preferred ones.
 */
final class PlacementHandlers {
    private final Cluster cluster;

    PlacementHandlers(Cluster cluster) {
        this.cluster = cluster;
    }

    void register(ApiTable.Builder table) {
        table.add(ApiKeys.ELECT_LEADERS, 0, 2, this::electLeaders)
                .add(ApiKeys.ALTER_PARTITION_REASSIGNMENTS, 0, 1, this::reassign)
                .add(ApiKeys.LIST_PARTITION_REASSIGNMENTS, 0, 0, this::listReassignments);
    }

    // ---- ElectLeaders

    private Future<ElectLeadersResponseData> electLeaders(
            RequestContext context, ElectLeadersRequestData request) {
        ElectionType type;
        try {
            type = ElectionType.valueOf(request.electionType());
        } catch (IllegalArgumentException e) {
            return Future.failedFuture(
                    new InvalidRequestException(
                            "Unknown election type " + request.electionType(), e));
        }
        MetadataImage image = cluster.image();
        ElectLeadersResponseData response = new ElectLeadersResponseData();
        if (request.topicPartitions() == null) {
            // All: those that have the leader they should have are not mentioned.
            for (MetadataImage.Topic topic : new TreeMap<>(image.topics()).values()) {
                ReplicaElectionResult result = new ReplicaElectionResult().setTopic(topic.name());
                response.replicaElectionResults().add(result);
                for (MetadataImage.Partition partition : topic.partitions()) {
                    Errors error = elect(partition, type);
                    if (error != Errors.ELECTION_NOT_NEEDED) {
                        result.partitionResult().add(electionResult(partition.index(), error));
                    }
                }
            }
            return Future.succeededFuture(response);
        }
        request.topicPartitions()
                .forEach(
                        wanted -> {
                            ReplicaElectionResult result =
                                    new ReplicaElectionResult().setTopic(wanted.topic());
                            response.replicaElectionResults().add(result);
                            for (int index : wanted.partitions()) {
                                try {
                                    Errors error =
                                            elect(require(image, wanted.topic(), index), type);
                                    result.partitionResult().add(electionResult(index, error));
                                } catch (UnknownTopicOrPartitionException e) {
                                    result.partitionResult()
                                            .add(
                                                    electionResult(
                                                                    index,
                                                                    Errors
                                                                            .UNKNOWN_TOPIC_OR_PARTITION)
                                                            .setErrorMessage(e.getMessage()));
                                }
                            }
                        });
        return Future.succeededFuture(response);
    }

    private static PartitionResult electionResult(int index, Errors error) {
        return new PartitionResult()
                .setPartitionId(index)
                .setErrorCode(error.code())
                .setErrorMessage(error.message());
    }

    private static Errors elect(MetadataImage.Partition partition, ElectionType type) {
        if (type == ElectionType.UNCLEAN) {
            return partition.leader() >= 0
                    ? Errors.ELECTION_NOT_NEEDED
                    : Errors.ELIGIBLE_LEADERS_NOT_AVAILABLE;
        }
        return partition.leader() == partition.replicas().get(0)
                ? Errors.ELECTION_NOT_NEEDED
                : Errors.PREFERRED_LEADER_NOT_AVAILABLE;
    }

    private static MetadataImage.Partition require(MetadataImage image, String topic, int index) {
        MetadataImage.Topic known =
                image.topic(topic)
                        .orElseThrow(
                                () ->
                                        new UnknownTopicOrPartitionException(
                                                "Unable to find a topic named " + topic + "."));
        if (index < 0 || index >= known.partitions().size()) {
            throw new UnknownTopicOrPartitionException(
                    "Unable to find partition " + topic + ":" + index + ".");
        }
        return known.partitions().get(index);
    }

    // ---- reassignments

    private Future<AlterPartitionReassignmentsResponseData> reassign(
            RequestContext context, AlterPartitionReassignmentsRequestData request) {
        MetadataImage image = cluster.image();
        AlterPartitionReassignmentsResponseData response =
                new AlterPartitionReassignmentsResponseData()
                        .setErrorMessage(null)
                        .setAllowReplicationFactorChange(request.allowReplicationFactorChange());
        for (ReassignableTopic topic : request.topics()) {
            ReassignableTopicResponse answers =
                    new ReassignableTopicResponse().setName(topic.name());
            response.responses().add(answers);
            for (ReassignablePartition partition : topic.partitions()) {
                ReassignablePartitionResponse answer =
                        new ReassignablePartitionResponse()
                                .setPartitionIndex(partition.partitionIndex())
                                .setErrorMessage(null);
                answers.partitions().add(answer);
                try {
                    MetadataImage.Partition present =
                            require(image, topic.name(), partition.partitionIndex());
                    check(image, present, partition, request.allowReplicationFactorChange());
                } catch (ApiException e) {
                    answer.setErrorCode(Errors.forException(e).code())
                            .setErrorMessage(e.getMessage());
                }
            }
        }
        return Future.succeededFuture(response);
    }

    private static void check(
            MetadataImage image,
            MetadataImage.Partition present,
            ReassignablePartition wanted,
            boolean replicationFactorMayChange) {
        List<Integer> target = wanted.replicas();
        if (target == null) {
            throw new NoReassignmentInProgressException(
                    Errors.NO_REASSIGNMENT_IN_PROGRESS.message());
        }
        if (target.isEmpty()) {
            throw new InvalidReplicaAssignmentException(
                    "The manual partition assignment includes an empty replica list.");
        }
        Set<Integer> seen = new HashSet<>();
        for (int replica : target) {
            if (!image.brokers().containsKey(replica)) {
                throw new InvalidReplicaAssignmentException(
                        "The manual partition assignment includes broker %d, but no such broker is registered."
                                .formatted(replica));
            }
            if (!seen.add(replica)) {
                throw new InvalidReplicaAssignmentException(
                        "The manual partition assignment includes the broker %d more than once."
                                .formatted(replica));
            }
        }
        if (!replicationFactorMayChange && target.size() != present.replicas().size()) {
            throw new InvalidReplicationFactorException(
                    "The replication factor is changed from %d to %d"
                            .formatted(present.replicas().size(), target.size()));
        }
        if (!target.equals(present.replicas())) {
            throw new UnsupportedVersionException(
                    "replicas do not move between brokers here: expected %s, got %s"
                            .formatted(present.replicas(), target));
        }
    }

    private Future<ListPartitionReassignmentsResponseData> listReassignments(
            RequestContext context, ListPartitionReassignmentsRequestData request) {
        return Future.succeededFuture(
                new ListPartitionReassignmentsResponseData().setErrorMessage(null));
    }
}
