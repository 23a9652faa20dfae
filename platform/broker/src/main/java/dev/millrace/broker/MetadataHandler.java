package dev.millrace.broker;

import dev.millrace.broker.quota.ClientQuotas;
import dev.millrace.broker.quota.MutationQuota;
import dev.millrace.cluster.Cluster;
import dev.millrace.cluster.MetadataImage;
import dev.millrace.wire.ApiHandler;
import dev.millrace.wire.RequestContext;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseBroker;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponsePartition;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.protocol.Errors;

/**
 * Metadata: who leads what, from the cluster's image. A topic asked for by name may be created,
 * which counts for the controller mutation quota of the client; beyond it, the topic is answered as
 * unknown, and the client asks again.
 *
 * <p>A topic that this broker leads is shown once its logs are open, so that the first Produce
 * after a creation finds them, instead of failing and waiting for the client's retry.
 */
final class MetadataHandler implements ApiHandler<MetadataRequestData, MetadataResponseData> {
    private static final long OPENING_WAIT_MS = 5_000;
    private static final int NO_LEADER = -1;
    private static final int ANY_VERSION = 0;
    private static final short FIRST_VERSION_WITH_TOPIC_IDS = 12;

    private final Cluster cluster;
    private final ImageFollower follower;

    private final TopicCreation creation;
    private final ClientQuotas quotas;
    private final BooleanSupplier aside;

    /**
     * @param aside whether this broker is cut off, and so knows less than the others: it hangs up
     *     on who asks, since clients like best to ask whom they are connected to
     */
    MetadataHandler(
            Cluster cluster,
            ImageFollower follower,
            TopicCreation creation,
            ClientQuotas quotas,
            BooleanSupplier aside) {
        this.aside = aside;
        this.quotas = quotas;
        this.cluster = cluster;
        this.follower = follower;
        this.creation = creation;
    }

    @Override
    public Future<MetadataResponseData> handle(
            RequestContext context, MetadataRequestData request) {
        if (aside.getAsBoolean()) {
            return Future.failedFuture(
                    new DisconnectException("this broker is cut off; others know who leads"));
        }
        if (context.version() < FIRST_VERSION_WITH_TOPIC_IDS && asksById(request)) {
            return Future.failedFuture(
                    new InvalidRequestException(
                            "topics are asked for by name before version "
                                    + FIRST_VERSION_WITH_TOPIC_IDS));
        }
        Map<String, Errors> refused = new LinkedHashMap<>();
        List<Future<?>> creations = new ArrayList<>();
        if (mayCreate(context, request)) {
            MetadataImage image = cluster.image();
            // As strict as the newest CreateTopics: what is beyond it is not created for now.
            MutationQuota quota = quotas.mutations(context, ANY_VERSION);
            for (MetadataRequestTopic topic : request.topics()) {
                String name = topic.name();
                if (name != null && image.topic(name).isEmpty()) {
                    creations.add(
                            creation.create(name, quota)
                                    .onFailure(
                                            e -> {
                                                Errors error = Errors.forException(e);
                                                if (error != Errors.THROTTLING_QUOTA_EXCEEDED) {
                                                    refused.put(name, error);
                                                }
                                            }));
                }
            }
        }
        if (creations.isEmpty()) {
            return answerWhenOpen(context, request, refused);
        }
        return Future.join(creations).transform(done -> answerWhenOpen(context, request, refused));
    }

    private static boolean asksById(MetadataRequestData request) {
        return request.topics() != null
                && request.topics().stream()
                        .anyMatch(
                                topic ->
                                        topic.name() == null
                                                || !topic.topicId().equals(Uuid.ZERO_UUID));
    }

    private boolean mayCreate(RequestContext context, MetadataRequestData request) {
        return creation.automatic()
                && request.topics() != null
                && (request.allowAutoTopicCreation() || context.version() < 4);
    }

    private Future<MetadataResponseData> answerWhenOpen(
            RequestContext context, MetadataRequestData request, Map<String, Errors> refused) {
        MetadataImage image = cluster.image();
        Future<Void> open = follower.applied(image);
        if (open.isComplete()) {
            return Future.succeededFuture(answer(context, request, refused, image));
        }
        // Whatever takes longer than this is shown anyway, and the client retries.
        return open.timeout(OPENING_WAIT_MS, TimeUnit.MILLISECONDS)
                .transform(
                        done -> Future.succeededFuture(answer(context, request, refused, image)));
    }

    private MetadataResponseData answer(
            RequestContext context,
            MetadataRequestData request,
            Map<String, Errors> refused,
            MetadataImage image) {
        MetadataResponseData response =
                new MetadataResponseData()
                        .setClusterId(image.clusterId())
                        .setControllerId(image.controllerId());
        if (request.includeClusterAuthorizedOperations()) {
            response.setClusterAuthorizedOperations(AuthorizedOperations.CLUSTER);
        }
        image.brokers()
                .values()
                .forEach(
                        broker -> {
                            if (!broker.fenced()) {
                                response.brokers()
                                        .add(
                                                new MetadataResponseBroker()
                                                        .setNodeId(broker.nodeId())
                                                        .setHost(broker.host())
                                                        .setPort(broker.port())
                                                        .setRack(
                                                                broker.rack().isEmpty()
                                                                        ? null
                                                                        : broker.rack()));
                            }
                        });
        boolean operations = request.includeTopicAuthorizedOperations();
        if (wantsAll(context, request)) {
            image.topics()
                    .values()
                    .forEach(topic -> response.topics().add(describe(image, topic, operations)));
        } else {
            // Where there are ids, the names beside them do not count.
            boolean byId =
                    request.topics().stream()
                            .anyMatch(topic -> !topic.topicId().equals(Uuid.ZERO_UUID));
            Set<Object> answered = new HashSet<>();
            for (MetadataRequestTopic wanted : request.topics()) {
                Object asked = byId || wanted.name() == null ? wanted.topicId() : wanted.name();
                if ((!byId || !wanted.topicId().equals(Uuid.ZERO_UUID)) && answered.add(asked)) {
                    response.topics().add(describe(image, wanted, refused, operations));
                }
            }
        }
        return response;
    }

    private static boolean wantsAll(RequestContext context, MetadataRequestData request) {
        return request.topics() == null || (context.version() == 0 && request.topics().isEmpty());
    }

    private MetadataResponseTopic describe(
            MetadataImage image,
            MetadataRequestTopic wanted,
            Map<String, Errors> refused,
            boolean operations) {
        String name = wanted.name();
        // A consumer that was assigned a topic by id asks for its name, and sends an empty one.
        if (name == null || !wanted.topicId().equals(Uuid.ZERO_UUID)) {
            return image.topic(wanted.topicId())
                    .map(topic -> describe(image, topic, operations))
                    .orElseGet(
                            () ->
                                    new MetadataResponseTopic()
                                            .setName(null)
                                            .setTopicId(wanted.topicId())
                                            .setErrorCode(Errors.UNKNOWN_TOPIC_ID.code()));
        }
        return image.topic(name)
                .map(topic -> describe(image, topic, operations))
                .orElseGet(
                        () ->
                                new MetadataResponseTopic()
                                        .setName(name)
                                        .setTopicId(Uuid.ZERO_UUID)
                                        .setIsInternal(Topic.isInternal(name))
                                        .setErrorCode(missing(name, refused).code()));
    }

    private static Errors missing(String name, Map<String, Errors> refused) {
        try {
            Topic.validate(name);
        } catch (InvalidTopicException e) {
            return Errors.INVALID_TOPIC_EXCEPTION;
        }
        return refused.getOrDefault(name, Errors.UNKNOWN_TOPIC_OR_PARTITION);
    }

    private MetadataResponseTopic describe(
            MetadataImage image, MetadataImage.Topic topic, boolean operations) {
        MetadataResponseTopic answer =
                new MetadataResponseTopic()
                        .setName(topic.name())
                        .setTopicId(topic.id())
                        .setIsInternal(Topic.isInternal(topic.name()));
        if (operations) {
            answer.setTopicAuthorizedOperations(AuthorizedOperations.TOPIC);
        }
        List<MetadataResponsePartition> partitions = new ArrayList<>(topic.partitions().size());
        for (MetadataImage.Partition placed : topic.partitions()) {
            MetadataImage.Partition state = follower.shown(topic.name(), placed, cluster.nodeId());
            MetadataResponsePartition partition =
                    new MetadataResponsePartition()
                            .setPartitionIndex(state.index())
                            .setLeaderId(state.leader())
                            .setLeaderEpoch(state.leaderEpoch())
                            .setReplicaNodes(state.replicas())
                            .setIsrNodes(state.isr());
            if (state.leader() == NO_LEADER) {
                partition.setErrorCode(Errors.LEADER_NOT_AVAILABLE.code());
            }
            partition.setOfflineReplicas(
                    state.replicas().stream()
                            .filter(
                                    replica -> {
                                        MetadataImage.BrokerRegistration broker =
                                                image.brokers().get(replica);
                                        return broker == null
                                                || broker.fenced()
                                                || (replica == cluster.nodeId()
                                                        && !state.equals(placed));
                                    })
                            .toList());
            partitions.add(partition);
        }
        return answer.setPartitions(partitions);
    }
}
