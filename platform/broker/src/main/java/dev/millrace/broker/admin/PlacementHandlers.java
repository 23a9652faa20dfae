package dev.millrace.broker.admin;

import dev.millrace.cluster.Cluster;
import dev.millrace.cluster.MetadataImage;
import dev.millrace.wire.ApiTable;
import dev.millrace.wire.RequestContext;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
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
import org.apache.kafka.common.message.ListPartitionReassignmentsRequestData.ListPartitionReassignmentsTopics;
import org.apache.kafka.common.message.ListPartitionReassignmentsResponseData;
import org.apache.kafka.common.message.ListPartitionReassignmentsResponseData.OngoingPartitionReassignment;
import org.apache.kafka.common.message.ListPartitionReassignmentsResponseData.OngoingTopicReassignment;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * ElectLeaders 0-2, AlterPartitionReassignments 0-1, ListPartitionReassignments 0. The cluster's
 * journal decides each partition by itself, many in one write.
 */
final class PlacementHandlers {
    private final Vertx vertx;
    private final Cluster cluster;

    PlacementHandlers(Vertx vertx, Cluster cluster) {
        this.vertx = vertx;
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
        ElectLeadersResponseData response = new ElectLeadersResponseData();
        List<Future<?>> elections = new ArrayList<>();
        if (request.topicPartitions() == null) {
            // All: those that have the leader they should have are not mentioned.
            for (MetadataImage.Topic topic : new TreeMap<>(cluster.image().topics()).values()) {
                ReplicaElectionResult result = new ReplicaElectionResult().setTopic(topic.name());
                response.replicaElectionResults().add(result);
                for (MetadataImage.Partition partition : topic.partitions()) {
                    if (isDue(partition, type)) {
                        elections.add(elect(result, partition.index(), type));
                    }
                }
            }
        } else {
            request.topicPartitions()
                    .forEach(
                            wanted -> {
                                ReplicaElectionResult result =
                                        new ReplicaElectionResult().setTopic(wanted.topic());
                                response.replicaElectionResults().add(result);
                                for (int index : wanted.partitions()) {
                                    elections.add(elect(result, index, type));
                                }
                            });
        }
        return Future.all(elections).map(response);
    }

    private static boolean isDue(MetadataImage.Partition partition, ElectionType type) {
        return type == ElectionType.UNCLEAN
                ? partition.leader() < 0
                : partition.leader() != partition.replicas().get(0);
    }

    /** Never fails: the error is in the result. */
    private Future<?> elect(ReplicaElectionResult result, int index, ElectionType type) {
        PartitionResult answer = new PartitionResult().setPartitionId(index).setErrorMessage(null);
        result.partitionResult().add(answer);
        return decided(
                () -> {
                    require(cluster.image(), result.topic(), index);
                    return cluster.electLeader(result.topic(), index, type);
                },
                (error, message) ->
                        answer.setErrorCode(error.code()).setErrorMessage(message));
    }

    /** Takes the outcome of one partition's change; never fails. */
    private Future<?> decided(
            Supplier<CompletionStage<Void>> change, BiConsumer<Errors, String> outcome) {
        CompletionStage<Void> stage;
        try {
            stage = change.get();
        } catch (ApiException e) {
            stage = CompletableFuture.failedFuture(e);
        }
        return Future.fromCompletionStage(stage, vertx.getOrCreateContext())
                .transform(
                        done -> {
                            if (done.failed()) {
                                outcome.accept(
                                        Errors.forException(done.cause()),
                                        String.valueOf(done.cause().getMessage()));
                            }
                            return Future.succeededFuture();
                        });
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
        AlterPartitionReassignmentsResponseData response =
                new AlterPartitionReassignmentsResponseData()
                        .setErrorMessage(null)
                        .setAllowReplicationFactorChange(request.allowReplicationFactorChange());
        List<Future<?>> changes = new ArrayList<>();
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
                changes.add(
                        decided(
                                () -> {
                                    require(
                                            cluster.image(),
                                            topic.name(),
                                            partition.partitionIndex());
                                    return cluster.reassign(
                                            topic.name(),
                                            partition.partitionIndex(),
                                            Optional.ofNullable(partition.replicas()),
                                            request.allowReplicationFactorChange());
                                },
                                (error, message) ->
                                        answer.setErrorCode(error.code())
                                                .setErrorMessage(message)));
            }
        }
        return Future.all(changes).map(response);
    }

    private Future<ListPartitionReassignmentsResponseData> listReassignments(
            RequestContext context, ListPartitionReassignmentsRequestData request) {
        MetadataImage image = cluster.image();
        ListPartitionReassignmentsResponseData response =
                new ListPartitionReassignmentsResponseData().setErrorMessage(null);
        if (request.topics() == null) {
            for (MetadataImage.Topic topic : new TreeMap<>(image.topics()).values()) {
                addOngoing(response, topic, topic.partitions());
            }
        } else {
            for (ListPartitionReassignmentsTopics wanted : request.topics()) {
                image.topic(wanted.name())
                        .ifPresent(
                                topic ->
                                        addOngoing(
                                                response,
                                                topic,
                                                topic.partitions().stream()
                                                        .filter(
                                                                p ->
                                                                        wanted.partitionIndexes()
                                                                                .contains(
                                                                                        p.index()))
                                                        .toList()));
            }
        }
        return Future.succeededFuture(response);
    }

    private static void addOngoing(
            ListPartitionReassignmentsResponseData response,
            MetadataImage.Topic topic,
            List<MetadataImage.Partition> partitions) {
        List<OngoingPartitionReassignment> ongoing =
                partitions.stream()
                        .filter(MetadataImage.Partition::isReassigning)
                        .map(
                                partition ->
                                        new OngoingPartitionReassignment()
                                                .setPartitionIndex(partition.index())
                                                .setReplicas(partition.replicas())
                                                .setAddingReplicas(partition.adding())
                                                .setRemovingReplicas(partition.removing()))
                        .toList();
        if (!ongoing.isEmpty()) {
            response.topics()
                    .add(
                            new OngoingTopicReassignment()
                                    .setName(topic.name())
                                    .setPartitions(ongoing));
        }
    }
}
