package dev.millrace.broker.admin;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterableConfig;
import org.jspecify.annotations.Nullable;

/**
 * The configs of one resource while a request is applied to them: what they were, what they would
 * be, and which of the old values the new ones were computed from.
 */
final class ConfigDraft {
    /** Of a value, in characters, as in Kafka. */
    private static final int MAX_VALUE_LENGTH = Short.MAX_VALUE;

    private final Map<String, String> before;
    private final Map<String, String> after;
    private final Set<String> touched = new LinkedHashSet<>();
    private final Set<String> read = new HashSet<>();

    ConfigDraft(Map<String, String> before) {
        this.before = before;
        this.after = new LinkedHashMap<>(before);
    }

    /** Which settings are lists, and what a list is where it is not set; for APPEND, SUBTRACT. */
    interface Lists {
        /**
         * @return what is in it by default; empty if the setting is no list
         */
        Optional<String> defaultOf(String name, OpType operation);
    }

    /**
     * @throws InvalidRequestException or InvalidConfigurationException, in Kafka's words
     */
    void apply(List<AlterableConfig> operations, Lists lists) {
        requireWellFormed(operations);
        for (AlterableConfig each : operations) {
            @Nullable OpType operation = OpType.forId(each.configOperation());
            if (operation == null) {
                throw new InvalidRequestException(
                        "Unknown operations type " + each.configOperation());
            }
            touched.add(each.name());
            switch (operation) {
                case SET -> put(each.name(), each.value());
                case DELETE -> after.remove(each.name());
                case APPEND, SUBTRACT -> {
                    String inDefault =
                            lists.defaultOf(each.name(), operation)
                                    .orElseThrow(
                                            () ->
                                                    new InvalidConfigurationException(
                                                            "Can't "
                                                                    + operation
                                                                    + " to key "
                                                                    + each.name()
                                                                    + " because its type is not"
                                                                    + " LIST."));
                    read.add(each.name());
                    put(
                            each.name(),
                            combined(
                                    before.getOrDefault(each.name(), inDefault),
                                    operation,
                                    each.value()));
                }
            }
        }
    }

    /** Each name once, and a value wherever one is needed. */
    static void requireWellFormed(List<AlterableConfig> operations) {
        requireDistinct(operations.stream().map(AlterableConfig::name).toList());
        requireValues(
                operations.stream()
                        .filter(o -> o.configOperation() != OpType.DELETE.id())
                        .filter(o -> o.value() == null)
                        .map(AlterableConfig::name)
                        .toList());
    }

    /** What is not named is removed. */
    void replace(List<AlterConfigsRequestData.AlterableConfig> configs) {
        requireDistinct(
                configs.stream().map(AlterConfigsRequestData.AlterableConfig::name).toList());
        requireValues(
                configs.stream()
                        .filter(config -> config.value() == null)
                        .map(AlterConfigsRequestData.AlterableConfig::name)
                        .toList());
        after.clear();
        touched.addAll(before.keySet());
        read.addAll(before.keySet());
        for (AlterConfigsRequestData.AlterableConfig config : configs) {
            touched.add(config.name());
            put(config.name(), config.value());
        }
    }

    private static void requireDistinct(List<String> names) {
        if (new HashSet<>(names).size() < names.size()) {
            throw new InvalidRequestException("Error due to duplicate config keys");
        }
    }

    private static void requireValues(List<String> without) {
        if (!without.isEmpty()) {
            throw new InvalidRequestException(
                    "Null value not supported for : " + String.join(", ", without));
        }
    }

    private void put(String name, String value) {
        if (value.length() > MAX_VALUE_LENGTH) {
            throw new InvalidConfigurationException(
                    "The configuration value cannot be added because it exceeds the maximum value"
                            + " size of "
                            + MAX_VALUE_LENGTH
                            + " bytes.");
        }
        after.put(name, value);
    }

    private static String combined(String list, OpType operation, String operands) {
        List<String> elements = new ArrayList<>(ValueRule.elements(list));
        for (String operand : operands.split(",", -1)) {
            if (operation == OpType.SUBTRACT) {
                elements.remove(operand);
            } else if (!elements.contains(operand)) {
                elements.add(operand);
            }
        }
        return String.join(",", elements);
    }

    /** All that the resource would have. */
    Map<String, String> after() {
        return after;
    }

    /** Names that the request speaks of and that would have a value. */
    List<String> changedNames() {
        return touched.stream().filter(after::containsKey).toList();
    }

    /** Puts a value in another form. */
    void normalise(String name, String value) {
        after.put(name, value);
    }

    Map<String, Optional<String>> changes() {
        Map<String, Optional<String>> changes = new LinkedHashMap<>();
        for (String name : touched) {
            if (!Objects.equals(before.get(name), after.get(name))) {
                changes.put(name, Optional.ofNullable(after.get(name)));
            }
        }
        return changes;
    }

    /** Values that must still be there when the changes are made; empty = not set. */
    Map<String, Optional<String>> expected() {
        Map<String, Optional<String>> expected = new LinkedHashMap<>();
        read.forEach(name -> expected.put(name, Optional.ofNullable(before.get(name))));
        return expected;
    }
}
