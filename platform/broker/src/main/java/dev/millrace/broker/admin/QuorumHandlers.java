package dev.millrace.broker.admin;

import dev.millrace.cluster.Cluster;
import dev.millrace.cluster.QuorumState;
import dev.millrace.wire.ApiTable;
import dev.millrace.wire.RequestContext;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.AddRaftVoterRequestData;
import org.apache.kafka.common.message.AddRaftVoterResponseData;
import org.apache.kafka.common.message.DescribeQuorumRequestData;
import org.apache.kafka.common.message.DescribeQuorumResponseData;
import org.apache.kafka.common.message.DescribeQuorumResponseData.Listener;
import org.apache.kafka.common.message.DescribeQuorumResponseData.Node;
import org.apache.kafka.common.message.DescribeQuorumResponseData.PartitionData;
import org.apache.kafka.common.message.DescribeQuorumResponseData.ReplicaState;
import org.apache.kafka.common.message.DescribeQuorumResponseData.TopicData;
import org.apache.kafka.common.message.RemoveRaftVoterRequestData;
import org.apache.kafka.common.message.RemoveRaftVoterResponseData;
import org.apache.kafka.common.message.UnregisterBrokerRequestData;
import org.apache.kafka.common.message.UnregisterBrokerResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * DescribeQuorum 0-2, UnregisterBroker 0, AddRaftVoter 0-1, RemoveRaftVoter 0. The journal takes
 * the part of Kafka's metadata log, under that topic's name. Its voters are those of the
 * configuration, as in a Kafka cluster with {@code kraft.version} 0, and are not changed by
 * requests.
 */
final class QuorumHandlers {
    private static final String METADATA_TOPIC = "__cluster_metadata";
    private static final String LISTENER = "CONTROLLER";

    private final Vertx vertx;
    private final Cluster cluster;

    QuorumHandlers(Vertx vertx, Cluster cluster) {
        this.vertx = vertx;
        this.cluster = cluster;
    }

    void register(ApiTable.Builder table) {
        table.add(ApiKeys.DESCRIBE_QUORUM, 0, 2, this::describe)
                .add(ApiKeys.UNREGISTER_BROKER, 0, 0, this::unregister)
                .add(ApiKeys.ADD_RAFT_VOTER, 0, 1, this::addVoter)
                .add(ApiKeys.REMOVE_RAFT_VOTER, 0, 0, this::removeVoter);
    }

    private Future<DescribeQuorumResponseData> describe(
            RequestContext context, DescribeQuorumRequestData request) {
        boolean known =
                request.topics().size() == 1
                        && request.topics().get(0).topicName().equals(METADATA_TOPIC)
                        && request.topics().get(0).partitions().size() == 1
                        && request.topics().get(0).partitions().get(0).partitionIndex() == 0;
        if (!known) {
            return Future.succeededFuture(unknown(request));
        }
        return Future.fromCompletionStage(cluster.quorum(), vertx.getOrCreateContext())
                .map(quorum -> described(quorum, context.version()));
    }

    private static DescribeQuorumResponseData unknown(DescribeQuorumRequestData request) {
        return new DescribeQuorumResponseData()
                .setTopics(
                        request.topics().stream()
                                .map(
                                        topic ->
                                                new TopicData()
                                                        .setTopicName(topic.topicName())
                                                        .setPartitions(
                                                                topic.partitions().stream()
                                                                        .map(
                                                                                partition ->
                                                                                        unknown(
                                                                                                partition
                                                                                                        .partitionIndex()))
                                                                        .toList()))
                                .toList());
    }

    private static PartitionData unknown(int partition) {
        return new PartitionData()
                .setPartitionIndex(partition)
                .setErrorCode(Errors.UNKNOWN_TOPIC_OR_PARTITION.code())
                .setErrorMessage(Errors.UNKNOWN_TOPIC_OR_PARTITION.message());
    }

    private static DescribeQuorumResponseData described(QuorumState quorum, short version) {
        PartitionData partition =
                new PartitionData()
                        .setPartitionIndex(0)
                        .setErrorMessage(version >= 2 ? "" : null)
                        .setLeaderId(quorum.leaderId())
                        .setLeaderEpoch(quorum.leaderEpoch())
                        .setHighWatermark(quorum.highWatermark())
                        .setCurrentVoters(
                                quorum.voters().stream().map(QuorumHandlers::replica).toList())
                        .setObservers(
                                quorum.observers().stream().map(QuorumHandlers::replica).toList());
        DescribeQuorumResponseData response =
                new DescribeQuorumResponseData()
                        .setErrorMessage(version >= 2 ? "" : null)
                        .setTopics(
                                List.of(
                                        new TopicData()
                                                .setTopicName(METADATA_TOPIC)
                                                .setPartitions(List.of(partition))));
        if (version >= 2) {
            for (QuorumState.Voter voter : quorum.voters()) {
                Node node = new Node().setNodeId(voter.nodeId());
                node.listeners()
                        .add(
                                new Listener()
                                        .setName(LISTENER)
                                        .setHost(voter.host())
                                        .setPort(voter.port()));
                response.nodes().add(node);
            }
        }
        return response;
    }

    private static ReplicaState replica(QuorumState.Voter voter) {
        return new ReplicaState()
                .setReplicaId(voter.nodeId())
                .setReplicaDirectoryId(Uuid.ZERO_UUID)
                .setLogEndOffset(voter.logEndOffset())
                .setLastFetchTimestamp(voter.lastFetchMs())
                .setLastCaughtUpTimestamp(voter.lastCaughtUpMs());
    }

    private Future<UnregisterBrokerResponseData> unregister(
            RequestContext context, UnregisterBrokerRequestData request) {
        if (request.brokerId() == cluster.nodeId()) {
            // Nobody would find a leader any more, and nothing would register it again.
            return Future.succeededFuture(
                    new UnregisterBrokerResponseData()
                            .setErrorCode(Errors.INVALID_REQUEST.code())
                            .setErrorMessage(
                                    "broker %d is running: a broker is unregistered after it has been stopped"
                                            .formatted(request.brokerId())));
        }
        return Future.fromCompletionStage(
                        cluster.unregisterBroker(request.brokerId()), vertx.getOrCreateContext())
                .map(done -> new UnregisterBrokerResponseData());
    }

    /** A name that is given must be that of this cluster. */
    private @Nullable String foreign(@Nullable String clusterId) {
        String ours = cluster.image().clusterId();
        return clusterId == null || clusterId.equals(ours)
                ? null
                : "The given id \"%s\" doesn't match the cluster id \"%s\""
                        .formatted(clusterId, ours);
    }

    private Future<AddRaftVoterResponseData> addVoter(
            RequestContext context, AddRaftVoterRequestData request) {
        AddRaftVoterResponseData response = new AddRaftVoterResponseData();
        String foreign = foreign(request.clusterId());
        if (foreign != null) {
            response.setErrorCode(Errors.INCONSISTENT_CLUSTER_ID.code()).setErrorMessage(foreign);
        } else if (request.voterId() < 0 || request.voterDirectoryId().equals(Uuid.ZERO_UUID)) {
            response.setErrorCode(Errors.INVALID_REQUEST.code())
                    .setErrorMessage("Add voter request didn't include a valid voter");
        } else if (request.listeners().find(LISTENER) == null) {
            response.setErrorCode(Errors.INVALID_REQUEST.code())
                    .setErrorMessage(
                            "Add voter request didn't include the endpoint for the default listener "
                                    + LISTENER);
        } else {
            response.setErrorCode(Errors.UNSUPPORTED_VERSION.code())
                    .setErrorMessage(
                            "Cluster doesn't support adding voter because the kraft.version"
                                    + " feature is 0");
        }
        return Future.succeededFuture(response);
    }

    private Future<RemoveRaftVoterResponseData> removeVoter(
            RequestContext context, RemoveRaftVoterRequestData request) {
        RemoveRaftVoterResponseData response = new RemoveRaftVoterResponseData();
        String foreign = foreign(request.clusterId());
        if (foreign != null) {
            response.setErrorCode(Errors.INCONSISTENT_CLUSTER_ID.code()).setErrorMessage(foreign);
        } else if (request.voterId() < 0 || request.voterDirectoryId().equals(Uuid.ZERO_UUID)) {
            response.setErrorCode(Errors.INVALID_REQUEST.code())
                    .setErrorMessage("Remove voter request didn't include a valid voter");
        } else {
            response.setErrorCode(Errors.UNSUPPORTED_VERSION.code())
                    .setErrorMessage(
                            "Cluster doesn't support removing voter because the kraft.version"
                                    + " feature is 0");
        }
        return Future.succeededFuture(response);
    }
}
