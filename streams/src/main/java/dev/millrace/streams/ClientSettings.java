package dev.millrace.streams;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What of an application's settings its clients get, as Kafka Streams passes it on; of the later
 * ones in this order, the last counts:
 *
 * <pre>
 * our defaults | names that nobody knows | names of the client | consumer., producer., admin. |
 * main.consumer., restore.consumer., global.consumer.
 * </pre>
 *
 * Some are not the program's to choose: those are logged and ignored.
 */
final class ClientSettings {
    private static final Logger LOG = LoggerFactory.getLogger(StreamsConfig.class);
    private static final int MAX_IN_FLIGHT = 5;
    static final int TRANSACTION_TIMEOUT_MS = 10_000;

    private static final Map<String, Object> CONSUMER =
            Map.of(
                    ConsumerConfig.MAX_POLL_RECORDS_CONFIG, "1000",
                    ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest",
                    ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false",
                    ConsumerConfig.GROUP_PROTOCOL_CONFIG, "classic",
                    ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");

    private static final Set<String> CONSUMER_FIXED =
            Set.of(
                    ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                    ConsumerConfig.GROUP_PROTOCOL_CONFIG,
                    ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG);

    private static final Map<String, Object> CONSUMER_EXACTLY_ONCE =
            Map.of(
                    ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                    "read_committed",
                    "internal.throw.on.fetch.stable.offset.unsupported",
                    true);

    private static final Map<String, Object> PRODUCER =
            Map.of(ProducerConfig.LINGER_MS_CONFIG, "100");

    private static final Map<String, Object> PRODUCER_EXACTLY_ONCE =
            Map.of(
                    ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                    Integer.MAX_VALUE,
                    ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
                    true,
                    ProducerConfig.TRANSACTION_TIMEOUT_CONFIG,
                    TRANSACTION_TIMEOUT_MS);

    private final StreamsConfig config;

    ClientSettings(StreamsConfig config) {
        this.config = config;
    }

    /** Of the consumer that reads source topics, without names of its own. */
    Map<String, Object> mainConsumer() {
        return consumer(StreamsConfig.MAIN_CONSUMER_PREFIX);
    }

    Map<String, Object> restoreConsumer() {
        return withoutGroup(consumer(StreamsConfig.RESTORE_CONSUMER_PREFIX));
    }

    Map<String, Object> globalConsumer() {
        return withoutGroup(consumer(StreamsConfig.GLOBAL_CONSUMER_PREFIX));
    }

    private static Map<String, Object> withoutGroup(Map<String, Object> configs) {
        configs.remove(ConsumerConfig.GROUP_ID_CONFIG);
        configs.remove(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG);
        return configs;
    }

    private Map<String, Object> consumer(String prefix) {
        Map<String, Object> common =
                given(StreamsConfig.CONSUMER_PREFIX, ConsumerConfig.configNames());
        // That of the application has the same name, and is not the consumers'.
        common.remove(ConsumerConfig.GROUP_PROTOCOL_CONFIG);
        refuse("consumer", common, CONSUMER_FIXED, CONSUMER);
        Map<String, Object> configs = new HashMap<>(CONSUMER);
        if (config.exactlyOnce()) {
            refuse(
                    "consumer",
                    common,
                    Set.of(ConsumerConfig.ISOLATION_LEVEL_CONFIG),
                    CONSUMER_EXACTLY_ONCE);
            configs.putAll(CONSUMER_EXACTLY_ONCE);
        }
        configs.putAll(unknown());
        configs.putAll(common);
        Map<String, Object> own = config.originalsWithPrefix(prefix);
        refuse("consumer", own, CONSUMER_FIXED, CONSUMER);
        configs.putAll(own);
        configs.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers());
        return configs;
    }

    Map<String, Object> producer() {
        Map<String, Object> given =
                given(StreamsConfig.PRODUCER_PREFIX, ProducerConfig.configNames());
        Map<String, Object> configs = new HashMap<>(PRODUCER);
        if (config.exactlyOnce()) {
            refuse(
                    "producer",
                    given,
                    Set.of(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG),
                    PRODUCER_EXACTLY_ONCE);
            refuse(
                    "producer",
                    given,
                    Set.of(ProducerConfig.TRANSACTIONAL_ID_CONFIG),
                    Map.of(
                            ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                            "<application.id>-<process>-<thread>"));
            requireMaxInFlight(given.get(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION));
            configs.putAll(PRODUCER_EXACTLY_ONCE);
        }
        configs.putAll(unknown());
        configs.putAll(given);
        configs.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers());
        return configs;
    }

    Map<String, Object> admin() {
        Map<String, Object> configs = new HashMap<>();
        configs.put(AdminClientConfig.ENABLE_METRICS_PUSH_CONFIG, true);
        configs.putAll(unknown());
        configs.putAll(given(StreamsConfig.ADMIN_CLIENT_PREFIX, AdminClientConfig.configNames()));
        return configs;
    }

    private Object bootstrapServers() {
        return config.getList(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG);
    }

    /** Under the client's own names, and over those under its prefix. */
    private Map<String, Object> given(String prefix, Set<String> names) {
        Map<String, Object> given = config.originals();
        given.keySet().retainAll(names);
        given.remove(StreamsConfig.CLIENT_ID_CONFIG); // each client has a name of its own
        given.putAll(config.originalsWithPrefix(prefix));
        return given;
    }

    /** For interceptors, serialisers and the like: they know what the names mean. */
    private Map<String, Object> unknown() {
        Map<String, Object> unknown = config.originals();
        unknown.keySet().removeAll(StreamsConfig.configDef().names());
        unknown.keySet().removeAll(ConsumerConfig.configNames());
        unknown.keySet().removeAll(ProducerConfig.configNames());
        unknown.keySet().removeAll(AdminClientConfig.configNames());
        unknown.keySet()
                .removeIf(
                        name ->
                                name.startsWith(StreamsConfig.CONSUMER_PREFIX)
                                        || name.startsWith(StreamsConfig.PRODUCER_PREFIX)
                                        || name.startsWith(StreamsConfig.ADMIN_CLIENT_PREFIX));
        return unknown;
    }

    private static void refuse(
            String client,
            Map<String, Object> given,
            Set<String> fixed,
            Map<String, Object> values) {
        for (String name : fixed) {
            Object value = given.get(name);
            Object ours = values.get(name);
            if (value != null && !value.toString().equals(String.valueOf(ours))) {
                LOG.error(
                        "Unexpected user-specified {} config '{}' found. {} is ignored, {} is used.",
                        client,
                        name,
                        value,
                        ours);
            }
            given.remove(name);
        }
    }

    private static void requireMaxInFlight(@org.jspecify.annotations.Nullable Object given) {
        if (given == null) {
            return;
        }
        String name = ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION;
        int requests;
        try {
            requests = Integer.parseInt(given.toString().trim());
        } catch (NumberFormatException e) {
            throw new ConfigException(
                    name, given, "String value could not be parsed as 32-bit integer");
        }
        if (requests > MAX_IN_FLIGHT) {
            throw new ConfigException(
                    name, given, "Can't exceed 5 when exactly-once processing is enabled");
        }
    }
}
