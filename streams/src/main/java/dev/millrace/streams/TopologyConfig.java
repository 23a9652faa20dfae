package dev.millrace.streams;

import dev.millrace.streams.errors.DeserializationExceptionHandler;
import dev.millrace.streams.errors.ProcessingExceptionHandler;
import dev.millrace.streams.kstream.Materialized;
import dev.millrace.streams.processor.TimestampExtractor;
import dev.millrace.streams.processor.api.ProcessorWrapper;
import dev.millrace.streams.state.DslStoreSuppliers;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.jspecify.annotations.Nullable;

/**
 * What a topology must know while it is built, for {@link StreamsBuilder} and {@link Topology}:
 * {@code processor.wrapper.class}, {@code ensure.explicit.internal.resource.naming}, and the kind
 * of stores that operators have which name none. With a name, it sets some of the application's
 * settings for this topology alone.
 */
public final class TopologyConfig extends AbstractConfig {
    /** For tests of Kafka Streams itself. */
    public static class InternalConfig {
        /**
         * Whether optimisations know that {@code process} and {@code processValues} may make values
         * of another type.
         */
        public static final String ENABLE_PROCESS_PROCESSVALUE_FIX =
                "__enable.process.processValue.fix__";

        public static boolean getBoolean(
                Map<String, Object> configs, String key, boolean defaultValue) {
            Object value = configs.get(key);
            return value == null ? defaultValue : Boolean.parseBoolean(String.valueOf(value));
        }
    }

    /** Settings that a named topology has for itself. */
    private static final Set<String> OVERRIDES =
            Set.of(
                    StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG,
                    StreamsConfig.CACHE_MAX_BYTES_BUFFERING_CONFIG,
                    StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG,
                    StreamsConfig.DEFAULT_DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG,
                    StreamsConfig.DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG,
                    StreamsConfig.DEFAULT_TIMESTAMP_EXTRACTOR_CLASS_CONFIG,
                    StreamsConfig.MAX_TASK_IDLE_MS_CONFIG,
                    StreamsConfig.TASK_TIMEOUT_MS_CONFIG,
                    StreamsConfig.DEFAULT_DSL_STORE_CONFIG,
                    StreamsConfig.DSL_STORE_SUPPLIERS_CLASS_CONFIG);

    /** Settings of stores: the topology is built with them, whatever the application says. */
    private static final Set<String> STORES =
            Set.of(
                    StreamsConfig.DEFAULT_DSL_STORE_CONFIG,
                    StreamsConfig.DSL_STORE_SUPPLIERS_CLASS_CONFIG);

    private static final ConfigDef DEFINITION = definition();

    public final @Nullable String topologyName;
    public final boolean eosEnabled;
    public final StreamsConfig applicationConfigs;
    public final Properties topologyOverrides;
    public final int maxBufferedSize;
    public final long cacheSize;
    public final long maxTaskIdleMs;
    public final long taskTimeoutMs;
    public final String storeType;
    public final @Nullable Class<?> dslStoreSuppliers;
    public final Supplier<TimestampExtractor> timestampExtractorSupplier;
    public final Supplier<DeserializationExceptionHandler> deserializationExceptionHandlerSupplier;
    public final Supplier<ProcessingExceptionHandler> processingExceptionHandlerSupplier;
    public final boolean ensureExplicitInternalResourceNaming;

    public TopologyConfig(StreamsConfig configs) {
        this(null, configs, properties(configs.originals()));
    }

    /**
     * @param topologyName null: the overrides are none
     */
    public TopologyConfig(
            @Nullable String topologyName,
            StreamsConfig globalAppConfigs,
            Properties topologyOverrides) {
        super(DEFINITION, topologyOverrides, false);
        this.topologyName = topologyName;
        this.applicationConfigs = globalAppConfigs;
        this.topologyOverrides = topologyOverrides;
        StreamsConfig effective = new StreamsConfig(settings(globalAppConfigs.originals()));
        eosEnabled = effective.exactlyOnce();
        maxBufferedSize = effective.getInt(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG);
        cacheSize = effective.cacheMaxBytes();
        maxTaskIdleMs = effective.getLong(StreamsConfig.MAX_TASK_IDLE_MS_CONFIG);
        taskTimeoutMs = effective.getLong(StreamsConfig.TASK_TIMEOUT_MS_CONFIG);
        storeType = effective.getString(StreamsConfig.DEFAULT_DSL_STORE_CONFIG);
        dslStoreSuppliers = effective.getClass(StreamsConfig.DSL_STORE_SUPPLIERS_CLASS_CONFIG);
        timestampExtractorSupplier = effective::defaultTimestampExtractor;
        deserializationExceptionHandlerSupplier = effective::deserializationExceptionHandler;
        processingExceptionHandlerSupplier = effective::processingExceptionHandler;
        ensureExplicitInternalResourceNaming =
                globalAppConfigs.getBoolean(
                        StreamsConfig.ENSURE_EXPLICIT_INTERNAL_RESOURCE_NAMING_CONFIG);
    }

    private static Properties properties(Map<String, Object> configs) {
        Properties properties = new Properties();
        configs.forEach(
                (name, value) -> {
                    if (value != null) {
                        properties.put(name, value);
                    }
                });
        return properties;
    }

    private static ConfigDef definition() {
        ConfigDef definition = new ConfigDef();
        StreamsConfig.configDef()
                .configKeys()
                .forEach(
                        (name, key) -> {
                            if (OVERRIDES.contains(name)
                                    || name.equals(StreamsConfig.PROCESSOR_WRAPPER_CLASS_CONFIG)
                                    || name.equals(
                                            StreamsConfig
                                                    .ENSURE_EXPLICIT_INTERNAL_RESOURCE_NAMING_CONFIG)) {
                                definition.define(key);
                            }
                        });
        return definition;
    }

    /** The settings of an application that runs this topology. */
    Map<String, Object> settings(Map<String, Object> application) {
        Map<String, Object> settings = new HashMap<>(application);
        if (STORES.stream().anyMatch(topologyOverrides::containsKey)) {
            settings.keySet().removeAll(STORES);
        }
        topologyOverrides.forEach(
                (key, value) -> {
                    String name = String.valueOf(key);
                    if (STORES.contains(name)
                            || (topologyName != null && OVERRIDES.contains(name))) {
                        settings.put(name, value);
                    }
                });
        return settings;
    }

    /** What is to see all processors; null without one. */
    @Nullable ProcessorWrapper processorWrapper() {
        return getClass(StreamsConfig.PROCESSOR_WRAPPER_CLASS_CONFIG) == null
                ? null
                : getConfiguredInstance(
                        StreamsConfig.PROCESSOR_WRAPPER_CLASS_CONFIG,
                        ProcessorWrapper.class,
                        applicationConfigs.originals());
    }

    @Deprecated
    public Materialized.StoreType parseStoreType() {
        return storeType.toLowerCase(Locale.ROOT).equals(StreamsConfig.IN_MEMORY)
                ? Materialized.StoreType.IN_MEMORY
                : Materialized.StoreType.ROCKS_DB;
    }

    /** What makes the stores of operators that name none; empty when no setting says so. */
    public Optional<DslStoreSuppliers> resolveDslStoreSuppliers() {
        StreamsConfig effective = new StreamsConfig(settings(applicationConfigs.originals()));
        Set<String> given = effective.originals().keySet();
        return STORES.stream().anyMatch(given::contains)
                ? Optional.of(effective.dslStoreSuppliers())
                : Optional.empty();
    }

    public boolean isNamedTopology() {
        return topologyName != null;
    }

    /** What its tasks work with. */
    public TaskConfig getTaskConfig() {
        return new TaskConfig(
                maxTaskIdleMs,
                taskTimeoutMs,
                maxBufferedSize,
                timestampExtractorSupplier.get(),
                deserializationExceptionHandlerSupplier.get(),
                processingExceptionHandlerSupplier.get(),
                eosEnabled);
    }

    /** Settings of the tasks of a topology. */
    public static class TaskConfig {
        public final long maxTaskIdleMs;
        public final long taskTimeoutMs;
        public final int maxBufferedSize;
        public final TimestampExtractor timestampExtractor;
        public final DeserializationExceptionHandler deserializationExceptionHandler;
        public final ProcessingExceptionHandler processingExceptionHandler;
        public final boolean eosEnabled;

        private TaskConfig(
                long maxTaskIdleMs,
                long taskTimeoutMs,
                int maxBufferedSize,
                TimestampExtractor timestampExtractor,
                DeserializationExceptionHandler deserializationExceptionHandler,
                ProcessingExceptionHandler processingExceptionHandler,
                boolean eosEnabled) {
            this.maxTaskIdleMs = maxTaskIdleMs;
            this.taskTimeoutMs = taskTimeoutMs;
            this.maxBufferedSize = maxBufferedSize;
            this.timestampExtractor = timestampExtractor;
            this.deserializationExceptionHandler = deserializationExceptionHandler;
            this.processingExceptionHandler = processingExceptionHandler;
            this.eosEnabled = eosEnabled;
        }
    }
}
