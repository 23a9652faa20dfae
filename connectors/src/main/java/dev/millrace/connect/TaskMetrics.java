package dev.millrace.connect;

import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.metrics.MetricValueProvider;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.metrics.PluginMetrics;
import org.apache.kafka.common.metrics.Sensor;

/**
 * The metrics that a plugin registers for itself, in group {@code plugins}, tagged with its owner.
 */
final class TaskMetrics implements PluginMetrics, AutoCloseable {
    private final Metrics metrics = new Metrics();
    private final Map<String, String> owner;

    TaskMetrics(Map<String, String> owner) {
        this.owner = owner;
    }

    @Override
    @SuppressWarnings("NonApiType") // Kafka's interface has it so
    public MetricName metricName(
            String name, String description, LinkedHashMap<String, String> tags) {
        Map<String, String> all = new LinkedHashMap<>(owner);
        all.putAll(tags);
        return metrics.metricName(name, "plugins", description, all);
    }

    @Override
    public void addMetric(MetricName name, MetricValueProvider<?> provider) {
        metrics.addMetric(name, provider);
    }

    @Override
    public void removeMetric(MetricName name) {
        metrics.removeMetric(name);
    }

    @Override
    public Sensor addSensor(String name) {
        return metrics.sensor(name);
    }

    @Override
    public void removeSensor(String name) {
        metrics.removeSensor(name);
    }

    @Override
    public void close() {
        metrics.close();
    }
}
