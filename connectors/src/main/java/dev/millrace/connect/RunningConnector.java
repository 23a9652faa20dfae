package dev.millrace.connect;

import dev.millrace.connect.plugin.Plugin;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.connector.Connector;
import org.apache.kafka.connect.sink.SinkConnector;

/** A connector and its tasks; owned by the worker's thread. */
final class RunningConnector {
    final Map<String, String> settings;
    final ConnectorConfig config;
    final Plugin<Connector> plugin;
    final TaskMetrics metrics;
    final List<WorkerTask> tasks = new ArrayList<>();
    List<Map<String, String>> taskSettings = List.of();
    volatile Status status = Status.of(Status.State.UNASSIGNED);

    RunningConnector(
            Map<String, String> settings,
            ConnectorConfig config,
            Plugin<Connector> plugin,
            TaskMetrics metrics) {
        this.settings = settings;
        this.config = config;
        this.plugin = plugin;
        this.metrics = metrics;
    }

    boolean isSink() {
        return plugin.instance() instanceof SinkConnector;
    }
}
