package dev.millrace.broker.admin;

import dev.millrace.broker.BrokerConfig;
import dev.millrace.cluster.Cluster;
import dev.millrace.cluster.MetadataImage;
import dev.millrace.wire.RequestContext;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.AlterConfigsResponseData;
import org.apache.kafka.common.message.AlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.jspecify.annotations.Nullable;

/**
 * IncrementalAlterConfigs 0-1 and AlterConfigs 0-2, which replaces all configs of a resource. A
 * resource changes as a whole or not at all. Topics take the settings of {@link TopicConfigs};
 * brokers those that are defaults of topics.
 */
final class AlterConfigsHandler {
    private final Cluster cluster;
    private final Map<String, String> brokerProperties;

    AlterConfigsHandler(Cluster cluster, BrokerConfig broker) {
        this.cluster = cluster;
        this.brokerProperties = broker.properties();
    }

    Future<IncrementalAlterConfigsResponseData> alterIncrementally(
            RequestContext context, IncrementalAlterConfigsRequestData request) {
        IncrementalAlterConfigsResponseData response = new IncrementalAlterConfigsResponseData();
        List<Future<Void>> changes = new ArrayList<>();
        for (IncrementalAlterConfigsRequestData.AlterConfigsResource resource :
                request.resources()) {
            IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse answer =
                    new IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse()
                            .setResourceType(resource.resourceType())
                            .setResourceName(resource.resourceName());
            response.responses().add(answer);
            changes.add(
                    alter(
                                    resource.resourceType(),
                                    resource.resourceName(),
                                    request.validateOnly(),
                                    () -> operations(resource))
                            .recover(
                                    failure -> {
                                        Refusal refusal = Refusal.of(failure);
                                        answer.setErrorCode(refusal.error().code())
                                                .setErrorMessage(refusal.message());
                                        return Future.succeededFuture();
                                    }));
        }
        return Future.join(changes).map(response);
    }

    Future<AlterConfigsResponseData> replace(
            RequestContext context, AlterConfigsRequestData request) {
        AlterConfigsResponseData response = new AlterConfigsResponseData();
        List<Future<Void>> changes = new ArrayList<>();
        for (AlterConfigsRequestData.AlterConfigsResource resource : request.resources()) {
            AlterConfigsResourceResponse answer =
                    new AlterConfigsResourceResponse()
                            .setResourceType(resource.resourceType())
                            .setResourceName(resource.resourceName());
            response.responses().add(answer);
            changes.add(
                    alter(
                                    resource.resourceType(),
                                    resource.resourceName(),
                                    request.validateOnly(),
                                    () -> replacement(resource))
                            .recover(
                                    failure -> {
                                        Refusal refusal = Refusal.of(failure);
                                        answer.setErrorCode(refusal.error().code())
                                                .setErrorMessage(refusal.message());
                                        return Future.succeededFuture();
                                    }));
        }
        return Future.join(changes).map(response);
    }

    private Future<Void> alter(
            byte resourceType,
            String resourceName,
            boolean validateOnly,
            Supplier<Map<String, Optional<String>>> changes) {
        try {
            ConfigResource resource = requireResource(resourceType, resourceName);
            Map<String, Optional<String>> validated = changes.get();
            if (resource.type() == ConfigResource.Type.TOPIC) {
                validateTogether(resource, validated);
            }
            return validateOnly
                    ? Future.succeededFuture()
                    : Future.fromCompletionStage(cluster.alterConfigs(resource, validated));
        } catch (RuntimeException e) {
            return Future.failedFuture(e);
        }
    }

    private void validateTogether(ConfigResource topic, Map<String, Optional<String>> changes) {
        Map<String, String> after = new HashMap<>(cluster.image().config(topic));
        changes.forEach(
                (name, value) -> {
                    if (value.isPresent()) {
                        after.put(name, value.get());
                    } else {
                        after.remove(name);
                    }
                });
        TopicConfigs.validateTogether(brokerProperties, cluster.image(), cluster.nodeId(), after);
    }

    private ConfigResource requireResource(byte type, String name) {
        switch (ConfigResource.Type.forId(type)) {
            case TOPIC -> {
                if (cluster.image().topic(name).isEmpty()) {
                    throw new UnknownTopicOrPartitionException("there is no topic " + name);
                }
                return TopicConfigs.topicResource(name);
            }
            case BROKER -> {
                if (!name.isEmpty() && !isBroker(name)) {
                    throw new InvalidRequestException(
                            "there is no broker '"
                                    + name
                                    + "'; expected a node id, or empty for all brokers");
                }
                return TopicConfigs.brokerResource(name);
            }
            default ->
                    throw new InvalidRequestException(
                            "configs of resource type "
                                    + type
                                    + " cannot be altered; expected topic (2) or broker (4)");
        }
    }

    private boolean isBroker(String name) {
        MetadataImage image = cluster.image();
        return image.brokers().keySet().stream().anyMatch(id -> String.valueOf(id).equals(name));
    }

    private Map<String, Optional<String>> operations(
            IncrementalAlterConfigsRequestData.AlterConfigsResource resource) {
        boolean ofTopic = resource.resourceType() == ConfigResource.Type.TOPIC.id();
        Map<String, Optional<String>> changes = new LinkedHashMap<>();
        for (IncrementalAlterConfigsRequestData.AlterableConfig config : resource.configs()) {
            String name = config.name();
            AlterConfigOp.OpType operation = AlterConfigOp.OpType.forId(config.configOperation());
            if (operation == null) {
                throw new InvalidRequestException(
                        "Unknown operation type "
                                + config.configOperation()
                                + " for "
                                + name
                                + "; expected set (0), delete (1), append (2) or subtract (3)");
            }
            if (operation != AlterConfigOp.OpType.DELETE && config.value() == null) {
                throw new InvalidRequestException(
                        operation + " of " + name + " needs a value, got null");
            }
            Optional<String> change =
                    switch (operation) {
                        case SET -> Optional.of(validate(ofTopic, name, config.value()));
                        case DELETE -> {
                            requireKnown(ofTopic, name);
                            yield Optional.empty();
                        }
                        case APPEND, SUBTRACT ->
                                Optional.of(
                                        validate(
                                                ofTopic,
                                                name,
                                                combined(resource, operation, config)));
                    };
            if (changes.put(name, change) != null) {
                throw new InvalidRequestException(
                        name + " is altered twice in one request; the order would decide");
            }
        }
        return changes;
    }

    /** The list after appending to, or subtracting from, what holds now. */
    private String combined(
            IncrementalAlterConfigsRequestData.AlterConfigsResource resource,
            AlterConfigOp.OpType operation,
            IncrementalAlterConfigsRequestData.AlterableConfig config) {
        boolean ofTopic = resource.resourceType() == ConfigResource.Type.TOPIC.id();
        ConfigType type =
                ofTopic
                        ? TopicConfigs.require(config.name()).type()
                        : BrokerSetting.of(config.name()).type();
        if (type != ConfigType.LIST) {
            throw new InvalidConfigurationException(
                    "Can't "
                            + operation
                            + " to config "
                            + config.name()
                            + ": its type is not a list");
        }
        List<String> elements =
                new ArrayList<>(TopicConfig.elements(current(ofTopic, resource, config.name())));
        List<String> operands = TopicConfig.elements(config.value());
        if (operation == AlterConfigOp.OpType.SUBTRACT) {
            elements.removeAll(operands);
        } else {
            operands.stream().filter(o -> !elements.contains(o)).forEach(elements::add);
        }
        return String.join(",", elements);
    }

    private String current(
            boolean ofTopic,
            IncrementalAlterConfigsRequestData.AlterConfigsResource resource,
            String name) {
        MetadataImage image = cluster.image();
        String value;
        if (ofTopic) {
            value =
                    TopicConfigs.lookUp(
                                    TopicConfigs.require(name),
                                    brokerProperties,
                                    image,
                                    cluster.nodeId(),
                                    image.config(
                                            TopicConfigs.topicResource(resource.resourceName())))
                            .get(0)
                            .value();
        } else {
            value =
                    image.config(TopicConfigs.brokerResource(resource.resourceName()))
                            .getOrDefault(
                                    name,
                                    brokerProperties.getOrDefault(
                                            name, orEmpty(BrokerSetting.of(name).defaultValue())));
        }
        return orEmpty(value);
    }

    private static String orEmpty(@Nullable String value) {
        return value == null ? "" : value;
    }

    private Map<String, Optional<String>> replacement(
            AlterConfigsRequestData.AlterConfigsResource resource) {
        boolean ofTopic = resource.resourceType() == ConfigResource.Type.TOPIC.id();
        ConfigResource target =
                ofTopic
                        ? TopicConfigs.topicResource(resource.resourceName())
                        : TopicConfigs.brokerResource(resource.resourceName());
        Map<String, Optional<String>> changes = new HashMap<>();
        Set<String> gone = new HashSet<>(cluster.image().config(target).keySet());
        for (AlterConfigsRequestData.AlterableConfig config : resource.configs()) {
            if (config.value() == null) {
                throw new InvalidRequestException(config.name() + " needs a value, got null");
            }
            changes.put(
                    config.name(), Optional.of(validate(ofTopic, config.name(), config.value())));
            gone.remove(config.name());
        }
        gone.forEach(name -> changes.put(name, Optional.empty()));
        return changes;
    }

    private static String validate(boolean ofTopic, String name, String value) {
        if (ofTopic) {
            return TopicConfigs.require(name).validate(value);
        }
        requireKnown(false, name);
        for (TopicConfig config : TopicConfigs.all()) {
            for (TopicConfig.Synonym synonym : config.synonyms()) {
                if (synonym.brokerName().equals(name)) {
                    TopicConfigs.validateSynonym(config, synonym, value);
                }
            }
        }
        return value.trim();
    }

    private static void requireKnown(boolean ofTopic, String name) {
        if (ofTopic) {
            TopicConfigs.require(name);
        } else if (!BrokerSetting.of(name).dynamic()) {
            throw new InvalidRequestException(
                    name
                            + " cannot be changed at run time: set it where the node starts. What can"
                            + " be changed are the defaults of topics, for instance"
                            + " log.retention.ms");
        }
    }
}
