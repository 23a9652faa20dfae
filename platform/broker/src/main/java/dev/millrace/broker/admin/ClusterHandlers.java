package dev.millrace.broker.admin;

import dev.millrace.broker.OfflineReplicas;
import dev.millrace.cluster.Cluster;
import dev.millrace.cluster.MetadataImage;
import dev.millrace.wire.RequestContext;
import io.vertx.core.Future;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.DescribeClusterRequestData;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.DescribeClusterResponseData.DescribeClusterBroker;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData.TopicRequest;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.Cursor;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.DescribeTopicPartitionsResponsePartition;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.DescribeTopicPartitionsResponseTopic;
import org.apache.kafka.common.message.ListConfigResourcesRequestData;
import org.apache.kafka.common.message.ListConfigResourcesResponseData;
import org.apache.kafka.common.protocol.Errors;

/** DescribeCluster 0-2, DescribeTopicPartitions 0, ListConfigResources 0-1: the image as it is. */
final class ClusterHandlers {
    private static final byte BROKERS = 1;
    private static final byte CONTROLLERS = 2;

    private static final Set<String> INTERNAL = Set.of("__consumer_offsets", "__transaction_state");

    private static final Set<Byte> CLIENT_METRICS_ONLY =
            Set.of(ConfigResource.Type.CLIENT_METRICS.id());

    private static final Set<Byte> LISTED_TYPES =
            Set.of(
                    ConfigResource.Type.TOPIC.id(),
                    ConfigResource.Type.BROKER.id(),
                    ConfigResource.Type.BROKER_LOGGER.id(),
                    ConfigResource.Type.CLIENT_METRICS.id(),
                    ConfigResource.Type.GROUP.id());

    private final Cluster cluster;
    private final OfflineReplicas offline;
    private final int maxPartitionsPerAnswer;

    /**
     * @param maxPartitionsPerAnswer {@code max.request.partition.size.limit}, of
     *     DescribeTopicPartitions, whatever the client asks for
     */
    ClusterHandlers(Cluster cluster, OfflineReplicas offline, int maxPartitionsPerAnswer) {
        this.cluster = cluster;
        this.offline = offline;
        this.maxPartitionsPerAnswer = maxPartitionsPerAnswer;
    }

    Future<DescribeClusterResponseData> describeCluster(
            RequestContext context, DescribeClusterRequestData request) {
        if (request.endpointType() != BROKERS) {
            Errors error =
                    request.endpointType() == CONTROLLERS
                            ? Errors.MISMATCHED_ENDPOINT_TYPE
                            : Errors.UNSUPPORTED_ENDPOINT_TYPE;
            return Future.succeededFuture(
                    new DescribeClusterResponseData()
                            .setErrorCode(error.code())
                            .setErrorMessage(
                                    "this is a broker: expected endpoint type 1, got "
                                            + request.endpointType()));
        }
        MetadataImage image = cluster.image();
        DescribeClusterResponseData response =
                new DescribeClusterResponseData()
                        .setClusterId(image.clusterId())
                        .setControllerId(image.controllerId())
                        .setEndpointType(BROKERS);
        for (MetadataImage.BrokerRegistration broker : new TreeMap<>(image.brokers()).values()) {
            if (!broker.fenced() || request.includeFencedBrokers()) {
                response.brokers()
                        .add(
                                new DescribeClusterBroker()
                                        .setBrokerId(broker.nodeId())
                                        .setHost(broker.host())
                                        .setPort(broker.port())
                                        .setRack(broker.rack().isEmpty() ? null : broker.rack())
                                        .setIsFenced(broker.fenced()));
            }
        }
        return Future.succeededFuture(response);
    }

    /** Topics in the order of their names; a cursor says where the next answer goes on. */
    Future<DescribeTopicPartitionsResponseData> describeTopicPartitions(
            RequestContext context, DescribeTopicPartitionsRequestData request) {
        MetadataImage image = cluster.image();
        TreeSet<String> names = new TreeSet<>();
        boolean all = request.topics().isEmpty();
        if (all) {
            names.addAll(image.topics().keySet());
        } else {
            request.topics().stream().map(TopicRequest::name).forEach(names::add);
        }
        String from = request.cursor() == null ? "" : request.cursor().topicName();
        int fromPartition = request.cursor() == null ? 0 : request.cursor().partitionIndex();
        if (fromPartition < 0) {
            return Future.failedFuture(
                    new InvalidRequestException("the cursor points to partition " + fromPartition));
        }
        int left = Math.max(1, Math.min(request.responsePartitionLimit(), maxPartitionsPerAnswer));
        DescribeTopicPartitionsResponseData response = new DescribeTopicPartitionsResponseData();
        for (String name : names.tailSet(from)) {
            int first = name.equals(from) ? fromPartition : 0;
            List<MetadataImage.Partition> partitions =
                    image.topic(name).map(MetadataImage.Topic::partitions).orElse(List.of());
            if (left == 0) {
                response.setNextCursor(new Cursor().setTopicName(name).setPartitionIndex(first));
                break;
            }
            int last = Math.min(partitions.size(), first + left);
            response.topics().add(describe(image, name, first, last));
            left -= Math.max(0, last - first);
            if (last < partitions.size()) {
                response.setNextCursor(new Cursor().setTopicName(name).setPartitionIndex(last));
                break;
            }
        }
        return Future.succeededFuture(response);
    }

    private DescribeTopicPartitionsResponseTopic describe(
            MetadataImage image, String name, int first, int last) {
        DescribeTopicPartitionsResponseTopic described =
                new DescribeTopicPartitionsResponseTopic()
                        .setName(name)
                        .setIsInternal(INTERNAL.contains(name));
        return image.topic(name)
                .map(
                        topic -> {
                            described.setTopicId(topic.id());
                            for (int index = first; index < last; index++) {
                                described
                                        .partitions()
                                        .add(describe(image, name, topic.partitions().get(index)));
                            }
                            return described;
                        })
                .orElseGet(() -> described.setErrorCode(missing(name).code()));
    }

    private static Errors missing(String name) {
        try {
            Topic.validate(name);
            return Errors.UNKNOWN_TOPIC_OR_PARTITION;
        } catch (InvalidTopicException e) {
            return Errors.INVALID_TOPIC_EXCEPTION;
        }
    }

    private DescribeTopicPartitionsResponsePartition describe(
            MetadataImage image, String topic, MetadataImage.Partition placed) {
        MetadataImage.Partition partition = offline.shown(topic, placed, cluster.nodeId());
        boolean offlineHere = !partition.equals(placed);
        List<Integer> offlineReplicas =
                partition.replicas().stream()
                        .filter(
                                id -> {
                                    MetadataImage.BrokerRegistration broker =
                                            image.brokers().get(id);
                                    return broker == null
                                            || broker.fenced()
                                            || (offlineHere && id == cluster.nodeId());
                                })
                        .toList();
        // All that it has of the partition is waiting in the directory.
        boolean waitsHere = offlineHere && partition.isr().isEmpty();
        List<Integer> waiting = List.of(cluster.nodeId());
        return new DescribeTopicPartitionsResponsePartition()
                .setPartitionIndex(partition.index())
                .setErrorCode(
                        partition.leader() < 0
                                ? Errors.LEADER_NOT_AVAILABLE.code()
                                : Errors.NONE.code())
                .setLeaderId(partition.leader())
                .setLeaderEpoch(partition.leaderEpoch())
                .setReplicaNodes(partition.replicas())
                .setIsrNodes(partition.isr())
                .setEligibleLeaderReplicas(waitsHere ? waiting : partition.elr())
                .setLastKnownElr(waitsHere ? waiting : partition.lastKnownElr())
                .setOfflineReplicas(offlineReplicas);
    }

    Future<ListConfigResourcesResponseData> listConfigResources(
            RequestContext context, ListConfigResourcesRequestData request) {
        Set<Byte> supported = context.version() == 0 ? CLIENT_METRICS_ONLY : LISTED_TYPES;
        Set<Byte> wanted =
                request.resourceTypes().isEmpty() ? supported : Set.copyOf(request.resourceTypes());
        ListConfigResourcesResponseData response = new ListConfigResourcesResponseData();
        if (!supported.containsAll(wanted)) {
            return Future.succeededFuture(response.setErrorCode(Errors.UNSUPPORTED_VERSION.code()));
        }
        MetadataImage image = cluster.image();
        for (byte type : new TreeSet<>(wanted)) {
            ConfigResource.Type resourceType = ConfigResource.Type.forId(type);
            names(image, resourceType).forEach(name -> add(response, resourceType, name));
        }
        return Future.succeededFuture(response);
    }

    /** Groups and client metrics exist by having configs. */
    private static List<String> names(MetadataImage image, ConfigResource.Type type) {
        return switch (type) {
            case TOPIC -> image.topics().keySet().stream().sorted().toList();
            case BROKER, BROKER_LOGGER ->
                    image.brokers().keySet().stream().sorted().map(String::valueOf).toList();
            case GROUP, CLIENT_METRICS ->
                    image.configs().keySet().stream()
                            .filter(resource -> resource.type() == type)
                            .map(ConfigResource::name)
                            .sorted()
                            .toList();
            case UNKNOWN -> List.of();
        };
    }

    private static void add(
            ListConfigResourcesResponseData response, ConfigResource.Type type, String name) {
        response.configResources()
                .add(
                        new ListConfigResourcesResponseData.ConfigResource()
                                .setResourceType(type.id())
                                .setResourceName(name));
    }
}
