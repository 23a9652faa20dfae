package dev.millrace.connect;

import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Range;
import org.apache.kafka.common.config.ConfigDef.ValidString;
import org.apache.kafka.common.config.ConfigException;

/**
 * The file {@code connect-standalone.properties}: Kafka's keys, and Kafka's defaults except for
 * {@code listeners}, which is loopback only.
 */
final class WorkerConfig extends AbstractConfig {
    static final String BOOTSTRAP_SERVERS = "bootstrap.servers";
    static final String KEY_CONVERTER = "key.converter";
    static final String VALUE_CONVERTER = "value.converter";
    static final String HEADER_CONVERTER = "header.converter";
    static final String OFFSET_FILE = "offset.storage.file.filename";
    static final String OFFSET_FLUSH_INTERVAL_MS = "offset.flush.interval.ms";
    static final String OFFSET_FLUSH_TIMEOUT_MS = "offset.flush.timeout.ms";
    static final String SHUTDOWN_TIMEOUT_MS = "task.shutdown.graceful.timeout.ms";
    static final String PLUGIN_PATH = "plugin.path";
    static final String PLUGIN_DISCOVERY = "plugin.discovery";
    static final String LISTENERS = "listeners";
    static final String TOPIC_CREATION = "topic.creation.enable";

    static final ConfigDef DEF =
            new ConfigDef()
                    .define(
                            BOOTSTRAP_SERVERS,
                            ConfigDef.Type.LIST,
                            "localhost:9092",
                            Importance.HIGH,
                            "HOST:PORT of one or more brokers.")
                    .define(
                            KEY_CONVERTER,
                            ConfigDef.Type.STRING,
                            Importance.HIGH,
                            "Converter class of keys, for connectors that do not name their own.")
                    .define(
                            VALUE_CONVERTER,
                            ConfigDef.Type.STRING,
                            Importance.HIGH,
                            "Converter class of values, for connectors that do not name their own.")
                    .define(
                            HEADER_CONVERTER,
                            ConfigDef.Type.STRING,
                            "org.apache.kafka.connect.storage.SimpleHeaderConverter",
                            Importance.LOW,
                            "Header converter class, for connectors that do not name their own.")
                    .define(
                            OFFSET_FILE,
                            ConfigDef.Type.STRING,
                            Importance.HIGH,
                            "File that keeps the source offsets.")
                    .define(
                            OFFSET_FLUSH_INTERVAL_MS,
                            ConfigDef.Type.LONG,
                            60_000L,
                            Range.atLeast(1),
                            Importance.LOW,
                            "Time between commits of offsets.")
                    .define(
                            OFFSET_FLUSH_TIMEOUT_MS,
                            ConfigDef.Type.LONG,
                            5_000L,
                            Range.atLeast(0),
                            Importance.LOW,
                            "How long a stopping source task waits for acknowledgements.")
                    .define(
                            SHUTDOWN_TIMEOUT_MS,
                            ConfigDef.Type.LONG,
                            5_000L,
                            Range.atLeast(0),
                            Importance.LOW,
                            "How long tasks together may take to stop.")
                    .define(
                            PLUGIN_PATH,
                            ConfigDef.Type.LIST,
                            List.of(),
                            Importance.LOW,
                            "Directories whose children are plugins.")
                    .define(
                            PLUGIN_DISCOVERY,
                            ConfigDef.Type.STRING,
                            "hybrid_warn",
                            ValidString.in(
                                    "only_scan", "hybrid_warn", "hybrid_fail", "service_load"),
                            Importance.LOW,
                            "service_load: only plugins that have a manifest.")
                    .define(
                            TOPIC_CREATION,
                            ConfigDef.Type.BOOLEAN,
                            true,
                            Importance.LOW,
                            "Whether topic.creation.* of source connectors is obeyed.")
                    .define(
                            LISTENERS,
                            ConfigDef.Type.STRING,
                            "http://127.0.0.1:8083",
                            Importance.LOW,
                            "http://HOST:PORT of the REST API; port 0 takes a free one.");

    WorkerConfig(Map<String, String> settings) {
        super(DEF, settings, false);
    }

    String bootstrapServers() {
        return String.join(",", getList(BOOTSTRAP_SERVERS));
    }

    List<Path> pluginPath() {
        return getList(PLUGIN_PATH).stream()
                .map(String::trim)
                .filter(p -> !p.isEmpty())
                .map(Path::of)
                .toList();
    }

    boolean onlyManifests() {
        return getString(PLUGIN_DISCOVERY).equals("service_load");
    }

    long millis(String key) {
        return getLong(key);
    }

    /** Where the REST API listens. */
    URI listener() {
        String listener = getString(LISTENERS).trim();
        try {
            URI uri = URI.create(listener);
            if ("http".equalsIgnoreCase(uri.getScheme()) && uri.getPort() >= 0) {
                return uri;
            }
        } catch (IllegalArgumentException e) {
            throw new ConfigException(
                    LISTENERS, listener, "expected one http://HOST:PORT: " + e.getMessage());
        }
        throw new ConfigException(LISTENERS, listener, "expected one http://HOST:PORT");
    }

    /**
     * Settings of a client of the tasks, in rising precedence: {@code base}, the worker's under
     * {@code kind.}, the connector's under {@code kind.override.}.
     *
     * @param kind producer, consumer or admin
     */
    Map<String, Object> client(String kind, Map<String, Object> base, ConnectorConfig connector) {
        Map<String, Object> settings = new HashMap<>(base);
        settings.put(BOOTSTRAP_SERVERS, bootstrapServers());
        settings.putAll(originalsWithPrefix(kind + "."));
        settings.putAll(connector.originalsWithPrefix(kind + ".override."));
        return settings;
    }
}
