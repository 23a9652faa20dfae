package dev.millrace.streams;

import static dev.millrace.streams.StreamsConfig.*;

import dev.millrace.streams.errors.DefaultProductionExceptionHandler;
import dev.millrace.streams.errors.LogAndFailExceptionHandler;
import dev.millrace.streams.errors.LogAndFailProcessingExceptionHandler;
import dev.millrace.streams.internal.runtime.KafkaClients;
import dev.millrace.streams.processor.FailOnInvalidTimestamp;
import dev.millrace.streams.state.BuiltInDslStoreSuppliers;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Range;
import org.apache.kafka.common.config.ConfigDef.ValidString;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All settings of Kafka Streams 4.3, with its defaults, and our own. */
final class StreamsSettings {
    private static final Logger LOG = LoggerFactory.getLogger(StreamsSettings.class);

    /** Settings that are accepted and change nothing, and why. */
    static final Map<String, String> UNUSED = unused();

    private final ConfigDef definition = new ConfigDef();

    private StreamsSettings() {}

    static ConfigDef definition() {
        StreamsSettings settings = new StreamsSettings();
        settings.application();
        settings.state();
        settings.work();
        settings.errors();
        settings.placement();
        settings.topology();
        settings.clients();
        return settings.definition;
    }

    private static Map<String, String> unused() {
        Map<String, String> unused = new TreeMap<>();
        unused.put(
                ALLOW_OS_GROUP_WRITE_ACCESS_CONFIG,
                "the state directory has the permissions that the umask gives");
        unused.put(BUILT_IN_METRICS_VERSION_CONFIG, "there is one version, latest");
        unused.put(LOG_SUMMARY_INTERVAL_MS_CONFIG, "there is no summary in the log");
        for (String rack :
                List.of(
                        RACK_AWARE_ASSIGNMENT_NON_OVERLAP_COST_CONFIG,
                        RACK_AWARE_ASSIGNMENT_STRATEGY_CONFIG,
                        RACK_AWARE_ASSIGNMENT_TAGS_CONFIG,
                        RACK_AWARE_ASSIGNMENT_TRAFFIC_COST_CONFIG)) {
            unused.put(rack, "tasks are placed by state and load, not by rack");
        }
        unused.put(STATE_CLEANUP_DELAY_MS_CONFIG, "state of tasks that run elsewhere is kept");
        unused.put(
                STATE_CLEANUP_DIR_MAX_AGE_MS_CONFIG, "state of tasks that run elsewhere is kept");
        unused.put(UPGRADE_FROM_CONFIG, "there is one version of the assignor so far");
        return unused;
    }

    static void warnOfUnused(Map<String, Object> given) {
        UNUSED.forEach(
                (name, reason) -> {
                    if (given.containsKey(name)) {
                        LOG.warn("{}={} changes nothing: {}", name, given.get(name), reason);
                    }
                });
    }

    private void define(String name, ConfigDef.Type type, @Nullable Object initial, String text) {
        definition.define(name, type, initial, Importance.MEDIUM, text);
    }

    private void define(
            String name,
            ConfigDef.Type type,
            @Nullable Object initial,
            ConfigDef.Validator validator,
            String text) {
        definition.define(name, type, initial, validator, Importance.MEDIUM, text);
    }

    private void application() {
        define(
                APPLICATION_ID_CONFIG,
                ConfigDef.Type.STRING,
                ConfigDef.NO_DEFAULT_VALUE,
                "Group id, and prefix of internal topics and of the state directory.");
        define(
                BOOTSTRAP_SERVERS_CONFIG,
                ConfigDef.Type.LIST,
                ConfigDef.NO_DEFAULT_VALUE,
                "HOST:PORT of one or more brokers.");
        define(CLIENT_ID_CONFIG, ConfigDef.Type.STRING, "", "Prefix of the clients' ids.");
        define(
                APPLICATION_SERVER_CONFIG,
                ConfigDef.Type.STRING,
                "",
                "HOST:PORT under which this instance answers queries, told to all others.");
        define(
                GROUP_PROTOCOL_CONFIG,
                ConfigDef.Type.STRING,
                "classic",
                ConfigDef.LambdaValidator.with(StreamsSettings::requireClassic, () -> "classic"),
                "How the group shares the tasks; streams (KIP-1071) is refused.");
        define(UPGRADE_FROM_CONFIG, ConfigDef.Type.STRING, null, "For a rolling upgrade.");
        define(
                LOG_SUMMARY_INTERVAL_MS_CONFIG,
                ConfigDef.Type.LONG,
                120_000L,
                "How often a summary is logged.");
    }

    private static void requireClassic(String name, @Nullable Object value) {
        if (value instanceof String given && !given.equalsIgnoreCase("classic")) {
            throw new ConfigException(name, given, "must be classic; streams is not supported yet");
        }
    }

    private void state() {
        define(
                STATE_DIR_CONFIG,
                ConfigDef.Type.STRING,
                System.getProperty("java.io.tmpdir") + "/kafka-streams",
                "Where persistent stores live; one process at a time per application.");
        define(
                STATESTORE_CACHE_MAX_BYTES_CONFIG,
                ConfigDef.Type.LONG,
                10L << 20,
                Range.atLeast(0),
                "Memory of the combining caches of all threads; 0: one change per update, in order.");
        define(
                CACHE_MAX_BYTES_BUFFERING_CONFIG,
                ConfigDef.Type.LONG,
                10L << 20,
                Range.atLeast(0),
                "Former name of statestore.cache.max.bytes.");
        define(
                UNCOMMITTED_MAX_BYTES_CONFIG,
                ConfigDef.Type.LONG,
                64L << 20,
                Range.atLeast(0),
                "Memory of writes that wait for the commit of their transaction, of all threads;"
                        + " over it, a commit comes early.");
        define(
                DEFAULT_DSL_STORE_CONFIG,
                ConfigDef.Type.STRING,
                ROCKS_DB,
                ValidString.in(ROCKS_DB, IN_MEMORY),
                "Kind of store of tables that name none.");
        define(
                DSL_STORE_SUPPLIERS_CLASS_CONFIG,
                ConfigDef.Type.CLASS,
                BuiltInDslStoreSuppliers.RocksDBDslStoreSuppliers.class,
                "Makes the stores of the DSL.");
        define(
                DSL_STORE_FORMAT_CONFIG,
                ConfigDef.Type.STRING,
                DSL_STORE_FORMAT_DEFAULT,
                ConfigDef.CaseInsensitiveValidString.in(
                        DSL_STORE_FORMAT_DEFAULT, DSL_STORE_FORMAT_HEADERS),
                "Whether rows keep headers.");
        define(ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, ConfigDef.Type.CLASS, null, "Sets up RocksDB.");
        define(
                STATE_CLEANUP_DELAY_MS_CONFIG,
                ConfigDef.Type.LONG,
                600_000L,
                "Until the state of a task that runs elsewhere is deleted.");
        define(
                STATE_CLEANUP_DIR_MAX_AGE_MS_CONFIG,
                ConfigDef.Type.LONG,
                -1L,
                "Age of state that is deleted at the start; -1: none.");
        define(
                ALLOW_OS_GROUP_WRITE_ACCESS_CONFIG,
                ConfigDef.Type.BOOLEAN,
                false,
                "Whether the group may write the state directory.");
        define(
                WINDOW_STORE_CHANGE_LOG_ADDITIONAL_RETENTION_MS_CONFIG,
                ConfigDef.Type.LONG,
                86_400_000L,
                "How much longer changelogs of windows keep them.");
    }

    private void work() {
        define(
                NUM_STREAM_THREADS_CONFIG,
                ConfigDef.Type.INT,
                1,
                Range.atLeast(1),
                "Threads that run tasks.");
        define(
                LOCAL_EXCHANGE_CONFIG,
                ConfigDef.Type.BOOLEAN,
                true,
                "Whether records that stay with a thread go from task to task at once instead of through the"
                        + " repartition topic; never where a handler, an interceptor, a partitioner or a processor"
                        + " of the program could tell.");
        define(
                PROCESSING_GUARANTEE_CONFIG,
                ConfigDef.Type.STRING,
                AT_LEAST_ONCE,
                ValidString.in(AT_LEAST_ONCE, EXACTLY_ONCE_V2),
                "at_least_once, or exactly_once_v2: output, state and positions in one transaction.");
        define(
                COMMIT_INTERVAL_MS_CONFIG,
                ConfigDef.Type.LONG,
                30_000L,
                Range.atLeast(0),
                "How often combined changes go out and positions are saved; 100 with exactly_once_v2, unless given.");
        define(POLL_MS_CONFIG, ConfigDef.Type.LONG, 100L, "Longest wait for input.");
        define(
                MAX_TASK_IDLE_MS_CONFIG,
                ConfigDef.Type.LONG,
                0L,
                "How long a task with an empty partition waits for it, to keep the order of"
                        + " timestamps; 0: until what the broker has is fetched, -1: never.");
        define(
                BUFFERED_RECORDS_PER_PARTITION_CONFIG,
                ConfigDef.Type.INT,
                1000,
                Range.atLeast(1),
                "Records fetched ahead, per partition.");
        define(
                FLOWABLE_BUFFER_RECORDS_CONFIG,
                ConfigDef.Type.INT,
                1024,
                Range.atLeast(1),
                "Records that may wait for a subscriber of toFlowable() until its tasks wait, and records of a"
                        + " stream(Flowable) that may be under way to their topic.");
        define(
                TASK_TIMEOUT_MS_CONFIG,
                ConfigDef.Type.LONG,
                300_000L,
                Range.atLeast(0),
                "How long transactions may fail again and again until that is an error.");
        define(
                REPARTITION_PURGE_INTERVAL_MS_CONFIG,
                ConfigDef.Type.LONG,
                30_000L,
                Range.atLeast(0),
                "How often what was read and committed is deleted from repartition topics, after a commit.");
        define(
                REPLICATION_FACTOR_CONFIG,
                ConfigDef.Type.INT,
                -1,
                "Of internal topics; -1: the broker's default.");
        define(
                DEFAULT_TIMESTAMP_EXTRACTOR_CLASS_CONFIG,
                ConfigDef.Type.CLASS,
                FailOnInvalidTimestamp.class,
                "Event time of source records.");
        for (String side : List.of("key", "value")) {
            define(
                    "default." + side + ".serde",
                    ConfigDef.Type.CLASS,
                    null,
                    "For " + side + "s without a serde of their own.");
            define(
                    "default.list." + side + ".serde.inner",
                    ConfigDef.Type.CLASS,
                    null,
                    "Of the elements, where the default serde of a " + side + " is a list's.");
            define(
                    "default.list." + side + ".serde.type",
                    ConfigDef.Type.CLASS,
                    null,
                    "Of the list, where the default serde of a " + side + " is a list's.");
        }
        define(
                WINDOWED_INNER_CLASS_SERDE,
                ConfigDef.Type.STRING,
                null,
                "Of windowed keys, for clients.");
        define(WINDOW_SIZE_MS_CONFIG, ConfigDef.Type.LONG, null, "Of windowed keys, for clients.");
    }

    private void errors() {
        for (String name :
                List.of(
                        DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG,
                        DEFAULT_DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG)) {
            define(
                    name,
                    ConfigDef.Type.CLASS,
                    LogAndFailExceptionHandler.class,
                    "What to do with source records that cannot be deserialised.");
        }
        for (String name :
                List.of(
                        PRODUCTION_EXCEPTION_HANDLER_CLASS_CONFIG,
                        DEFAULT_PRODUCTION_EXCEPTION_HANDLER_CLASS_CONFIG)) {
            define(
                    name,
                    ConfigDef.Type.CLASS,
                    DefaultProductionExceptionHandler.class,
                    "What to do with records that cannot be serialised or sent.");
        }
        define(
                PROCESSING_EXCEPTION_HANDLER_CLASS_CONFIG,
                ConfigDef.Type.CLASS,
                LogAndFailProcessingExceptionHandler.class,
                "What to do with records that make a function of the program fail.");
        define(
                PROCESSING_EXCEPTION_HANDLER_GLOBAL_ENABLED_CONFIG,
                ConfigDef.Type.BOOLEAN,
                false,
                "Whether the handler is asked about global stores, too.");
        define(
                ERRORS_DEAD_LETTER_QUEUE_TOPIC_NAME_CONFIG,
                ConfigDef.Type.STRING,
                null,
                "Topic for records that could not be processed.");
    }

    private void placement() {
        define(
                NUM_STANDBY_REPLICAS_CONFIG,
                ConfigDef.Type.INT,
                0,
                Range.atLeast(0),
                "Other instances that keep a copy of each task's state.");
        define(
                ACCEPTABLE_RECOVERY_LAG_CONFIG,
                ConfigDef.Type.LONG,
                10_000L,
                Range.atLeast(0),
                "Changelog records that a task may have to read before it runs; with more, it warms up first.");
        define(
                MAX_WARMUP_REPLICAS_CONFIG,
                ConfigDef.Type.INT,
                2,
                Range.atLeast(1),
                "Tasks that warm up at a time, in the whole application.");
        define(
                PROBING_REBALANCE_INTERVAL_MS_CONFIG,
                ConfigDef.Type.LONG,
                600_000L,
                Range.atLeast(60_000),
                "Until tasks that warm up are placed anew at the latest.");
        define(TASK_ASSIGNOR_CLASS_CONFIG, ConfigDef.Type.STRING, null, "Places tasks.");
        define(
                RACK_AWARE_ASSIGNMENT_NON_OVERLAP_COST_CONFIG,
                ConfigDef.Type.INT,
                null,
                "Of a move.");
        define(
                RACK_AWARE_ASSIGNMENT_TRAFFIC_COST_CONFIG,
                ConfigDef.Type.INT,
                null,
                "Between racks.");
        define(
                RACK_AWARE_ASSIGNMENT_TAGS_CONFIG,
                ConfigDef.Type.LIST,
                List.of(),
                ConfigDef.LambdaValidator.with(
                        StreamsSettings::requireFewTags,
                        () -> "at most " + MAX_RACK_AWARE_ASSIGNMENT_TAG_LIST_SIZE),
                "Names of client.tag.");
        define(
                RACK_AWARE_ASSIGNMENT_STRATEGY_CONFIG,
                ConfigDef.Type.STRING,
                RACK_AWARE_ASSIGNMENT_STRATEGY_NONE,
                ValidString.in(
                        RACK_AWARE_ASSIGNMENT_STRATEGY_NONE,
                        RACK_AWARE_ASSIGNMENT_STRATEGY_MIN_TRAFFIC,
                        RACK_AWARE_ASSIGNMENT_STRATEGY_BALANCE_SUBTOPOLOGY),
                "How racks are weighed.");
    }

    private void topology() {
        define(
                TOPOLOGY_OPTIMIZATION_CONFIG,
                ConfigDef.Type.STRING,
                NO_OPTIMIZATION,
                ConfigDef.LambdaValidator.with(
                        StreamsSettings::requireOptimizations,
                        () -> "all, none, or names of optimizations"),
                "What StreamsBuilder.build(Properties) may do.");
        define(
                PROCESSOR_WRAPPER_CLASS_CONFIG,
                ConfigDef.Type.CLASS,
                null,
                "Wraps every processor.");
        define(
                ENSURE_EXPLICIT_INTERNAL_RESOURCE_NAMING_CONFIG,
                ConfigDef.Type.BOOLEAN,
                false,
                "Whether generated names of stores and topics are refused.");
        define(
                DEFAULT_CLIENT_SUPPLIER_CONFIG,
                ConfigDef.Type.CLASS,
                KafkaClients.class,
                "Makes the clients.");
    }

    private static void requireOptimizations(String name, @Nullable Object value) {
        StreamsConfig.optimizations(String.valueOf(value));
    }

    private static void requireFewTags(String name, @Nullable Object value) {
        if (value instanceof List<?> tags
                && tags.size() > MAX_RACK_AWARE_ASSIGNMENT_TAG_LIST_SIZE) {
            throw new ConfigException(
                    name,
                    value,
                    "exceeds maximum list size of ["
                            + MAX_RACK_AWARE_ASSIGNMENT_TAG_LIST_SIZE
                            + "].");
        }
    }

    /** Passed on to the clients when they are given. */
    private void clients() {
        String text = "Of all clients.";
        define(
                SECURITY_PROTOCOL_CONFIG,
                ConfigDef.Type.STRING,
                "PLAINTEXT",
                ConfigDef.CaseInsensitiveValidString.in(
                        SecurityProtocol.names().toArray(new String[0])),
                text);
        define(CONNECTIONS_MAX_IDLE_MS_CONFIG, ConfigDef.Type.LONG, 540_000L, text);
        define(METADATA_MAX_AGE_CONFIG, ConfigDef.Type.LONG, 300_000L, Range.atLeast(0), text);
        define(
                CommonClientConfigs.METADATA_RECOVERY_STRATEGY_CONFIG,
                ConfigDef.Type.STRING,
                CommonClientConfigs.DEFAULT_METADATA_RECOVERY_STRATEGY,
                text);
        define(
                CommonClientConfigs.METADATA_RECOVERY_REBOOTSTRAP_TRIGGER_MS_CONFIG,
                ConfigDef.Type.LONG,
                CommonClientConfigs.DEFAULT_METADATA_RECOVERY_REBOOTSTRAP_TRIGGER_MS,
                text);
        define(RECEIVE_BUFFER_CONFIG, ConfigDef.Type.INT, 32 << 10, Range.atLeast(-1), text);
        define(SEND_BUFFER_CONFIG, ConfigDef.Type.INT, 128 << 10, Range.atLeast(-1), text);
        define(RECONNECT_BACKOFF_MS_CONFIG, ConfigDef.Type.LONG, 50L, Range.atLeast(0), text);
        define(RECONNECT_BACKOFF_MAX_MS_CONFIG, ConfigDef.Type.LONG, 1000L, Range.atLeast(0), text);
        define(RETRY_BACKOFF_MS_CONFIG, ConfigDef.Type.LONG, 100L, Range.atLeast(0), text);
        define(REQUEST_TIMEOUT_MS_CONFIG, ConfigDef.Type.INT, 40_000, Range.atLeast(0), text);
        define(ENABLE_METRICS_PUSH_CONFIG, ConfigDef.Type.BOOLEAN, true, text);
        define(METRIC_REPORTER_CLASSES_CONFIG, ConfigDef.Type.LIST, JMX_REPORTER, text);
        define(METRICS_NUM_SAMPLES_CONFIG, ConfigDef.Type.INT, 2, Range.atLeast(1), text);
        define(
                METRICS_SAMPLE_WINDOW_MS_CONFIG,
                ConfigDef.Type.LONG,
                30_000L,
                Range.atLeast(0),
                text);
        define(
                METRICS_RECORDING_LEVEL_CONFIG,
                ConfigDef.Type.STRING,
                "INFO",
                ValidString.in("INFO", "DEBUG", "TRACE"),
                text);
        define(
                BUILT_IN_METRICS_VERSION_CONFIG,
                ConfigDef.Type.STRING,
                METRICS_LATEST,
                ValidString.in(METRICS_LATEST),
                "Of the metrics' names.");
        define(AbstractConfig.CONFIG_PROVIDERS_CONFIG, ConfigDef.Type.LIST, List.of(), text);
    }

    private static final String JMX_REPORTER = "org.apache.kafka.common.metrics.JmxReporter";
}
