package dev.millrace.streams;

import java.util.Map;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.metrics.Sensor;

/**
 * The metrics of an instance, for a program to add its own: they are found in {@code
 * KafkaStreams.metrics()} and in JMX, and carry the tags {@code thread-id} and {@code SCOPE-id}.
 */
public interface StreamsMetrics {
    /** All of the instance, but of its clients. */
    Map<MetricName, ? extends Metric> metrics();

    /**
     * A sensor that measures how often, and how long: {@code OPERATION-latency-avg}, {@code -max},
     * {@code OPERATION-rate} and {@code -total}, in group {@code stream-SCOPE-metrics}. Units are
     * those of what is recorded.
     *
     * @param scopeName kind of what is measured
     * @param entityName which of its kind
     * @param tags names and values by turns
     */
    Sensor addLatencyRateTotalSensor(
            String scopeName,
            String entityName,
            String operationName,
            Sensor.RecordingLevel recordingLevel,
            String... tags);

    /** The same, only how often: {@code OPERATION-rate} and {@code OPERATION-total}. */
    Sensor addRateTotalSensor(
            String scopeName,
            String entityName,
            String operationName,
            Sensor.RecordingLevel recordingLevel,
            String... tags);

    /** A sensor to which the program adds statistics. */
    Sensor addSensor(String name, Sensor.RecordingLevel recordingLevel);

    /**
     * @param parents get whatever this sensor gets
     */
    Sensor addSensor(String name, Sensor.RecordingLevel recordingLevel, Sensor... parents);

    /** With all its metrics. */
    void removeSensor(Sensor sensor);
}
