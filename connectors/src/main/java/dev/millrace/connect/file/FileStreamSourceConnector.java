package dev.millrace.connect.file;

import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.source.ExactlyOnceSupport;
import org.apache.kafka.connect.source.SourceConnector;

/** One task, which follows one file. */
public final class FileStreamSourceConnector extends SourceConnector {
    static final String FILE = "file";
    static final String TOPIC = "topic";
    static final String BATCH_SIZE = "batch.size";

    static final ConfigDef CONFIG =
            new ConfigDef()
                    .define(
                            FILE,
                            ConfigDef.Type.STRING,
                            null,
                            ConfigDef.Importance.HIGH,
                            "Text file to follow, in UTF-8; without it, standard input.")
                    .define(
                            TOPIC,
                            ConfigDef.Type.STRING,
                            ConfigDef.NO_DEFAULT_VALUE,
                            new ConfigDef.NonEmptyString(),
                            ConfigDef.Importance.HIGH,
                            "Topic that gets one record per line.")
                    .define(
                            BATCH_SIZE,
                            ConfigDef.Type.INT,
                            2000,
                            ConfigDef.Range.atLeast(1),
                            ConfigDef.Importance.LOW,
                            "Most lines that one poll returns.");

    private Map<String, String> settings = Map.of();

    @Override
    public String version() {
        return FileStreams.VERSION;
    }

    @Override
    public ConfigDef config() {
        return CONFIG;
    }

    @Override
    public void start(Map<String, String> props) {
        new AbstractConfig(CONFIG, props, false); // throws ConfigException, which names the setting
        settings = Map.copyOf(props);
    }

    @Override
    public Class<? extends Task> taskClass() {
        return FileStreamSourceTask.class;
    }

    /** One, whatever the limit: a file has one reader. */
    @Override
    public List<Map<String, String>> taskConfigs(int maxTasks) {
        return List.of(settings);
    }

    @Override
    public void stop() {
        settings = Map.of();
    }

    @Override
    public ExactlyOnceSupport exactlyOnceSupport(Map<String, String> props) {
        return props.get(FILE) != null
                ? ExactlyOnceSupport.SUPPORTED
                : ExactlyOnceSupport.UNSUPPORTED; // standard input cannot be read twice
    }
}
