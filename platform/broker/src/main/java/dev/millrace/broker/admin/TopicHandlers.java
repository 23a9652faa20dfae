package dev.millrace.broker.admin;

import dev.millrace.broker.BrokerConfig;
import dev.millrace.broker.quota.ClientQuotas;
import dev.millrace.broker.quota.MutationQuota;
import dev.millrace.cluster.Cluster;
import dev.millrace.cluster.MetadataImage;
import dev.millrace.wire.RequestContext;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.TopicDeletionDisabledException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.CreatePartitionsResponseData;
import org.apache.kafka.common.message.CreatePartitionsResponseData.CreatePartitionsTopicResult;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicConfigs;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.DeleteTopicsResponseData.DeletableTopicResult;

/** CreateTopics 2-7, DeleteTopics 1-6, CreatePartitions 0-3. */
final class TopicHandlers {
    private static final short DELETE_BY_ID = 6;

    // From these versions on what is beyond the controller mutation quota is refused (KIP-599).
    private static final int STRICT_CREATE = 6;
    private static final int STRICT_DELETE = 5;
    private static final int STRICT_GROW = 3;

    private final Cluster cluster;
    private final BrokerConfig broker;
    private final ClientQuotas quotas;
    private final ConfigEntries entries;
    private final TopicRules rules;

    TopicHandlers(Cluster cluster, BrokerConfig broker, ClientQuotas quotas) {
        this.cluster = cluster;
        this.broker = broker;
        this.quotas = quotas;
        this.entries = new ConfigEntries(broker);
        this.rules = new TopicRules();
    }

    // ---- CreateTopics

    Future<CreateTopicsResponseData> create(
            RequestContext context, CreateTopicsRequestData request) {
        try {
            rules.requireAcceptableSize(request.topics(), brokerDefaults());
        } catch (PolicyViolationException e) {
            return Future.failedFuture(e);
        }
        Map<String, Integer> times = new HashMap<>();
        request.topics().forEach(topic -> times.merge(topic.name(), 1, Integer::sum));
        MutationQuota quota = quotas.mutations(context, STRICT_CREATE);
        Map<String, Future<CreatableTopicResult>> results = new LinkedHashMap<>();
        for (CreatableTopic topic : request.topics()) {
            results.computeIfAbsent(
                    topic.name(),
                    name ->
                            create(topic, times.getOrDefault(name, 0) > 1, request, quota)
                                    .recover(failure -> refused(name, failure)));
        }
        return Future.join(List.copyOf(results.values()))
                .map(
                        all -> {
                            CreateTopicsResponseData response =
                                    new CreateTopicsResponseData()
                                            .setThrottleTimeMs(quota.throttleMs());
                            results.values()
                                    .forEach(result -> response.topics().add(result.result()));
                            return response;
                        });
    }

    private static Future<CreatableTopicResult> refused(String name, Throwable failure) {
        Refusal refusal = Refusal.of(failure);
        return Future.succeededFuture(
                new CreatableTopicResult()
                        .setName(name)
                        .setErrorCode(refusal.error().code())
                        .setErrorMessage(refusal.message()));
    }

    private Future<CreatableTopicResult> create(
            CreatableTopic topic,
            boolean twice,
            CreateTopicsRequestData request,
            MutationQuota quota) {
        try {
            if (twice) {
                throw new InvalidRequestException(
                        "topic " + topic.name() + " is in the request more than once");
            }
            // In the order in which Kafka finds what is wrong.
            MetadataImage image = cluster.image();
            // Of several brokers, the cluster passes over those that are cordoned.
            boolean alone = image.brokers().size() <= 1;
            if (topic.assignments().isEmpty() && alone && !broker.takesNewLogs(image)) {
                throw new InvalidReplicationFactorException(
                        "All brokers are currently fenced, or have all their log directories"
                                + " cordoned.");
            }
            rules.requireNew(image, topic.name());
            Map<String, String> configs = configsOf(topic);
            TopicConfigs.validateTogether(broker.properties(), image, broker.nodeId(), configs);
            TopicRules.Placement placement = rules.placement(image, topic, brokerDefaults());
            quota.take(placement.partitions());
            if (request.validateOnly()) {
                return Future.succeededFuture(
                        result(image, topic, placement, configs, Uuid.ZERO_UUID));
            }
            return within(
                            request.timeoutMs(),
                            Future.fromCompletionStage(
                                    cluster.createTopic(
                                            topic.name(),
                                            placement.partitions(),
                                            placement.replicationFactor(),
                                            placement.assignment(),
                                            configs)))
                    .map(
                            created ->
                                    result(
                                            cluster.image(),
                                            topic,
                                            placement,
                                            configs,
                                            created.id()));
        } catch (RuntimeException e) {
            return Future.failedFuture(e);
        }
    }

    private TopicRules.Defaults brokerDefaults() {
        return new TopicRules.Defaults(
                Integer.parseInt(broker.properties().getOrDefault("num.partitions", "1").trim()),
                Integer.parseInt(
                        broker.properties()
                                .getOrDefault("default.replication.factor", "1")
                                .trim()));
    }

    private static Map<String, String> configsOf(CreatableTopic topic) {
        Map<String, String> configs = new LinkedHashMap<>();
        for (CreatableTopicConfig config : topic.configs()) {
            if (config.value() == null) {
                throw new InvalidConfigurationException(
                        "Null value not supported for topic config: " + config.name());
            }
            configs.put(config.name(), config.value());
        }
        return TopicConfigs.validate(configs);
    }

    private CreatableTopicResult result(
            MetadataImage image,
            CreatableTopic topic,
            TopicRules.Placement placement,
            Map<String, String> configs,
            Uuid topicId) {
        List<CreatableTopicConfigs> echo = new ArrayList<>();
        for (ConfigEntries.Entry entry : entries.ofTopic(image, configs)) {
            echo.add(
                    new CreatableTopicConfigs()
                            .setName(entry.name())
                            .setValue(entry.value())
                            .setReadOnly(entry.readOnly())
                            .setConfigSource(entry.source().wireId())
                            .setIsSensitive(entry.sensitive()));
        }
        return new CreatableTopicResult()
                .setName(topic.name())
                .setTopicId(topicId)
                .setNumPartitions(placement.partitions())
                .setReplicationFactor((short) placement.replicationFactor())
                .setConfigs(echo);
    }

    // ---- DeleteTopics

    Future<DeleteTopicsResponseData> delete(
            RequestContext context, DeleteTopicsRequestData request) {
        List<DeleteTopicState> topics =
                context.version() >= DELETE_BY_ID
                        ? request.topics()
                        : request.topicNames().stream()
                                .map(name -> new DeleteTopicState().setName(name))
                                .toList();
        MutationQuota quota = quotas.mutations(context, STRICT_DELETE);
        List<Future<DeletableTopicResult>> results = new ArrayList<>();
        for (Map.Entry<DeleteTopicState, Integer> named : times(topics).entrySet()) {
            DeleteTopicState topic = named.getKey();
            DeletableTopicResult result =
                    new DeletableTopicResult().setName(topic.name()).setTopicId(topic.topicId());
            results.add(
                    (named.getValue() > 1
                                    ? Future.<Void>failedFuture(
                                            new InvalidRequestException("Duplicate topic."))
                                    : delete(topic, result, request.timeoutMs(), quota))
                            .map(result)
                            .otherwise(
                                    failure -> {
                                        Refusal refusal = Refusal.of(failure);
                                        return result.setErrorCode(refusal.error().code())
                                                .setErrorMessage(refusal.message());
                                    }));
        }
        return Future.join(results)
                .map(
                        all -> {
                            DeleteTopicsResponseData response =
                                    new DeleteTopicsResponseData()
                                            .setThrottleTimeMs(quota.throttleMs());
                            results.forEach(result -> response.responses().add(result.result()));
                            return response;
                        });
    }

    /** Who is named how often; whoever is named twice is answered once. */
    private static Map<DeleteTopicState, Integer> times(List<DeleteTopicState> topics) {
        Map<DeleteTopicState, Integer> times = new LinkedHashMap<>();
        topics.forEach(topic -> times.merge(topic, 1, Integer::sum));
        return times;
    }

    private Future<Void> delete(
            DeleteTopicState wanted,
            DeletableTopicResult result,
            int timeoutMs,
            MutationQuota quota) {
        try {
            if (!Boolean.parseBoolean(
                    broker.properties().getOrDefault("delete.topic.enable", "true").trim())) {
                throw new TopicDeletionDisabledException(
                        "topics cannot be deleted: delete.topic.enable is false");
            }
            MetadataImage.Topic topic = requireTopic(wanted);
            result.setName(topic.name()).setTopicId(topic.id());
            quota.take(topic.partitions().size());
            return within(timeoutMs, Future.fromCompletionStage(cluster.deleteTopic(topic.id())));
        } catch (RuntimeException e) {
            return Future.failedFuture(e);
        }
    }

    private MetadataImage.Topic requireTopic(DeleteTopicState wanted) {
        MetadataImage image = cluster.image();
        boolean byId = !wanted.topicId().equals(Uuid.ZERO_UUID);
        if (byId == (wanted.name() != null)) {
            throw new InvalidRequestException(
                    "a topic to delete is named either by its name or by its id");
        }
        Optional<MetadataImage.Topic> topic =
                byId ? image.topic(wanted.topicId()) : image.topic(wanted.name());
        return topic.orElseThrow(
                () ->
                        byId
                                ? new UnknownTopicIdException(
                                        "there is no topic with id " + wanted.topicId())
                                : new UnknownTopicOrPartitionException(
                                        "there is no topic " + wanted.name()));
    }

    // ---- CreatePartitions

    Future<CreatePartitionsResponseData> createPartitions(
            RequestContext context, CreatePartitionsRequestData request) {
        List<CreatePartitionsTopicResult> answers = new ArrayList<>();
        List<Future<Void>> changes = new ArrayList<>();
        MutationQuota quota = quotas.mutations(context, STRICT_GROW);
        for (CreatePartitionsTopic topic : request.topics()) {
            CreatePartitionsTopicResult answer =
                    new CreatePartitionsTopicResult().setName(topic.name()).setErrorMessage(null);
            answers.add(answer);
            changes.add(
                    grow(topic, request, quota)
                            .recover(
                                    failure -> {
                                        Refusal refusal = Refusal.of(failure);
                                        answer.setErrorCode(refusal.error().code())
                                                .setErrorMessage(refusal.message());
                                        return Future.succeededFuture();
                                    }));
        }
        return Future.join(changes)
                .map(
                        all ->
                                new CreatePartitionsResponseData()
                                        .setThrottleTimeMs(quota.throttleMs())
                                        .setResults(answers));
    }

    private Future<Void> grow(
            CreatePartitionsTopic topic, CreatePartitionsRequestData request, MutationQuota quota) {
        try {
            MetadataImage image = cluster.image();
            List<List<Integer>> assignment =
                    rules.additions(
                            image,
                            topic.name(),
                            topic.count(),
                            topic.assignments() == null
                                    ? null
                                    : topic.assignments().stream()
                                            .map(a -> List.copyOf(a.brokerIds()))
                                            .toList());
            int before =
                    image.topic(topic.name()).map(known -> known.partitions().size()).orElse(0);
            quota.take(topic.count() - before);
            return request.validateOnly()
                    ? Future.succeededFuture()
                    : within(
                            request.timeoutMs(),
                            Future.fromCompletionStage(
                                    cluster.createPartitions(
                                            topic.name(), topic.count(), assignment)));
        } catch (RuntimeException e) {
            return Future.failedFuture(e);
        }
    }

    private static <T> Future<T> within(int timeoutMs, Future<T> change) {
        return timeoutMs > 0 ? change.timeout(timeoutMs, TimeUnit.MILLISECONDS) : change;
    }
}
