package dev.millrace.connect.file;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.sink.SinkConnector;

/** Tasks that append to one file, each the records of its partitions. */
public final class FileStreamSinkConnector extends SinkConnector {
    static final String FILE = "file";

    static final ConfigDef CONFIG =
            new ConfigDef()
                    .define(
                            FILE,
                            ConfigDef.Type.STRING,
                            null,
                            ConfigDef.Importance.HIGH,
                            "File to append to, in UTF-8; without it, standard output.");

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
        return FileStreamSinkTask.class;
    }

    @Override
    public List<Map<String, String>> taskConfigs(int maxTasks) {
        List<Map<String, String>> configs = new ArrayList<>();
        for (int task = 0; task < maxTasks; task++) {
            configs.add(settings);
        }
        return configs;
    }

    @Override
    public void stop() {
        settings = Map.of();
    }
}
