package dev.millrace.broker.admin;

import dev.millrace.broker.BrokerConfig;
import dev.millrace.cluster.Cluster;
import dev.millrace.cluster.MetadataImage;
import dev.millrace.wire.RequestContext;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.InvalidUpdateVersionException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.AlterConfigsResponseData;
import org.apache.kafka.common.message.AlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;

/**
 * IncrementalAlterConfigs 0-1 and AlterConfigs 0-2, which replaces all configs of a resource. A
 * resource changes as a whole or not at all. Topics, brokers, groups and client metrics are kept in
 * the cluster's metadata; levels of loggers last until this process ends.
 */
final class AlterConfigsHandler {
    /** How often a change is computed anew because another one came first. */
    private static final int MAX_RETRIES = 10;

    private final Cluster cluster;
    private final Map<String, String> brokerProperties;
    private final BrokerConfigs brokers;
    private final BrokerLoggers loggers;

    AlterConfigsHandler(Cluster cluster, BrokerConfig broker, BrokerLoggers loggers) {
        this.cluster = cluster;
        this.brokerProperties = broker.properties();
        this.brokers =
                new BrokerConfigs(
                        broker.properties(),
                        broker.logDirs().stream().map(Object::toString).toList());
        this.loggers = loggers;
    }

    Future<IncrementalAlterConfigsResponseData> alterIncrementally(
            RequestContext context, IncrementalAlterConfigsRequestData request) {
        IncrementalAlterConfigsResponseData response = new IncrementalAlterConfigsResponseData();
        Set<ConfigResource> twice = new HashSet<>();
        Map<ConfigResource, Integer> seen = new HashMap<>();
        for (IncrementalAlterConfigsRequestData.AlterConfigsResource each : request.resources()) {
            ConfigResource resource = resource(each.resourceType(), each.resourceName());
            if (seen.merge(resource, 1, Integer::sum) > 1) {
                twice.add(resource);
            }
        }
        List<Future<Void>> changes = new ArrayList<>();
        for (IncrementalAlterConfigsRequestData.AlterConfigsResource each : request.resources()) {
            IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse answer =
                    new IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse()
                            .setResourceType(each.resourceType())
                            .setResourceName(each.resourceName());
            response.responses().add(answer);
            ConfigResource resource = resource(each.resourceType(), each.resourceName());
            changes.add(
                    attempt(
                                    twice.contains(resource),
                                    () -> alter(resource, each, request.validateOnly()))
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
        Set<ConfigResource> twice = new HashSet<>();
        Map<ConfigResource, Integer> seen = new HashMap<>();
        for (AlterConfigsRequestData.AlterConfigsResource each : request.resources()) {
            ConfigResource resource = resource(each.resourceType(), each.resourceName());
            if (seen.merge(resource, 1, Integer::sum) > 1) {
                twice.add(resource);
            }
        }
        List<Future<Void>> changes = new ArrayList<>();
        for (AlterConfigsRequestData.AlterConfigsResource each : request.resources()) {
            AlterConfigsResourceResponse answer =
                    new AlterConfigsResourceResponse()
                            .setResourceType(each.resourceType())
                            .setResourceName(each.resourceName());
            response.responses().add(answer);
            ConfigResource resource = resource(each.resourceType(), each.resourceName());
            changes.add(
                    attempt(
                                    twice.contains(resource),
                                    () -> {
                                        if (resource.type() == ConfigResource.Type.BROKER_LOGGER) {
                                            throw unknownType(each.resourceType());
                                        }
                                        return change(
                                                resource,
                                                draft -> draft.replace(List.copyOf(each.configs())),
                                                request.validateOnly(),
                                                MAX_RETRIES);
                                    })
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

    @FunctionalInterface
    private interface Step {
        Future<Void> run();
    }

    private static Future<Void> attempt(boolean twice, Step step) {
        if (twice) {
            return Future.failedFuture(
                    new InvalidRequestException("Each resource must appear at most once."));
        }
        try {
            return step.run();
        } catch (RuntimeException e) {
            return Future.failedFuture(e);
        }
    }

    private static ConfigResource resource(byte type, String name) {
        return new ConfigResource(ConfigResource.Type.forId(type), name);
    }

    private static InvalidRequestException unknownType(byte type) {
        return new InvalidRequestException("Unknown resource type " + type);
    }

    private Future<Void> alter(
            ConfigResource resource,
            IncrementalAlterConfigsRequestData.AlterConfigsResource wanted,
            boolean validateOnly) {
        if (resource.type() == ConfigResource.Type.UNKNOWN) {
            throw unknownType(wanted.resourceType());
        }
        if (resource.type() == ConfigResource.Type.BROKER_LOGGER) {
            ConfigDraft.requireWellFormed(List.copyOf(wanted.configs()));
            loggers.alter(resource.name(), List.copyOf(wanted.configs()), validateOnly);
            return Future.succeededFuture();
        }
        return change(
                resource,
                draft ->
                        draft.apply(
                                List.copyOf(wanted.configs()),
                                (name, operation) -> listDefault(resource, name, operation)),
                validateOnly,
                MAX_RETRIES);
    }

    private Future<Void> change(
            ConfigResource resource,
            Consumer<ConfigDraft> step,
            boolean validateOnly,
            int retriesLeft) {
        MetadataImage image = cluster.image();
        requireBrokerOfMine(resource);
        ConfigDraft draft = new ConfigDraft(image.config(resource));
        step.accept(draft);
        validate(image, resource, draft);
        if (validateOnly) {
            return Future.succeededFuture();
        }
        return Future.fromCompletionStage(
                        cluster.alterConfigs(resource, draft.changes(), draft.expected()))
                .recover(
                        failure ->
                                failure instanceof InvalidUpdateVersionException && retriesLeft > 0
                                        ? attempt(
                                                false,
                                                () ->
                                                        change(
                                                                resource,
                                                                step,
                                                                false,
                                                                retriesLeft - 1))
                                        : Future.failedFuture(failure));
    }

    private void requireBrokerOfMine(ConfigResource resource) {
        if (resource.type() != ConfigResource.Type.BROKER || resource.name().isEmpty()) {
            return;
        }
        int id;
        try {
            id = Integer.parseInt(resource.name());
        } catch (NumberFormatException e) {
            throw new InvalidRequestException(
                    "Node id must be an integer, but it is: " + resource.name());
        }
        if (id != cluster.nodeId()) {
            throw new InvalidRequestException(
                    "Unexpected broker id, expected "
                            + cluster.nodeId()
                            + ", but received "
                            + resource.name());
        }
    }

    private void validate(MetadataImage image, ConfigResource resource, ConfigDraft draft) {
        switch (resource.type()) {
            case TOPIC -> validateTopic(image, resource.name(), draft);
            case BROKER ->
                    brokers.validate(
                            draft.after(),
                            !resource.name().isEmpty(),
                            image.config(TopicConfigs.brokerResource("")),
                            image.config(
                                    TopicConfigs.brokerResource(String.valueOf(cluster.nodeId()))));
            case GROUP -> {
                if (resource.name().isEmpty()) {
                    throw new InvalidRequestException("Default group resources are not allowed.");
                }
                GroupConfigs.validate(
                        draft.after(),
                        EffectiveSettings.of(brokerProperties, image, cluster.nodeId()));
            }
            case CLIENT_METRICS -> ClientMetricsConfigs.validate(resource.name(), draft.after());
            default -> throw unknownType(resource.type().id());
        }
    }

    private void validateTopic(MetadataImage image, String name, ConfigDraft draft) {
        if (name.isEmpty()) {
            throw new InvalidRequestException("Default topic resources are not allowed.");
        }
        if (image.topic(name).isEmpty()) {
            throw new UnknownTopicOrPartitionException("The topic '" + name + "' does not exist.");
        }
        for (String each : draft.changedNames()) {
            draft.normalise(
                    each,
                    TopicConfigs.require(each).validate(draft.after().getOrDefault(each, "")));
        }
        TopicConfigs.validateTogether(brokerProperties, image, cluster.nodeId(), draft.after());
    }

    private static Optional<String> listDefault(
            ConfigResource resource, String name, OpType operation) {
        return switch (resource.type()) {
            case TOPIC ->
                    TopicConfigs.find(name)
                            .filter(config -> config.type() == ConfigType.LIST)
                            .map(config -> orEmpty(Optional.ofNullable(config.defaultValue())));
            case BROKER -> {
                BrokerSetting setting =
                        BrokerSetting.find(name)
                                .orElseThrow(
                                        () ->
                                                new InvalidConfigurationException(
                                                        "Unknown config name: " + name));
                if (ConfigType.of(setting.type()) != ConfigType.LIST) {
                    throw new InvalidConfigurationException(
                            "Config value "
                                    + (operation == OpType.APPEND ? "append" : "subtract")
                                    + " is not allowed for config key: "
                                    + name);
                }
                yield Optional.of(orEmpty(Optional.ofNullable(setting.defaultValue())));
            }
            default -> Optional.empty();
        };
    }

    private static String orEmpty(Optional<String> value) {
        return value.orElse("");
    }
}
