package dev.millrace.broker.admin;

import dev.millrace.broker.BrokerConfig;
import dev.millrace.cluster.Cluster;
import dev.millrace.cluster.MetadataImage;
import dev.millrace.wire.RequestContext;
import io.vertx.core.Future;
import java.util.List;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsSynonym;
import org.apache.kafka.common.protocol.Errors;

/** DescribeConfigs 1-4, of every type of resource. */
final class DescribeConfigsHandler {
    private final Cluster cluster;
    private final int nodeId;
    private final ConfigEntries entries;
    private final BrokerLoggers loggers;

    DescribeConfigsHandler(Cluster cluster, BrokerConfig broker, BrokerLoggers loggers) {
        this.loggers = loggers;
        this.cluster = cluster;
        this.nodeId = broker.nodeId();
        this.entries = new ConfigEntries(broker);
    }

    Future<DescribeConfigsResponseData> describe(
            RequestContext context, DescribeConfigsRequestData request) {
        MetadataImage image = cluster.image();
        DescribeConfigsResponseData response = new DescribeConfigsResponseData();
        for (DescribeConfigsResource resource : request.resources()) {
            DescribeConfigsResult result =
                    new DescribeConfigsResult()
                            .setResourceType(resource.resourceType())
                            .setResourceName(resource.resourceName());
            response.results().add(result);
            try {
                for (ConfigEntries.Entry entry : entriesOf(image, resource)) {
                    if (isWanted(resource, entry)) {
                        result.configs().add(toWire(entry, request));
                    }
                }
            } catch (ApiException e) {
                result.setErrorCode(Errors.forException(e).code()).setErrorMessage(e.getMessage());
            }
        }
        return Future.succeededFuture(response);
    }

    private List<ConfigEntries.Entry> entriesOf(
            MetadataImage image, DescribeConfigsResource resource) {
        String name = resource.resourceName();
        return switch (ConfigResource.Type.forId(resource.resourceType())) {
            case TOPIC -> {
                Topic.validate(name);
                if (image.topic(name).isEmpty()) {
                    throw new UnknownTopicOrPartitionException("there is no topic " + name);
                }
                yield entries.ofTopic(image, image.config(TopicConfigs.topicResource(name)));
            }
            case BROKER -> {
                if (name.isEmpty()) {
                    yield entries.ofAllBrokers(image);
                }
                if (brokerId(name) != nodeId) {
                    throw new InvalidRequestException(
                            "Unexpected broker id, expected "
                                    + nodeId
                                    + " or empty string, but received "
                                    + name);
                }
                yield entries.ofThisBroker(image);
            }
            case BROKER_LOGGER -> ConfigEntries.ofLoggers(loggers.describe(name));
            case GROUP -> {
                if (name.isEmpty()) {
                    throw new InvalidRequestException("Group name must not be empty");
                }
                yield entries.ofGroup(
                        image, image.config(new ConfigResource(ConfigResource.Type.GROUP, name)));
            }
            case CLIENT_METRICS -> {
                if (name.isEmpty()) {
                    throw new InvalidRequestException(
                            "Client metrics subscription name must not be empty");
                }
                yield entries.ofClientMetrics(
                        image.config(new ConfigResource(ConfigResource.Type.CLIENT_METRICS, name)));
            }
            case UNKNOWN ->
                    throw new InvalidRequestException(
                            "Unexpected resource type UNKNOWN for resource " + name);
        };
    }

    private static int brokerId(String name) {
        try {
            return Integer.parseInt(name);
        } catch (NumberFormatException e) {
            throw new InvalidRequestException("Broker id must be an integer, but it is: " + name);
        }
    }

    private static boolean isWanted(DescribeConfigsResource resource, ConfigEntries.Entry entry) {
        return resource.configurationKeys() == null
                || resource.configurationKeys().isEmpty()
                || resource.configurationKeys().contains(entry.name());
    }

    private static DescribeConfigsResourceResult toWire(
            ConfigEntries.Entry entry, DescribeConfigsRequestData request) {
        DescribeConfigsResourceResult result =
                new DescribeConfigsResourceResult()
                        .setName(entry.name())
                        .setValue(entry.value())
                        .setReadOnly(entry.readOnly())
                        .setConfigSource(entry.source().wireId())
                        .setIsSensitive(entry.sensitive())
                        .setConfigType(entry.type().wireId());
        if (request.includeSynonyms() && entry.source() != ConfigSource.BROKER_LOGGER) {
            result.setSynonyms(
                    entry.found().stream()
                            .map(
                                    found ->
                                            new DescribeConfigsSynonym()
                                                    .setName(found.foundAs())
                                                    .setValue(found.value())
                                                    .setSource(found.source().wireId()))
                            .toList());
        }
        if (request.includeDocumentation()) {
            result.setDocumentation(entry.documentation());
        }
        return result;
    }
}
