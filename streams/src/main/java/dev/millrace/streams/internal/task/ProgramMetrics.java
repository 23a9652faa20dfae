package dev.millrace.streams.internal.task;

import dev.millrace.streams.StreamsMetrics;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.metrics.Sensor;
import org.apache.kafka.common.metrics.stats.Avg;
import org.apache.kafka.common.metrics.stats.CumulativeCount;
import org.apache.kafka.common.metrics.stats.Max;
import org.apache.kafka.common.metrics.stats.Rate;
import org.apache.kafka.common.metrics.stats.WindowedCount;

/** What processors of one thread measure, under Kafka Streams' names. */
public final class ProgramMetrics implements StreamsMetrics {
    private final Metrics metrics;
    private final String thread;

    /**
     * @param thread value of the tag {@code thread-id}
     */
    public ProgramMetrics(Metrics metrics, String thread) {
        this.metrics = metrics;
        this.thread = thread;
    }

    @Override
    public Map<MetricName, ? extends Metric> metrics() {
        return Map.copyOf(metrics.metrics());
    }

    @Override
    public Sensor addLatencyRateTotalSensor(
            String scopeName,
            String entityName,
            String operationName,
            Sensor.RecordingLevel recordingLevel,
            String... tags) {
        Sensor sensor =
                addRateTotalSensor(scopeName, entityName, operationName, recordingLevel, tags);
        Map<String, String> allTags = tags(scopeName, entityName, tags);
        String latency = operationName + "-latency";
        sensor.add(
                name(latency + "-avg", scopeName, "Average latency of " + operationName, allTags),
                new Avg());
        sensor.add(
                name(latency + "-max", scopeName, "Longest latency of " + operationName, allTags),
                new Max());
        return sensor;
    }

    @Override
    public Sensor addRateTotalSensor(
            String scopeName,
            String entityName,
            String operationName,
            Sensor.RecordingLevel recordingLevel,
            String... tags) {
        Map<String, String> allTags = tags(scopeName, entityName, tags);
        Sensor sensor =
                metrics.sensor(
                        "external." + thread + ".entity." + entityName + "." + operationName,
                        recordingLevel);
        sensor.add(
                name(
                        operationName + "-rate",
                        scopeName,
                        "Number of " + operationName + " operations a second",
                        allTags),
                new Rate(new WindowedCount()));
        sensor.add(
                name(
                        operationName + "-total",
                        scopeName,
                        "Number of " + operationName + " operations",
                        allTags),
                new CumulativeCount());
        return sensor;
    }

    private MetricName name(
            String name, String scope, String description, Map<String, String> tags) {
        return metrics.metricName(name, "stream-" + scope + "-metrics", description, tags);
    }

    private Map<String, String> tags(String scope, String entity, String... more) {
        if (more.length % 2 != 0) {
            throw new IllegalArgumentException(
                    "Tags are names and values by turns, and the last of "
                            + String.join(", ", more)
                            + " has no value");
        }
        Map<String, String> tags = new LinkedHashMap<>();
        tags.put("thread-id", thread);
        tags.put(scope + "-id", entity);
        for (int i = 0; i < more.length; i += 2) {
            tags.put(more[i], more[i + 1]);
        }
        return tags;
    }

    @Override
    public Sensor addSensor(String name, Sensor.RecordingLevel recordingLevel) {
        return metrics.sensor(name, recordingLevel);
    }

    @Override
    public Sensor addSensor(String name, Sensor.RecordingLevel recordingLevel, Sensor... parents) {
        return metrics.sensor(name, recordingLevel, parents);
    }

    @Override
    public void removeSensor(Sensor sensor) {
        metrics.removeSensor(sensor.name());
    }
}
