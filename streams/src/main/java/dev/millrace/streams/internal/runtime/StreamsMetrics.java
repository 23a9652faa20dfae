package dev.millrace.streams.internal.runtime;

import dev.millrace.streams.internal.task.ProgramMetrics;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.metrics.Gauge;
import org.apache.kafka.common.metrics.JmxReporter;
import org.apache.kafka.common.metrics.KafkaMetricsContext;
import org.apache.kafka.common.metrics.MetricConfig;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.metrics.Sensor;
import org.apache.kafka.common.metrics.stats.Avg;
import org.apache.kafka.common.metrics.stats.CumulativeCount;
import org.apache.kafka.common.metrics.stats.CumulativeSum;
import org.apache.kafka.common.metrics.stats.Max;
import org.apache.kafka.common.metrics.stats.Rate;
import org.apache.kafka.common.metrics.stats.WindowedCount;

/**
 * Metrics of an instance under Kafka Streams' names, where it has some: {@code stream-metrics} of
 * the instance and {@code stream-thread-metrics} of each thread. Measured per round of a thread,
 * not per record.
 */
public final class StreamsMetrics implements AutoCloseable {
    private static final String INSTANCE_GROUP = "stream-metrics";
    private static final String THREAD_GROUP = "stream-thread-metrics";

    private final Metrics metrics;
    private final String clientId;

    public StreamsMetrics(
            String clientId, int samples, long sampleWindowMs, Sensor.RecordingLevel level) {
        this.clientId = clientId;
        MetricConfig config =
                new MetricConfig()
                        .samples(samples)
                        .recordLevel(level)
                        .timeWindow(sampleWindowMs, TimeUnit.MILLISECONDS);
        metrics = new Metrics(config);
        JmxReporter reporter = new JmxReporter();
        reporter.contextChange(new KafkaMetricsContext("kafka.streams"));
        metrics.addReporter(reporter);
    }

    /** A number or a text about the instance. */
    public <T> void gauge(String name, String description, Supplier<T> value) {
        metrics.addMetric(
                metrics.metricName(
                        name, INSTANCE_GROUP, description, Map.of("client-id", clientId)),
                (Gauge<T>) (config, nowMs) -> value.get());
    }

    public Map<MetricName, Metric> all() {
        return new HashMap<>(metrics.metrics());
    }

    /** What one thread measures. */
    final class OfThread implements AutoCloseable {
        private final String thread;
        private final Sensor process;
        private final Sensor exchanged;
        private final Sensor commit;
        private final Sensor poll;
        private final Sensor polledRecords;
        private final Sensor created;
        private final Sensor closed;

        private OfThread(String thread) {
            this.thread = thread;
            process = sensor("process");
            process.add(name("process-rate", "Records processed a second"), new Rate());
            process.add(name("process-total", "Records processed"), new CumulativeSum());
            exchanged = sensor("local-exchange");
            exchanged.add(
                    name("local-exchange-rate", "Records that passed by their topic, a second"),
                    new Rate());
            exchanged.add(
                    name("local-exchange-total", "Records that passed by their topic"),
                    new CumulativeSum());
            commit = timed("commit", "Commits");
            poll = timed("poll", "Polls");
            polledRecords = sensor("poll-records");
            polledRecords.add(name("poll-records-avg", "Records of a poll"), new Avg());
            polledRecords.add(name("poll-records-max", "Records of a poll"), new Max());
            created = counted("task-created", "Tasks opened");
            closed = counted("task-closed", "Tasks closed");
        }

        private Sensor sensor(String name) {
            return metrics.sensor(thread + "." + name);
        }

        private MetricName name(String name, String description) {
            return metrics.metricName(name, THREAD_GROUP, description, Map.of("thread-id", thread));
        }

        private Sensor counted(String name, String what) {
            Sensor sensor = sensor(name);
            sensor.add(name(name + "-rate", what + " a second"), new Rate(new WindowedCount()));
            sensor.add(name(name + "-total", what), new CumulativeCount());
            return sensor;
        }

        private Sensor timed(String name, String what) {
            Sensor sensor = counted(name, what);
            sensor.add(name(name + "-latency-avg", what + ", milliseconds each"), new Avg());
            sensor.add(name(name + "-latency-max", what + ", milliseconds each"), new Max());
            return sensor;
        }

        /**
         * @param handedOver records that reached their task without their topic
         */
        void processed(long records, long handedOver) {
            process.record((double) (records + handedOver));
            if (handedOver > 0) {
                exchanged.record((double) handedOver);
            }
        }

        void polled(long startNs, int records) {
            poll.record((System.nanoTime() - startNs) / 1e6);
            polledRecords.record(records);
        }

        void committed(long startNs) {
            commit.record((System.nanoTime() - startNs) / 1e6);
        }

        void taskOpened() {
            created.record();
        }

        void taskClosed() {
            closed.record();
        }

        @Override
        public void close() {
            for (Sensor each :
                    List.of(process, exchanged, commit, poll, polledRecords, created, closed)) {
                metrics.removeSensor(each.name());
            }
        }
    }

    /** For what processors on a thread measure. */
    dev.millrace.streams.StreamsMetrics ofProgram(String thread) {
        return new ProgramMetrics(metrics, thread);
    }

    OfThread ofThread(String thread) {
        return new OfThread(thread);
    }

    @Override
    public void close() {
        metrics.close();
    }
}
