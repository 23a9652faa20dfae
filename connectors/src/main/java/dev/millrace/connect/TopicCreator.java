package dev.millrace.connect;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.RetriableException;
import org.jspecify.annotations.Nullable;

/**
 * Creates the topics that a connector writes to, before their first record, as the connector's
 * settings have it:
 *
 * <pre>
 * topic.creation.groups=g,h                   first group whose include matches and exclude does not
 * topic.creation.g.include / .exclude         regular expressions of topic names
 * topic.creation.g.partitions                 -1: the broker's default
 * topic.creation.g.replication.factor         -1: the broker's default
 * topic.creation.g.cleanup.policy ...         any topic setting
 * topic.creation.default.*                    for all other topics; switches the whole thing on
 * </pre>
 *
 * Owned by its task's thread.
 *
 * @see "KIP-158: topic creation by source connectors"
 */
final class TopicCreator implements AutoCloseable {
    private static final String PREFIX = "topic.creation.";
    private static final String DEFAULT = "default";
    private static final long TIMEOUT_S = 30;

    private record Group(Pattern include, Pattern exclude, Map<String, String> settings) {
        boolean matches(String topic) {
            return include.matcher(topic).matches() && !exclude.matcher(topic).matches();
        }

        NewTopic topic(String name) {
            Map<String, String> configs = new HashMap<>(settings);
            configs.keySet().removeAll(Set.of("include", "exclude"));
            Optional<Integer> partitions = number(configs.remove("partitions"));
            Optional<Short> replicas =
                    number(configs.remove("replication.factor")).map(Integer::shortValue);
            return new NewTopic(name, partitions, replicas).configs(configs);
        }

        private static Optional<Integer> number(@Nullable String value) {
            int parsed = value == null ? -1 : Integer.parseInt(value.trim());
            return parsed < 0 ? Optional.empty() : Optional.of(parsed);
        }
    }

    private final Admin admin;
    private final List<Group> groups;
    private final Set<String> known = new HashSet<>();

    private TopicCreator(Admin admin, List<Group> groups) {
        this.admin = admin;
        this.groups = groups;
    }

    /** Empty if the connector leaves it to the broker. */
    static Optional<TopicCreator> of(ConnectorConfig connector, Map<String, Object> adminSettings) {
        if (connector.below(PREFIX + DEFAULT + ".").isEmpty()) {
            return Optional.empty();
        }
        Object names = connector.originals().getOrDefault(PREFIX + "groups", "");
        List<Group> groups = new ArrayList<>();
        for (String name : names.toString().trim().split("\\s*,\\s*")) {
            if (!name.isEmpty()) {
                groups.add(group(connector, name));
            }
        }
        groups.add(group(connector, DEFAULT));
        return Optional.of(new TopicCreator(Admin.create(adminSettings), List.copyOf(groups)));
    }

    private static Group group(ConnectorConfig connector, String name) {
        Map<String, String> settings = new HashMap<>();
        connector
                .below(PREFIX + name + ".")
                .forEach((key, value) -> settings.put(key, String.valueOf(value)));
        String include = settings.getOrDefault("include", name.equals(DEFAULT) ? ".*" : "");
        if (include.isEmpty()) {
            throw new ConfigException(PREFIX + name + ".include: expected a regular expression");
        }
        try {
            Group group =
                    new Group(
                            Pattern.compile(include),
                            Pattern.compile(settings.getOrDefault("exclude", "")),
                            settings);
            group.topic(name); // so that a number that is none is refused at start
            return group;
        } catch (IllegalArgumentException e) {
            throw new ConfigException(PREFIX + name + ": " + e.getMessage());
        }
    }

    /** Returns when the topic exists. */
    void ensure(String topic) throws InterruptedException {
        if (known.contains(topic)) {
            return;
        }
        Group group = groups.stream().filter(each -> each.matches(topic)).findFirst().orElseThrow();
        create(admin, group.topic(topic));
        known.add(topic);
    }

    /**
     * @throws RetriableException if no broker answered in time
     * @throws ConnectException if the broker refuses
     */
    static void create(Admin admin, NewTopic topic) throws InterruptedException {
        try {
            admin.createTopics(List.of(topic)).all().get(TIMEOUT_S, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof TopicExistsException) {
                return;
            }
            if (e.getCause() instanceof org.apache.kafka.common.errors.RetriableException) {
                throw new RetriableException(
                        "topic " + topic.name() + " could not be created yet", e.getCause());
            }
            throw new ConnectException(
                    "topic " + topic.name() + " could not be created: " + e.getCause(),
                    e.getCause());
        } catch (TimeoutException e) {
            throw new RetriableException(
                    "topic " + topic.name() + " was not created within " + TIMEOUT_S + " s", e);
        }
    }

    @Override
    public void close() {
        admin.close();
    }
}
