package dev.millrace.streams;

import dev.millrace.streams.errors.DeserializationExceptionHandler;
import dev.millrace.streams.errors.ProcessingExceptionHandler;
import dev.millrace.streams.errors.ProductionExceptionHandler;
import dev.millrace.streams.errors.StreamsException;
import dev.millrace.streams.internal.runtime.TaskAssignor;
import dev.millrace.streams.processor.TimestampExtractor;
import dev.millrace.streams.state.BuiltInDslStoreSuppliers;
import dev.millrace.streams.state.DslStoreSuppliers;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.serialization.Serde;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The settings of an application, under Kafka Streams' names. Settings of the clients are given by
 * their own names, or prefixed with {@code consumer.}, {@code main.consumer.}, {@code
 * restore.consumer.}, {@code producer.} or {@code admin.} for one of them.
 */
public class StreamsConfig extends AbstractConfig {
    public static final String ACCEPTABLE_RECOVERY_LAG_CONFIG = "acceptable.recovery.lag";
    public static final String ALLOW_OS_GROUP_WRITE_ACCESS_CONFIG = "allow.os.group.write.access";
    public static final String APPLICATION_ID_CONFIG = "application.id";
    public static final String APPLICATION_SERVER_CONFIG = "application.server";
    public static final String BOOTSTRAP_SERVERS_CONFIG = "bootstrap.servers";
    public static final String BUFFERED_RECORDS_PER_PARTITION_CONFIG =
            "buffered.records.per.partition";
    public static final String BUILT_IN_METRICS_VERSION_CONFIG = "built.in.metrics.version";
    public static final String CACHE_MAX_BYTES_BUFFERING_CONFIG = "cache.max.bytes.buffering";
    public static final String CLIENT_ID_CONFIG = "client.id";
    public static final String COMMIT_INTERVAL_MS_CONFIG = "commit.interval.ms";
    public static final String CONNECTIONS_MAX_IDLE_MS_CONFIG = "connections.max.idle.ms";
    public static final String DEFAULT_CLIENT_SUPPLIER_CONFIG = "default.client.supplier";
    public static final String DEFAULT_DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG =
            "default.deserialization.exception.handler";
    public static final String DEFAULT_DSL_STORE_CONFIG = "default.dsl.store";
    public static final String DEFAULT_KEY_SERDE_CLASS_CONFIG = "default.key.serde";
    public static final String DEFAULT_PRODUCTION_EXCEPTION_HANDLER_CLASS_CONFIG =
            "default.production.exception.handler";
    public static final String DEFAULT_TIMESTAMP_EXTRACTOR_CLASS_CONFIG =
            "default.timestamp.extractor";
    public static final String DEFAULT_VALUE_SERDE_CLASS_CONFIG = "default.value.serde";
    public static final String DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG =
            "deserialization.exception.handler";
    public static final String DSL_STORE_FORMAT_CONFIG = "dsl.store.format";
    public static final String DSL_STORE_SUPPLIERS_CLASS_CONFIG = "dsl.store.suppliers.class";
    public static final String ENABLE_METRICS_PUSH_CONFIG = "enable.metrics.push";
    public static final String ENSURE_EXPLICIT_INTERNAL_RESOURCE_NAMING_CONFIG =
            "ensure.explicit.internal.resource.naming";
    public static final String ERRORS_DEAD_LETTER_QUEUE_TOPIC_NAME_CONFIG =
            "errors.dead.letter.queue.topic.name";
    public static final String GROUP_PROTOCOL_CONFIG = "group.protocol";
    public static final String LOG_SUMMARY_INTERVAL_MS_CONFIG = "log.summary.interval.ms";
    public static final String MAX_TASK_IDLE_MS_CONFIG = "max.task.idle.ms";
    public static final String MAX_WARMUP_REPLICAS_CONFIG = "max.warmup.replicas";
    public static final String METADATA_MAX_AGE_CONFIG = "metadata.max.age.ms";
    public static final String METRICS_NUM_SAMPLES_CONFIG = "metrics.num.samples";
    public static final String METRICS_RECORDING_LEVEL_CONFIG = "metrics.recording.level";
    public static final String METRICS_SAMPLE_WINDOW_MS_CONFIG = "metrics.sample.window.ms";
    public static final String METRIC_REPORTER_CLASSES_CONFIG = "metric.reporters";
    public static final String NUM_STANDBY_REPLICAS_CONFIG = "num.standby.replicas";
    public static final String NUM_STREAM_THREADS_CONFIG = "num.stream.threads";
    public static final String POLL_MS_CONFIG = "poll.ms";
    public static final String PROBING_REBALANCE_INTERVAL_MS_CONFIG =
            "probing.rebalance.interval.ms";
    public static final String PROCESSING_EXCEPTION_HANDLER_CLASS_CONFIG =
            "processing.exception.handler";
    public static final String PROCESSING_EXCEPTION_HANDLER_GLOBAL_ENABLED_CONFIG =
            "processing.exception.handler.global.enabled";
    public static final String PROCESSING_GUARANTEE_CONFIG = "processing.guarantee";
    public static final String PROCESSOR_WRAPPER_CLASS_CONFIG = "processor.wrapper.class";
    public static final String PRODUCTION_EXCEPTION_HANDLER_CLASS_CONFIG =
            "production.exception.handler";
    public static final String RACK_AWARE_ASSIGNMENT_NON_OVERLAP_COST_CONFIG =
            "rack.aware.assignment.non_overlap_cost";
    public static final String RACK_AWARE_ASSIGNMENT_STRATEGY_CONFIG =
            "rack.aware.assignment.strategy";
    public static final String RACK_AWARE_ASSIGNMENT_TAGS_CONFIG = "rack.aware.assignment.tags";
    public static final String RACK_AWARE_ASSIGNMENT_TRAFFIC_COST_CONFIG =
            "rack.aware.assignment.traffic_cost";
    public static final String RECEIVE_BUFFER_CONFIG = "receive.buffer.bytes";
    public static final String RECONNECT_BACKOFF_MAX_MS_CONFIG = "reconnect.backoff.max.ms";
    public static final String RECONNECT_BACKOFF_MS_CONFIG = "reconnect.backoff.ms";
    public static final String REPARTITION_PURGE_INTERVAL_MS_CONFIG =
            "repartition.purge.interval.ms";
    public static final String REPLICATION_FACTOR_CONFIG = "replication.factor";
    public static final String REQUEST_TIMEOUT_MS_CONFIG = "request.timeout.ms";
    public static final String RETRY_BACKOFF_MS_CONFIG = "retry.backoff.ms";
    public static final String ROCKSDB_CONFIG_SETTER_CLASS_CONFIG = "rocksdb.config.setter";
    public static final String SECURITY_PROTOCOL_CONFIG = "security.protocol";
    public static final String SEND_BUFFER_CONFIG = "send.buffer.bytes";
    public static final String STATESTORE_CACHE_MAX_BYTES_CONFIG = "statestore.cache.max.bytes";
    public static final String STATE_CLEANUP_DELAY_MS_CONFIG = "state.cleanup.delay.ms";
    public static final String STATE_CLEANUP_DIR_MAX_AGE_MS_CONFIG = "state.cleanup.dir.max.age.ms";
    public static final String STATE_DIR_CONFIG = "state.dir";
    public static final String TASK_ASSIGNOR_CLASS_CONFIG = "task.assignor.class";
    public static final String TASK_TIMEOUT_MS_CONFIG = "task.timeout.ms";
    public static final String TOPOLOGY_OPTIMIZATION_CONFIG = "topology.optimization";
    public static final String UPGRADE_FROM_CONFIG = "upgrade.from";
    public static final String WINDOWED_INNER_CLASS_SERDE = "windowed.inner.class.serde";
    public static final String WINDOW_SIZE_MS_CONFIG = "window.size.ms";
    public static final String WINDOW_STORE_CHANGE_LOG_ADDITIONAL_RETENTION_MS_CONFIG =
            "windowstore.changelog.additional.retention.ms";

    /** Memory of the writes of all threads that wait for a commit; over it, one comes early. */
    public static final String UNCOMMITTED_MAX_BYTES_CONFIG =
            "millrace.statestore.uncommitted.max.bytes";

    /** Whether records pass by a repartition topic between tasks of one thread. */
    public static final String LOCAL_EXCHANGE_CONFIG = "millrace.local.exchange";

    /** Records that wait for a subscriber, or for the acknowledgement of a Flowable's topic. */
    public static final String FLOWABLE_BUFFER_RECORDS_CONFIG = "millrace.flowable.buffer.records";

    public static final String CONSUMER_PREFIX = "consumer.";
    public static final String MAIN_CONSUMER_PREFIX = "main.consumer.";
    public static final String RESTORE_CONSUMER_PREFIX = "restore.consumer.";
    public static final String GLOBAL_CONSUMER_PREFIX = "global.consumer.";
    public static final String PRODUCER_PREFIX = "producer.";
    public static final String ADMIN_CLIENT_PREFIX = "admin.";
    public static final String TOPIC_PREFIX = "topic.";
    public static final String CLIENT_TAG_PREFIX = "client.tag.";

    public static final String AT_LEAST_ONCE = "at_least_once";
    public static final String EXACTLY_ONCE_V2 = "exactly_once_v2";
    public static final String ROCKS_DB = "rocksDB";
    public static final String IN_MEMORY = "in_memory";
    public static final String UPGRADE_FROM_24 = "2.4";
    public static final String UPGRADE_FROM_25 = "2.5";
    public static final String UPGRADE_FROM_26 = "2.6";
    public static final String UPGRADE_FROM_27 = "2.7";
    public static final String UPGRADE_FROM_28 = "2.8";
    public static final String UPGRADE_FROM_30 = "3.0";
    public static final String UPGRADE_FROM_31 = "3.1";
    public static final String UPGRADE_FROM_32 = "3.2";
    public static final String UPGRADE_FROM_33 = "3.3";
    public static final String UPGRADE_FROM_34 = "3.4";
    public static final String UPGRADE_FROM_35 = "3.5";
    public static final String UPGRADE_FROM_36 = "3.6";
    public static final String UPGRADE_FROM_37 = "3.7";
    public static final String UPGRADE_FROM_38 = "3.8";
    public static final String UPGRADE_FROM_39 = "3.9";
    public static final String UPGRADE_FROM_40 = "4.0";
    public static final String UPGRADE_FROM_41 = "4.1";
    public static final String UPGRADE_FROM_42 = "4.2";
    public static final String DEFAULT_DSL_STORE = ROCKS_DB;
    public static final String DEFAULT_GROUP_PROTOCOL = "classic";
    public static final String DSL_STORE_FORMAT_DEFAULT = "DEFAULT";
    public static final String DSL_STORE_FORMAT_HEADERS = "HEADERS";
    public static final String NO_OPTIMIZATION = "none";
    public static final String OPTIMIZE = "all";
    public static final String REUSE_KTABLE_SOURCE_TOPICS = "reuse.ktable.source.topics";
    public static final String MERGE_REPARTITION_TOPICS = "merge.repartition.topics";
    public static final String SINGLE_STORE_SELF_JOIN = "single.store.self.join";
    public static final String METRICS_LATEST = "latest";
    public static final String RACK_AWARE_ASSIGNMENT_STRATEGY_NONE = "none";
    public static final String RACK_AWARE_ASSIGNMENT_STRATEGY_MIN_TRAFFIC = "min_traffic";
    public static final String RACK_AWARE_ASSIGNMENT_STRATEGY_BALANCE_SUBTOPOLOGY =
            "balance_subtopology";

    public static final int DUMMY_THREAD_INDEX = 1;
    public static final long MAX_TASK_IDLE_MS_DISABLED = -1;
    public static final long STATE_CLEANUP_DIR_MAX_AGE_MS_DISABLED = -1;
    public static final int MAX_RACK_AWARE_ASSIGNMENT_TAG_LIST_SIZE = 5;
    public static final int MAX_RACK_AWARE_ASSIGNMENT_TAG_KEY_LENGTH = 20;
    public static final int MAX_RACK_AWARE_ASSIGNMENT_TAG_VALUE_LENGTH = 30;

    /** For tests of Kafka Streams itself; those without a word have no effect here. */
    public static class InternalConfig {
        public static final String INTERNAL_TASK_ASSIGNOR_CLASS = "internal.task.assignor.class";
        public static final String REFERENCE_CONTAINER_PARTITION_ASSIGNOR =
                "__reference.container.instance__";
        public static final String ASSIGNMENT_LISTENER = "__assignment.listener__";
        public static final String INTERNAL_CONSUMER_WRAPPER = "__internal.consumer.wrapper__";

        /** Wall clock time between two looks for records that have no partner in an outer join. */
        public static final String EMIT_INTERVAL_MS_KSTREAMS_OUTER_JOIN_SPURIOUS_RESULTS_FIX =
                "__emit.interval.ms.kstreams.outer.join.spurious.results.fix__";

        /** Wall clock time between two looks for windows that have closed. */
        public static final String EMIT_INTERVAL_MS_KSTREAMS_WINDOWED_AGGREGATION =
                "__emit.interval.ms.kstreams.windowed.aggregation__";

        public static final String IQ_CONSISTENCY_OFFSET_VECTOR_ENABLED =
                "__iq.consistency.offset.vector.enabled__";

        @Deprecated
        public static final String TOPIC_PREFIX_ALTERNATIVE = "__internal.override.topic.prefix__";

        public static final String PROCESSING_THREADS_ENABLED = "__processing.threads.enabled__";

        public static boolean processingThreadsEnabled(Map<String, Object> configs) {
            return getBoolean(configs, PROCESSING_THREADS_ENABLED, false);
        }

        public static boolean getBoolean(
                Map<String, Object> configs, String key, boolean defaultValue) {
            return Boolean.parseBoolean(getString(configs, key, String.valueOf(defaultValue)));
        }

        public static long getLong(Map<String, Object> configs, String key, long defaultValue) {
            return Long.parseLong(getString(configs, key, String.valueOf(defaultValue)));
        }

        public static String getString(
                Map<String, Object> configs, String key, String defaultValue) {
            Object value = configs.get(key);
            return value == null ? defaultValue : String.valueOf(value);
        }
    }

    private static final Logger LOG = LoggerFactory.getLogger(StreamsConfig.class);
    private static final long EXACTLY_ONCE_COMMIT_INTERVAL_MS = 100;
    private static final ConfigDef DEFINITION = StreamsSettings.definition();

    // What these settings mean, in the words of the definition.
    public static final String BUFFERED_RECORDS_PER_PARTITION_DOC =
            documentation(BUFFERED_RECORDS_PER_PARTITION_CONFIG);
    public static final String CACHE_MAX_BYTES_BUFFERING_DOC =
            documentation(CACHE_MAX_BYTES_BUFFERING_CONFIG);
    public static final String DEFAULT_CLIENT_SUPPLIER_DOC =
            documentation(DEFAULT_CLIENT_SUPPLIER_CONFIG);
    public static final String DEFAULT_DESERIALIZATION_EXCEPTION_HANDLER_CLASS_DOC =
            documentation(DEFAULT_DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG);
    public static final String DEFAULT_DSL_STORE_DOC = documentation(DEFAULT_DSL_STORE_CONFIG);
    public static final String DEFAULT_TIMESTAMP_EXTRACTOR_CLASS_DOC =
            documentation(DEFAULT_TIMESTAMP_EXTRACTOR_CLASS_CONFIG);
    public static final String ENABLE_METRICS_PUSH_DOC = documentation(ENABLE_METRICS_PUSH_CONFIG);
    public static final String MAX_TASK_IDLE_MS_DOC = documentation(MAX_TASK_IDLE_MS_CONFIG);
    public static final String PROCESSING_EXCEPTION_HANDLER_CLASS_DOC =
            documentation(PROCESSING_EXCEPTION_HANDLER_CLASS_CONFIG);
    public static final String RACK_AWARE_ASSIGNMENT_NON_OVERLAP_COST_DOC =
            documentation(RACK_AWARE_ASSIGNMENT_NON_OVERLAP_COST_CONFIG);
    public static final String RACK_AWARE_ASSIGNMENT_STRATEGY_DOC =
            documentation(RACK_AWARE_ASSIGNMENT_STRATEGY_CONFIG);
    public static final String RACK_AWARE_ASSIGNMENT_TRAFFIC_COST_DOC =
            documentation(RACK_AWARE_ASSIGNMENT_TRAFFIC_COST_CONFIG);
    public static final String STATESTORE_CACHE_MAX_BYTES_DOC =
            documentation(STATESTORE_CACHE_MAX_BYTES_CONFIG);
    public static final String TASK_TIMEOUT_MS_DOC = documentation(TASK_TIMEOUT_MS_CONFIG);

    private static String documentation(String name) {
        return Objects.requireNonNull(DEFINITION.configKeys().get(name), name).documentation;
    }

    /**
     * @throws ConfigException naming the setting, its value and what it must be
     */
    public StreamsConfig(Map<?, ?> properties) {
        super(DEFINITION, properties, false);
        if (exactlyOnce()) {
            SettingsRules.requireTransactionsToLast(
                    getLong(COMMIT_INTERVAL_MS_CONFIG), originals());
        }
        SettingsRules.requireSameMetricsPush(
                getBoolean(ENABLE_METRICS_PUSH_CONFIG),
                metricsPush(CONSUMER_PREFIX),
                metricsPush(MAIN_CONSUMER_PREFIX),
                metricsPush(ADMIN_CLIENT_PREFIX));
        StreamsSettings.warnOfUnused(originals());
    }

    private @Nullable Boolean metricsPush(String prefix) {
        Object given = originalsWithPrefix(prefix).get(ENABLE_METRICS_PUSH_CONFIG);
        return given == null ? null : Boolean.valueOf(given.toString());
    }

    @Override
    protected Map<String, Object> postProcessParsedConfig(Map<String, Object> parsedValues) {
        SettingsRules.requireTags(getList(RACK_AWARE_ASSIGNMENT_TAGS_CONFIG), getClientTags());
        Map<String, Object> updates = new HashMap<>();
        if (exactlyOnce() && !originals().containsKey(COMMIT_INTERVAL_MS_CONFIG)) {
            updates.put(COMMIT_INTERVAL_MS_CONFIG, EXACTLY_ONCE_COMMIT_INTERVAL_MS);
        }
        return updates;
    }

    public static ConfigDef configDef() {
        return new ConfigDef(DEFINITION);
    }

    public static String consumerPrefix(String name) {
        return CONSUMER_PREFIX + name;
    }

    public static String mainConsumerPrefix(String name) {
        return MAIN_CONSUMER_PREFIX + name;
    }

    public static String restoreConsumerPrefix(String name) {
        return RESTORE_CONSUMER_PREFIX + name;
    }

    public static String globalConsumerPrefix(String name) {
        return GLOBAL_CONSUMER_PREFIX + name;
    }

    public static String clientTagPrefix(String name) {
        return CLIENT_TAG_PREFIX + name;
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
        try {
            Serde<?> serde = getConfiguredInstance(name, Serde.class);
            serde.configure(originals(), key);
            return serde;
        } catch (RuntimeException e) {
            throw new StreamsException(
                    "Failed to configure " + (key ? "key" : "value") + " serde " + get(name), e);
        }
    }

    public TimestampExtractor defaultTimestampExtractor() {
        return getConfiguredInstance(
                DEFAULT_TIMESTAMP_EXTRACTOR_CLASS_CONFIG, TimestampExtractor.class);
    }

    public DeserializationExceptionHandler deserializationExceptionHandler() {
        return handler(
                DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG,
                DEFAULT_DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG,
                DeserializationExceptionHandler.class);
    }

    public ProductionExceptionHandler productionExceptionHandler() {
        return handler(
                PRODUCTION_EXCEPTION_HANDLER_CLASS_CONFIG,
                DEFAULT_PRODUCTION_EXCEPTION_HANDLER_CLASS_CONFIG,
                ProductionExceptionHandler.class);
    }

    public ProcessingExceptionHandler processingExceptionHandler() {
        return getConfiguredInstance(
                PROCESSING_EXCEPTION_HANDLER_CLASS_CONFIG, ProcessingExceptionHandler.class);
    }

    private <T> T handler(String name, String oldName, Class<T> type) {
        boolean old = originals().containsKey(oldName);
        boolean onlyOldName = old && !originals().containsKey(name);
        if (old && !onlyOldName) {
            LOG.warn(
                    "Both the deprecated and new config for {} are configured. The deprecated one will be ignored.",
                    name.replace('.', ' '));
        }
        return getConfiguredInstance(onlyOldName ? oldName : name, type);
    }

    /** Topic for records that could not be processed; null: none. */
    public @Nullable String deadLetterTopic() {
        return getString(ERRORS_DEAD_LETTER_QUEUE_TOPIC_NAME_CONFIG);
    }

    public boolean exactlyOnce() {
        return getString(PROCESSING_GUARANTEE_CONFIG).equals(EXACTLY_ONCE_V2);
    }

    /** As given, else 100 ms with exactly-once and 30 s without. */
    public long commitIntervalMs() {
        return getLong(COMMIT_INTERVAL_MS_CONFIG);
    }

    /** Of all threads; 0: nothing is combined. */
    public long cacheMaxBytes() {
        boolean onlyOldName =
                originals().containsKey(CACHE_MAX_BYTES_BUFFERING_CONFIG)
                        && !originals().containsKey(STATESTORE_CACHE_MAX_BYTES_CONFIG);
        return getLong(
                onlyOldName ? CACHE_MAX_BYTES_BUFFERING_CONFIG : STATESTORE_CACHE_MAX_BYTES_CONFIG);
    }

    public long maxUncommittedBytesPerThread() {
        return getLong(UNCOMMITTED_MAX_BYTES_CONFIG) / getInt(NUM_STREAM_THREADS_CONFIG);
    }

    /** HOST:PORT, or empty. */
    public String applicationServer() {
        return getString(APPLICATION_SERVER_CONFIG);
    }

    /** The optimisations that a value of {@code topology.optimization} names. */
    public static Set<String> optimizations(String value) {
        Set<String> known =
                Set.of(
                        REUSE_KTABLE_SOURCE_TOPICS,
                        MERGE_REPARTITION_TOPICS,
                        SINGLE_STORE_SELF_JOIN);
        List<String> given = List.of(value.trim().split("\\s*,\\s*", -1));
        String expected = " Acceptable values are: none, all, or some of " + new TreeSet<>(known);
        if (given.size() > 1 && (given.contains(NO_OPTIMIZATION) || given.contains(OPTIMIZE))) {
            throw new ConfigException(
                    "\"" + value + "\" is not a valid optimization config." + expected);
        }
        Set<String> named = new LinkedHashSet<>();
        for (String each : given) {
            if (known.contains(each)) {
                named.add(each);
            } else if (each.equals(OPTIMIZE)) {
                named.addAll(known);
            } else if (!each.equals(NO_OPTIMIZATION)) {
                throw new ConfigException(
                        TOPOLOGY_OPTIMIZATION_CONFIG, value, "Unrecognized config." + expected);
            }
        }
        return named;
    }

    /** What makes the stores of tables that name none. */
    public DslStoreSuppliers dslStoreSuppliers() {
        boolean named = originals().containsKey(DSL_STORE_SUPPLIERS_CLASS_CONFIG);
        if (!named && inMemoryStoresByDefault()) {
            return BuiltInDslStoreSuppliers.IN_MEMORY;
        }
        Class<?> type = getClass(DSL_STORE_SUPPLIERS_CLASS_CONFIG);
        return type == null || type == BuiltInDslStoreSuppliers.RocksDBDslStoreSuppliers.class
                ? BuiltInDslStoreSuppliers.ROCKS_DB
                : getConfiguredInstance(DSL_STORE_SUPPLIERS_CLASS_CONFIG, DslStoreSuppliers.class);
    }

    /** Whether the stores of operators keep headers: {@code dsl.store.format}. */
    public boolean storesKeepHeaders() {
        return getString(DSL_STORE_FORMAT_CONFIG).equalsIgnoreCase(DSL_STORE_FORMAT_HEADERS);
    }

    public boolean inMemoryStoresByDefault() {
        return getString(DEFAULT_DSL_STORE_CONFIG).equals(IN_MEMORY);
    }

    /** Of the consumer that reads source topics. */
    public Map<String, Object> mainConsumerConfigs() {
        return new ClientSettings(this).mainConsumer();
    }

    /** Of the consumer that reads changelogs. */
    public Map<String, Object> restoreConsumerConfigs() {
        return new ClientSettings(this).restoreConsumer();
    }

    /** Of the consumer that reads the topics of global stores. */
    public Map<String, Object> globalConsumerConfigs() {
        return new ClientSettings(this).globalConsumer();
    }

    public Map<String, Object> producerConfigs() {
        return new ClientSettings(this).producer();
    }

    public Map<String, Object> adminConfigs() {
        return new ClientSettings(this).admin();
    }

    /**
     * Of the consumer that reads source topics, with what its assignor goes by.
     *
     * @param threadIdx end of {@code group.instance.id}, where there is one
     * @throws IllegalArgumentException when batches of the producers do not fit into the segments
     *     of internal topics
     */
    public Map<String, Object> getMainConsumerConfigs(
            String groupId, String clientId, int threadIdx) {
        Map<String, Object> configs = mainConsumerConfigs();
        configs.put(APPLICATION_ID_CONFIG, groupId);
        configs.put(ConsumerConfig.GROUP_ID_CONFIG, groupId);
        configs.put(ConsumerConfig.CLIENT_ID_CONFIG, clientId);
        Object instanceId = configs.get(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG);
        if (instanceId != null) {
            configs.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, instanceId + "-" + threadIdx);
        }
        for (String name : OF_THE_ASSIGNOR) {
            configs.put(name, get(name));
        }
        configs.put(
                ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, TaskAssignor.class.getName());
        Map<String, Object> topics = originalsWithPrefix(TOPIC_PREFIX, false);
        SettingsRules.requireBatchesToFit(
                topics.get(topicPrefix(TopicConfig.SEGMENT_BYTES_CONFIG)),
                producerConfigs().get(ProducerConfig.BATCH_SIZE_CONFIG));
        configs.putAll(topics);
        return configs;
    }

    private static final List<String> OF_THE_ASSIGNOR =
            List.of(
                    UPGRADE_FROM_CONFIG,
                    REPLICATION_FACTOR_CONFIG,
                    APPLICATION_SERVER_CONFIG,
                    NUM_STANDBY_REPLICAS_CONFIG,
                    ACCEPTABLE_RECOVERY_LAG_CONFIG,
                    MAX_WARMUP_REPLICAS_CONFIG,
                    PROBING_REBALANCE_INTERVAL_MS_CONFIG,
                    WINDOW_STORE_CHANGE_LOG_ADDITIONAL_RETENTION_MS_CONFIG,
                    RACK_AWARE_ASSIGNMENT_NON_OVERLAP_COST_CONFIG,
                    RACK_AWARE_ASSIGNMENT_STRATEGY_CONFIG,
                    RACK_AWARE_ASSIGNMENT_TAGS_CONFIG,
                    RACK_AWARE_ASSIGNMENT_TRAFFIC_COST_CONFIG,
                    TASK_ASSIGNOR_CLASS_CONFIG);

    /** Of the consumer that reads changelogs. */
    public Map<String, Object> getRestoreConsumerConfigs(String clientId) {
        Map<String, Object> configs = restoreConsumerConfigs();
        configs.put(ConsumerConfig.CLIENT_ID_CONFIG, clientId);
        configs.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        return configs;
    }

    /** Of the consumer that reads the topics of global stores. */
    public Map<String, Object> getGlobalConsumerConfigs(String clientId) {
        Map<String, Object> configs = globalConsumerConfigs();
        configs.put(ConsumerConfig.CLIENT_ID_CONFIG, clientId + "-global-consumer");
        configs.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        return configs;
    }

    public Map<String, Object> getProducerConfigs(String clientId) {
        Map<String, Object> configs = producerConfigs();
        configs.put(ProducerConfig.CLIENT_ID_CONFIG, clientId);
        return configs;
    }

    public Map<String, Object> getAdminConfigs(String clientId) {
        Map<String, Object> configs = adminConfigs();
        configs.put(AdminClientConfig.CLIENT_ID_CONFIG, clientId);
        return configs;
    }

    /** What {@code client.tag.} names say, by the rest of the name. */
    public Map<String, String> getClientTags() {
        Map<String, String> tags = new HashMap<>();
        originalsWithPrefix(CLIENT_TAG_PREFIX)
                .forEach((name, value) -> tags.put(name, String.valueOf(value)));
        return tags;
    }

    /**
     * The optimisations that a value of {@code topology.optimization} names.
     *
     * @throws ConfigException when it names others
     */
    public static Set<String> verifyTopologyOptimizationConfigs(String config) {
        return optimizations(config);
    }

    /** Makes the clients: {@code default.client.supplier}. */
    public KafkaClientSupplier getKafkaClientSupplier() {
        return getConfiguredInstance(DEFAULT_CLIENT_SUPPLIER_CONFIG, KafkaClientSupplier.class);
    }

    @Deprecated
    public DeserializationExceptionHandler defaultDeserializationExceptionHandler() {
        return deserializationExceptionHandler();
    }

    @Deprecated
    public ProductionExceptionHandler defaultProductionExceptionHandler() {
        return productionExceptionHandler();
    }

    /** Prints the settings as an HTML table. */
    public static void main(String[] args) {
        printDocument(System.out);
    }

    private static void printDocument(PrintStream out) {
        out.println(DEFINITION.toHtml(4, config -> "streamsconfigs_" + config));
    }

    /** Of internal topics. */
    public Map<String, String> topicConfigs() {
        Map<String, String> configs = new HashMap<>();
        originalsWithPrefix(TOPIC_PREFIX)
                .forEach((name, value) -> configs.put(name, String.valueOf(value)));
        return configs;
    }

    /** {@code client.id}, or the application id. */
    public String clientId() {
        @Nullable String given = getString(CLIENT_ID_CONFIG);
        return given == null || given.isEmpty() ? applicationId() : given;
    }
}
