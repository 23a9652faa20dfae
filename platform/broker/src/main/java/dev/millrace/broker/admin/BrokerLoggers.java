package dev.millrace.broker.admin;

import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterableConfig;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Requests of the resource type BROKER_LOGGER; refusals in Kafka's words. Any thread. */
final class BrokerLoggers {
    private static final Logger LOG = LoggerFactory.getLogger(BrokerLoggers.class);

    private final int nodeId;
    private final LogLevels levels;

    BrokerLoggers(int nodeId, LogLevels levels) {
        this.nodeId = nodeId;
        this.levels = levels;
    }

    /**
     * @throws InvalidRequestException if the resource is not this broker
     */
    Map<String, String> describe(String resource) {
        if (resource.isEmpty()) {
            throw new InvalidRequestException("Broker id must not be empty");
        }
        if (brokerId(resource, "Broker id") != nodeId) {
            throw new InvalidRequestException(
                    "Unexpected broker id, expected " + nodeId + " but received " + resource);
        }
        return levels.all();
    }

    /** All of the changes or, if one is refused, none. */
    void alter(String resource, List<AlterableConfig> changes, boolean validateOnly) {
        int id = brokerId(resource, "Node id");
        if (id != nodeId) {
            throw new InvalidRequestException(
                    "Unexpected node id. Expected " + nodeId + ", but received " + id);
        }
        changes.forEach(this::validate);
        if (!validateOnly) {
            changes.forEach(this::apply);
        }
    }

    private static int brokerId(String resource, String what) {
        try {
            return Integer.parseInt(resource);
        } catch (NumberFormatException e) {
            throw new InvalidRequestException(what + " must be an integer, but it is: " + resource);
        }
    }

    private void validate(AlterableConfig change) {
        @Nullable OpType operation = OpType.forId(change.configOperation());
        if (operation == null) {
            throw new InvalidRequestException(
                    "Unknown operation type "
                            + change.configOperation()
                            + " is not allowed for the BROKER_LOGGER resource");
        }
        switch (operation) {
            case SET -> {
                requireLogger(change.name());
                if (change.value() == null || !LogLevels.VALID.contains(change.value())) {
                    throw new InvalidConfigurationException(
                            "Cannot set the log level of "
                                    + change.name()
                                    + " to "
                                    + change.value()
                                    + " as it is not a supported log level. Valid log levels are "
                                    + String.join(", ", new TreeSet<>(LogLevels.VALID)));
                }
            }
            case DELETE -> {
                requireLogger(change.name());
                if (change.name().equals(LogLevels.ROOT)) {
                    throw new InvalidRequestException(
                            "Removing the log level of the root logger is not allowed");
                }
            }
            case APPEND, SUBTRACT ->
                    throw new InvalidRequestException(
                            operation + " operation is not allowed for the BROKER_LOGGER resource");
        }
    }

    private void requireLogger(String name) {
        if (!levels.exists(name)) {
            throw new InvalidConfigurationException("Logger " + name + " does not exist!");
        }
    }

    private void apply(AlterableConfig change) {
        if (change.configOperation() == OpType.SET.id()) {
            levels.set(change.name(), change.value());
            LOG.warn("The log level of {} is {} now", change.name(), change.value());
        } else {
            levels.unset(change.name());
            LOG.warn("The log level of {} is its parent's now", change.name());
        }
    }
}
