package dev.millrace.streams;

import dev.millrace.streams.errors.DeserializationExceptionHandler;
import dev.millrace.streams.errors.LogAndFailExceptionHandler;
import dev.millrace.streams.processor.FailOnInvalidTimestamp;
import dev.millrace.streams.processor.TimestampExtractor;
import dev.millrace.streams.state.BuiltInDslStoreSuppliers;
import dev.millrace.streams.state.DslStoreSuppliers;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.serialization.Serde;
import org.jspecify.annotations.Nullable;

/**
 * The settings of an application, under Kafka Streams' names. Settings of the clients are given by
 * their own names, or prefixed with {@code consumer.}, {@code main.consumer.}, {@code
 * restore.consumer.}, {@code producer.} or {@code admin.} for one of them.
 */
public class StreamsConfig extends AbstractConfig {
    public static final String APPLICATION_ID_CONFIG = "application.id";
    public static final String BOOTSTRAP_SERVERS_CONFIG = "bootstrap.servers";
    public static final String CLIENT_ID_CONFIG = "client.id";
    public static final String NUM_STREAM_THREADS_CONFIG = "num.stream.threads";
    public static final String STATE_DIR_CONFIG = "state.dir";
    public static final String COMMIT_INTERVAL_MS_CONFIG = "commit.interval.ms";
    public static final String STATESTORE_CACHE_MAX_BYTES_CONFIG = "statestore.cache.max.bytes";
    public static final String PROCESSING_GUARANTEE_CONFIG = "processing.guarantee";
    public static final String DEFAULT_KEY_SERDE_CLASS_CONFIG = "default.key.serde";
    public static final String DEFAULT_VALUE_SERDE_CLASS_CONFIG = "default.value.serde";
    public static final String DEFAULT_TIMESTAMP_EXTRACTOR_CLASS_CONFIG =
            "default.timestamp.extractor";
    public static final String DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG =
            "deserialization.exception.handler";
    public static final String POLL_MS_CONFIG = "poll.ms";
    public static final String MAX_TASK_IDLE_MS_CONFIG = "max.task.idle.ms";
    public static final String BUFFERED_RECORDS_PER_PARTITION_CONFIG =
            "buffered.records.per.partition";
    public static final String REPLICATION_FACTOR_CONFIG = "replication.factor";
    public static final String REPARTITION_PURGE_INTERVAL_MS_CONFIG =
            "repartition.purge.interval.ms";
    public static final String DEFAULT_DSL_STORE_CONFIG = "default.dsl.store";

    public static final String DSL_STORE_SUPPLIERS_CLASS_CONFIG = "dsl.store.suppliers.class";
    public static final String WINDOW_STORE_CHANGE_LOG_ADDITIONAL_RETENTION_MS_CONFIG =
            "windowstore.changelog.additional.retention.ms";
    public static final String WINDOW_SIZE_MS_CONFIG = "window.size.ms";
    public static final String WINDOWED_INNER_CLASS_SERDE = "windowed.inner.class.serde";
    public static final String TOPOLOGY_OPTIMIZATION_CONFIG = "topology.optimization";
    public static final String NO_OPTIMIZATION = "none";
    public static final String OPTIMIZE = "all";
    public static final String REUSE_KTABLE_SOURCE_TOPICS = "reuse.ktable.source.topics";
    public static final String MERGE_REPARTITION_TOPICS = "merge.repartition.topics";
    public static final String SINGLE_STORE_SELF_JOIN = "single.store.self.join";

    public static final String CONSUMER_PREFIX = "consumer.";
    public static final String MAIN_CONSUMER_PREFIX = "main.consumer.";
    public static final String RESTORE_CONSUMER_PREFIX = "restore.consumer.";
    public static final String PRODUCER_PREFIX = "producer.";
    public static final String ADMIN_CLIENT_PREFIX = "admin.";
    public static final String TOPIC_PREFIX = "topic.";

    public static final String AT_LEAST_ONCE = "at_least_once";
    public static final String EXACTLY_ONCE_V2 = "exactly_once_v2";
    public static final String ROCKS_DB = "rocksDB";
    public static final String IN_MEMORY = "in_memory";

    private static final ConfigDef DEFINITION =
            new ConfigDef()
                    .define(
                            APPLICATION_ID_CONFIG,
                            ConfigDef.Type.STRING,
                            ConfigDef.NO_DEFAULT_VALUE,
                            Importance.HIGH,
                            "Group id, and prefix of internal topics and of the state directory.")
                    .define(
                            BOOTSTRAP_SERVERS_CONFIG,
                            ConfigDef.Type.LIST,
                            ConfigDef.NO_DEFAULT_VALUE,
                            Importance.HIGH,
                            "HOST:PORT of one or more brokers.")
                    .define(
                            CLIENT_ID_CONFIG,
                            ConfigDef.Type.STRING,
                            "",
                            Importance.MEDIUM,
                            "Prefix of the clients' ids.")
                    .define(
                            NUM_STREAM_THREADS_CONFIG,
                            ConfigDef.Type.INT,
                            1,
                            ConfigDef.Range.atLeast(1),
                            Importance.MEDIUM,
                            "Threads that run tasks.")
                    .define(
                            STATE_DIR_CONFIG,
                            ConfigDef.Type.STRING,
                            System.getProperty("java.io.tmpdir") + "/kafka-streams",
                            Importance.HIGH,
                            "Where persistent stores live; one process at a time per application.")
                    .define(
                            COMMIT_INTERVAL_MS_CONFIG,
                            ConfigDef.Type.LONG,
                            30_000L,
                            ConfigDef.Range.atLeast(0),
                            Importance.LOW,
                            "How often combined changes go out and positions are saved.")
                    .define(
                            STATESTORE_CACHE_MAX_BYTES_CONFIG,
                            ConfigDef.Type.LONG,
                            10L << 20,
                            ConfigDef.Range.atLeast(0),
                            Importance.MEDIUM,
                            "Memory of the combining caches of all threads; 0: one change per update, in order.")
                    .define(
                            PROCESSING_GUARANTEE_CONFIG,
                            ConfigDef.Type.STRING,
                            AT_LEAST_ONCE,
                            ConfigDef.ValidString.in(AT_LEAST_ONCE, EXACTLY_ONCE_V2),
                            Importance.MEDIUM,
                            "at_least_once; exactly_once_v2 is refused for now.")
                    .define(
                            DEFAULT_KEY_SERDE_CLASS_CONFIG,
                            ConfigDef.Type.CLASS,
                            null,
                            Importance.MEDIUM,
                            "For keys without a serde of their own.")
                    .define(
                            DEFAULT_VALUE_SERDE_CLASS_CONFIG,
                            ConfigDef.Type.CLASS,
                            null,
                            Importance.MEDIUM,
                            "For values without a serde of their own.")
                    .define(
                            DEFAULT_TIMESTAMP_EXTRACTOR_CLASS_CONFIG,
                            ConfigDef.Type.CLASS,
                            FailOnInvalidTimestamp.class,
                            Importance.MEDIUM,
                            "Event time of source records.")
                    .define(
                            DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG,
                            ConfigDef.Type.CLASS,
                            LogAndFailExceptionHandler.class,
                            Importance.MEDIUM,
                            "What to do with source records that cannot be deserialised.")
                    .define(
                            POLL_MS_CONFIG,
                            ConfigDef.Type.LONG,
                            100L,
                            Importance.LOW,
                            "Longest wait for input.")
                    .define(
                            MAX_TASK_IDLE_MS_CONFIG,
                            ConfigDef.Type.LONG,
                            0L,
                            Importance.MEDIUM,
                            "How long a task with an empty partition waits for it, to keep the order of timestamps;"
                                    + " 0: until what the broker has is fetched, -1: never.")
                    .define(
                            BUFFERED_RECORDS_PER_PARTITION_CONFIG,
                            ConfigDef.Type.INT,
                            1000,
                            ConfigDef.Range.atLeast(1),
                            Importance.LOW,
                            "Records fetched ahead, per partition.")
                    .define(
                            REPLICATION_FACTOR_CONFIG,
                            ConfigDef.Type.INT,
                            -1,
                            Importance.HIGH,
                            "Of internal topics; -1: the broker's default.")
                    .define(
                            REPARTITION_PURGE_INTERVAL_MS_CONFIG,
                            ConfigDef.Type.LONG,
                            30_000L,
                            ConfigDef.Range.atLeast(0),
                            Importance.LOW,
                            "How often what was read and committed is deleted from repartition topics, after a commit.")
                    .define(
                            DEFAULT_DSL_STORE_CONFIG,
                            ConfigDef.Type.STRING,
                            ROCKS_DB,
                            ConfigDef.ValidString.in(ROCKS_DB, IN_MEMORY),
                            Importance.LOW,
                            "Kind of store of tables that name none.")
                    .define(
                            DSL_STORE_SUPPLIERS_CLASS_CONFIG,
                            ConfigDef.Type.CLASS,
                            null,
                            Importance.LOW,
                            "DslStoreSuppliers of tables that name none; over default.dsl.store.")
                    .define(
                            WINDOW_STORE_CHANGE_LOG_ADDITIONAL_RETENTION_MS_CONFIG,
                            ConfigDef.Type.LONG,
                            24L * 60 * 60 * 1000,
                            Importance.LOW,
                            "Added to the retention of changelogs of windows: clocks differ.")
                    .define(
                            TOPOLOGY_OPTIMIZATION_CONFIG,
                            ConfigDef.Type.STRING,
                            NO_OPTIMIZATION,
                            (name, value) -> optimizations(String.valueOf(value)),
                            Importance.MEDIUM,
                            "none, all, or a list of reuse.ktable.source.topics, merge.repartition.topics and"
                                    + " single.store.self.join. Give it to StreamsBuilder.build(), too.");

    /**
     * @throws ConfigException naming the setting, its value and what it must be
     */
    public StreamsConfig(Map<?, ?> properties) {
        super(DEFINITION, properties, false);
    }

    public static ConfigDef configDef() {
        return new ConfigDef(DEFINITION);
    }

    public static String consumerPrefix(String name) {
        return CONSUMER_PREFIX + name;
    }

    public static String producerPrefix(String name) {
        return PRODUCER_PREFIX + name;
    }

    public static String adminClientPrefix(String name) {
        return ADMIN_CLIENT_PREFIX + name;
    }

    public static String topicPrefix(String name) {
        return TOPIC_PREFIX + name;
    }

    public String applicationId() {
        return getString(APPLICATION_ID_CONFIG);
    }

    /** {@code <state.dir>/<application.id>} */
    public Path stateDirectory() {
        return Path.of(getString(STATE_DIR_CONFIG), applicationId());
    }

    public Serde<?> defaultKeySerde() {
        return defaultSerde(DEFAULT_KEY_SERDE_CLASS_CONFIG, true);
    }

    public Serde<?> defaultValueSerde() {
        return defaultSerde(DEFAULT_VALUE_SERDE_CLASS_CONFIG, false);
    }

    private Serde<?> defaultSerde(String name, boolean key) {
        if (getClass(name) == null) {
            throw new ConfigException(
                    "Please specify a "
                            + (key ? "key" : "value")
                            + " serde or set one through "
                            + name);
        }
        Serde<?> serde = getConfiguredInstance(name, Serde.class);
        serde.configure(originals(), key);
        return serde;
    }

    public TimestampExtractor defaultTimestampExtractor() {
        return getConfiguredInstance(
                DEFAULT_TIMESTAMP_EXTRACTOR_CLASS_CONFIG, TimestampExtractor.class);
    }

    public DeserializationExceptionHandler deserializationExceptionHandler() {
        return getConfiguredInstance(
                DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG,
                DeserializationExceptionHandler.class);
    }

    /** The optimisations that a value of {@code topology.optimization} names. */
    public static Set<String> optimizations(String value) {
        Set<String> known =
                Set.of(
                        REUSE_KTABLE_SOURCE_TOPICS,
                        MERGE_REPARTITION_TOPICS,
                        SINGLE_STORE_SELF_JOIN);
        if (value.equals(NO_OPTIMIZATION)) {
            return Set.of();
        }
        if (value.equals(OPTIMIZE)) {
            return known;
        }
        Set<String> named = new LinkedHashSet<>();
        for (String each : value.split(",", -1)) {
            if (!known.contains(each.trim())) {
                throw new ConfigException(
                        TOPOLOGY_OPTIMIZATION_CONFIG,
                        value,
                        "it is none, all, or a list of " + known);
            }
            named.add(each.trim());
        }
        return named;
    }

    /** What makes the stores of tables that name none. */
    public DslStoreSuppliers dslStoreSuppliers() {
        if (getClass(DSL_STORE_SUPPLIERS_CLASS_CONFIG) != null) {
            return getConfiguredInstance(DSL_STORE_SUPPLIERS_CLASS_CONFIG, DslStoreSuppliers.class);
        }
        return inMemoryStoresByDefault()
                ? BuiltInDslStoreSuppliers.IN_MEMORY
                : BuiltInDslStoreSuppliers.ROCKS_DB;
    }

    public boolean inMemoryStoresByDefault() {
        return getString(DEFAULT_DSL_STORE_CONFIG).equals(IN_MEMORY);
    }

    /** Of the consumer that reads source topics. */
    public Map<String, Object> mainConsumerConfigs() {
        Map<String, Object> configs = clientConfigs(ConsumerConfig.configNames());
        configs.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 1000);
        configs.putAll(originalsOf(ConsumerConfig.configNames()));
        configs.putAll(originalsWithPrefix(CONSUMER_PREFIX));
        configs.putAll(originalsWithPrefix(MAIN_CONSUMER_PREFIX));
        return configs;
    }

    /** Of the consumer that reads changelogs. */
    public Map<String, Object> restoreConsumerConfigs() {
        Map<String, Object> configs = clientConfigs(ConsumerConfig.configNames());
        configs.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 1000);
        configs.putAll(originalsWithPrefix(CONSUMER_PREFIX));
        configs.putAll(originalsWithPrefix(RESTORE_CONSUMER_PREFIX));
        configs.remove(ConsumerConfig.GROUP_ID_CONFIG);
        configs.remove(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG);
        return configs;
    }

    public Map<String, Object> producerConfigs() {
        Map<String, Object> configs = clientConfigs(ProducerConfig.configNames());
        configs.put(ProducerConfig.LINGER_MS_CONFIG, 100);
        configs.putAll(originalsOf(ProducerConfig.configNames()));
        configs.putAll(originalsWithPrefix(PRODUCER_PREFIX));
        return configs;
    }

    public Map<String, Object> adminConfigs() {
        Map<String, Object> configs = clientConfigs(AdminClientConfig.configNames());
        configs.putAll(originalsWithPrefix(ADMIN_CLIENT_PREFIX));
        return configs;
    }

    /** Of internal topics. */
    public Map<String, String> topicConfigs() {
        Map<String, String> configs = new HashMap<>();
        originalsWithPrefix(TOPIC_PREFIX)
                .forEach((name, value) -> configs.put(name, String.valueOf(value)));
        return configs;
    }

    private Map<String, Object> clientConfigs(Set<String> names) {
        Map<String, Object> configs = originalsOf(names);
        configs.put(BOOTSTRAP_SERVERS_CONFIG, getList(BOOTSTRAP_SERVERS_CONFIG));
        return configs;
    }

    private Map<String, Object> originalsOf(Set<String> names) {
        Map<String, Object> configs = new HashMap<>();
        originals()
                .forEach(
                        (name, value) -> {
                            if (names.contains(name) && !name.equals(CLIENT_ID_CONFIG)) {
                                configs.put(name, value);
                            }
                        });
        return configs;
    }

    /** {@code client.id}, or the application id. */
    public String clientId() {
        @Nullable String given = getString(CLIENT_ID_CONFIG);
        return given == null || given.isEmpty() ? applicationId() : given;
    }
}
