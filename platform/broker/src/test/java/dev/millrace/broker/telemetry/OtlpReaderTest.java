package dev.millrace.broker.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.shaded.io.opentelemetry.proto.common.v1.AnyValue;
import org.apache.kafka.shaded.io.opentelemetry.proto.common.v1.KeyValue;
import org.apache.kafka.shaded.io.opentelemetry.proto.metrics.v1.AggregationTemporality;
import org.apache.kafka.shaded.io.opentelemetry.proto.metrics.v1.ExponentialHistogram;
import org.apache.kafka.shaded.io.opentelemetry.proto.metrics.v1.ExponentialHistogramDataPoint;
import org.apache.kafka.shaded.io.opentelemetry.proto.metrics.v1.Histogram;
import org.apache.kafka.shaded.io.opentelemetry.proto.metrics.v1.HistogramDataPoint;
import org.apache.kafka.shaded.io.opentelemetry.proto.metrics.v1.Metric;
import org.apache.kafka.shaded.io.opentelemetry.proto.metrics.v1.MetricsData;
import org.apache.kafka.shaded.io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import org.apache.kafka.shaded.io.opentelemetry.proto.metrics.v1.ScopeMetrics;
import org.apache.kafka.shaded.io.opentelemetry.proto.metrics.v1.Summary;
import org.apache.kafka.shaded.io.opentelemetry.proto.metrics.v1.SummaryDataPoint;
import org.junit.jupiter.api.Test;

/** What OpenTelemetry's own classes write is shown as Prometheus wants it. */
class OtlpReaderTest {
    private final ClientMetricsStore store = new ClientMetricsStore(1);
    private final Client client =
            new Client(Uuid.randomUuid(), "app", "any", "1", "127.0.0.1", 4711);

    private static byte[] message(Metric.Builder metric) {
        return MetricsData.newBuilder()
                .addResourceMetrics(
                        ResourceMetrics.newBuilder()
                                .addScopeMetrics(ScopeMetrics.newBuilder().addMetrics(metric)))
                .build()
                .toByteArray();
    }

    private void push(Metric.Builder metric) {
        store.put(client, OtlpReader.read(message(metric), 1_000));
    }

    /** The lines of a metric, without the labels that say who the client is. */
    private List<String> lines(String family) {
        return store.scrape()
                .lines()
                .filter(line -> line.contains(family))
                .map(line -> line.replaceAll("client_[a-z_]+=\"[^\"]*\",?", "").replace(",}", "}"))
                .toList();
    }

    private static KeyValue.Builder topic() {
        return KeyValue.newBuilder()
                .setKey("topic")
                .setValue(AnyValue.newBuilder().setStringValue("orders"));
    }

    private static Metric.Builder histogram(AggregationTemporality temporality, long... counts) {
        HistogramDataPoint.Builder point =
                HistogramDataPoint.newBuilder()
                        .addAttributes(topic())
                        .setCount(counts[0] + counts[1] + counts[2])
                        .setSum(7.5)
                        .addExplicitBounds(1)
                        .addExplicitBounds(2.5);
        for (long count : counts) {
            point.addBucketCounts(count);
        }
        return Metric.newBuilder()
                .setName("a.latency")
                .setHistogram(
                        Histogram.newBuilder()
                                .setAggregationTemporality(temporality)
                                .addDataPoints(point));
    }

    @Test
    void the_buckets_of_a_histogram_count_everything_below_them() {
        push(histogram(AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE, 3, 2, 1));

        assertThat(lines("a_latency"))
                .containsExactly(
                        "# TYPE a_latency histogram",
                        "a_latency_bucket{le=\"1.0\",topic=\"orders\"} 3.0",
                        "a_latency_bucket{le=\"2.5\",topic=\"orders\"} 5.0",
                        "a_latency_bucket{le=\"+Inf\",topic=\"orders\"} 6.0",
                        "a_latency_sum{topic=\"orders\"} 7.5",
                        "a_latency_count{topic=\"orders\"} 6.0");
    }

    @Test
    void deltas_add_up_and_totals_replace_each_other() {
        push(histogram(AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA, 3, 2, 1));
        push(histogram(AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA, 1, 1, 1));
        assertThat(lines("a_latency"))
                .contains(
                        "a_latency_bucket{le=\"2.5\",topic=\"orders\"} 7.0",
                        "a_latency_sum{topic=\"orders\"} 15.0",
                        "a_latency_count{topic=\"orders\"} 9.0");

        push(histogram(AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE, 1, 1, 0));
        assertThat(lines("a_latency")).contains("a_latency_count{topic=\"orders\"} 2.0");
    }

    @Test
    void an_exponential_histogram_has_the_bounds_that_its_scale_says() {
        // Scale 0: powers of two. Two in (-4, -2], one zero, three in (1, 2], five in (2, 4].
        push(
                Metric.newBuilder()
                        .setName("size")
                        .setExponentialHistogram(
                                ExponentialHistogram.newBuilder()
                                        .addDataPoints(
                                                ExponentialHistogramDataPoint.newBuilder()
                                                        .setCount(11)
                                                        .setSum(20)
                                                        .setScale(0)
                                                        .setZeroCount(1)
                                                        .setNegative(
                                                                ExponentialHistogramDataPoint
                                                                        .Buckets.newBuilder()
                                                                        .setOffset(1)
                                                                        .addBucketCounts(2))
                                                        .setPositive(
                                                                ExponentialHistogramDataPoint
                                                                        .Buckets.newBuilder()
                                                                        .setOffset(0)
                                                                        .addBucketCounts(3)
                                                                        .addBucketCounts(5)))));

        assertThat(lines("size"))
                .containsExactly(
                        "# TYPE size histogram",
                        "size_bucket{le=\"-2.0\"} 2.0",
                        "size_bucket{le=\"0.0\"} 3.0",
                        "size_bucket{le=\"2.0\"} 6.0",
                        "size_bucket{le=\"4.0\"} 11.0",
                        "size_bucket{le=\"+Inf\"} 11.0",
                        "size_sum{} 20.0",
                        "size_count{} 11.0");
    }

    @Test
    void a_negative_scale_and_offset_are_read_as_such() {
        // Scale -1: powers of four. From 4^-2 to 4^-1.
        push(
                Metric.newBuilder()
                        .setName("size")
                        .setExponentialHistogram(
                                ExponentialHistogram.newBuilder()
                                        .addDataPoints(
                                                ExponentialHistogramDataPoint.newBuilder()
                                                        .setCount(1)
                                                        .setScale(-1)
                                                        .setPositive(
                                                                ExponentialHistogramDataPoint
                                                                        .Buckets.newBuilder()
                                                                        .setOffset(-2)
                                                                        .addBucketCounts(1)))));

        assertThat(lines("size")).contains("size_bucket{le=\"0.25\"} 1.0");
    }

    @Test
    void a_summary_has_its_quantiles() {
        push(
                Metric.newBuilder()
                        .setName("wait")
                        .setSummary(
                                Summary.newBuilder()
                                        .addDataPoints(
                                                SummaryDataPoint.newBuilder()
                                                        .setCount(4)
                                                        .setSum(10)
                                                        .addQuantileValues(
                                                                SummaryDataPoint.ValueAtQuantile
                                                                        .newBuilder()
                                                                        .setQuantile(0.99)
                                                                        .setValue(3.5)))));

        assertThat(lines("wait"))
                .containsExactly(
                        "# TYPE wait summary",
                        "wait{quantile=\"0.99\"} 3.5",
                        "wait_sum{} 10.0",
                        "wait_count{} 4.0");
    }

    @Test
    void a_histogram_that_is_not_one_is_refused_with_what_is_wrong() {
        HistogramDataPoint.Builder torn =
                HistogramDataPoint.newBuilder().addBucketCounts(1).addExplicitBounds(1);
        HistogramDataPoint.Builder large = HistogramDataPoint.newBuilder();
        for (int i = 0; i <= OtlpDistributions.MAX_BUCKETS; i++) {
            large.addBucketCounts(1);
        }

        assertThatThrownBy(() -> push(one(torn)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1 buckets and 1 bounds");
        assertThatThrownBy(() -> push(one(large)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("161 buckets");
    }

    private static Metric.Builder one(HistogramDataPoint.Builder point) {
        return Metric.newBuilder()
                .setName("h")
                .setHistogram(Histogram.newBuilder().addDataPoints(point));
    }

    @Test
    void a_histogram_is_kept_whole_or_not_at_all() {
        List<Sample> filling = new ArrayList<>();
        for (int i = 0; i < ClientMetricsStore.MAX_SERIES_PER_CLIENT - 4; i++) {
            filling.add(new Sample("g" + i, Map.of(), Sample.Kind.GAUGE, 1));
        }
        store.put(client, filling);

        push(histogram(AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE, 1, 1, 1));

        assertThat(lines("a_latency")).isEmpty();
        assertThat(store.scrape()).contains("millrace_telemetry_dropped_samples_total 1\n");
    }

    @Test
    void damaged_bytes_are_refused_and_nothing_else() {
        byte[] whole =
                message(histogram(AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA, 3, 2, 1));
        Random random = new Random(11);
        for (int i = 0; i < 20_000; i++) {
            byte[] damaged = whole.clone();
            for (int n = 1 + random.nextInt(3); n > 0; n--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
            }
            try {
                OtlpReader.read(damaged, 1_000);
            } catch (IllegalArgumentException e) {
                assertThat(e.getMessage()).matches("(The metrics|A histogram) .*");
            }
        }
    }
}
