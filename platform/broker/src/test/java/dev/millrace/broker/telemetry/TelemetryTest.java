package dev.millrace.broker.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.cluster.MetadataImage;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.TelemetryTooLargeException;
import org.apache.kafka.common.errors.ThrottlingQuotaExceededException;
import org.apache.kafka.common.errors.UnknownSubscriptionIdException;
import org.apache.kafka.common.errors.UnsupportedCompressionTypeException;
import org.junit.jupiter.api.Test;

class TelemetryTest {
    private static final int MAX_BYTES = 1_000;

    private long nowMs = 1_000_000;
    private final ClientMetricsStore store = new ClientMetricsStore(2);
    private final Telemetry telemetry = new Telemetry(MAX_BYTES, () -> nowMs, store);
    private final Client java = client("app", "apache-kafka-java", "4.3.1");

    private static void knownCodec() {}

    private static Client client(String clientId, String software, String version) {
        return new Client(Uuid.randomUuid(), clientId, software, version, "127.0.0.1", 4711);
    }

    private void subscriptions(Map<String, Map<String, String>> byName) {
        Map<ConfigResource, Map<String, String>> configs = new HashMap<>();
        byName.forEach(
                (name, values) ->
                        configs.put(
                                new ConfigResource(ConfigResource.Type.CLIENT_METRICS, name),
                                values));
        telemetry.follow(new MetadataImage(1, "c", 1, Map.of(), Map.of(), Map.of(), configs));
    }

    private int get(Client client) {
        return telemetry.subscribe(client).subscriptionId();
    }

    @Test
    void without_subscriptions_nothing_is_asked_and_that_every_five_minutes() {
        Telemetry.Demand demand = telemetry.subscribe(java);

        assertThat(demand.metrics()).isEmpty();
        assertThat(demand.intervalMs()).isEqualTo(300_000);
        assertThat(demand.instanceId()).isEqualTo(java.instanceId());
    }

    @Test
    void a_client_gets_what_all_matching_subscriptions_ask_as_often_as_the_most_eager() {
        subscriptions(
                Map.of(
                        "a", Map.of("metrics", "x.,y.", "interval.ms", "5000"),
                        "b",
                                Map.of(
                                        "metrics",
                                        "y.,z.",
                                        "interval.ms",
                                        "1000",
                                        "match",
                                        "client_software_name=apache.*,client_source_port=47.."),
                        "c", Map.of("metrics", "other", "match", "client_id=somebody")));

        Telemetry.Demand demand = telemetry.subscribe(java);

        assertThat(demand.metrics()).containsExactly("x.", "y.", "z.");
        assertThat(demand.intervalMs()).isEqualTo(1_000);
        assertThat(telemetry.subscribe(client("app", "librdkafka", "2.0")).metrics())
                .containsExactly("x.", "y.");
    }

    @Test
    void all_metrics_are_asked_with_one_star() {
        subscriptions(Map.of("a", Map.of("metrics", "x.,*")));

        assertThat(telemetry.subscribe(java).metrics()).containsExactly("*");
    }

    @Test
    void who_asks_or_pushes_before_the_interval_is_over_is_throttled() {
        subscriptions(Map.of("a", Map.of("metrics", "*", "interval.ms", "1000")));
        int id = get(java);

        assertThatThrownBy(() -> get(java)).isInstanceOf(ThrottlingQuotaExceededException.class);
        telemetry.push(java, id, false, 1, TelemetryTest::knownCodec);
        assertThatThrownBy(() -> telemetry.push(java, id, false, 1, TelemetryTest::knownCodec))
                .isInstanceOf(ThrottlingQuotaExceededException.class);

        nowMs += 1_000;
        telemetry.push(java, id, false, 1, TelemetryTest::knownCodec);
    }

    @Test
    void changed_subscriptions_are_noticed_at_the_next_push_and_may_be_asked_at_once() {
        subscriptions(Map.of("a", Map.of("metrics", "x.", "interval.ms", "1000")));
        int id = get(java);
        subscriptions(Map.of("a", Map.of("metrics", "y.", "interval.ms", "1000")));
        nowMs += 1_000;

        assertThatThrownBy(() -> telemetry.push(java, id, false, 1, TelemetryTest::knownCodec))
                .isInstanceOf(UnknownSubscriptionIdException.class);
        Telemetry.Demand demand = telemetry.subscribe(java);

        assertThat(demand.metrics()).containsExactly("y.");
        assertThat(demand.subscriptionId()).isNotEqualTo(id);
    }

    @Test
    void a_last_push_comes_whenever_it_comes_and_nothing_after_it() {
        int id = get(java);
        telemetry.push(java, id, false, 1, TelemetryTest::knownCodec);

        telemetry.push(java, id, true, 1, TelemetryTest::knownCodec);

        nowMs += 300_000;
        assertThatThrownBy(() -> telemetry.push(java, id, false, 1, TelemetryTest::knownCodec))
                .isInstanceOf(InvalidRequestException.class);
    }

    @Test
    void too_much_or_in_an_unknown_codec_is_refused() {
        int id = get(java);
        assertThatThrownBy(
                        () ->
                                telemetry.push(
                                        java, id, false, MAX_BYTES + 1, TelemetryTest::knownCodec))
                .isInstanceOf(TelemetryTooLargeException.class);

        nowMs += 300_000;
        assertThatThrownBy(
                        () ->
                                telemetry.push(
                                        java,
                                        id,
                                        false,
                                        1,
                                        () -> {
                                            throw new UnsupportedCompressionTypeException("no");
                                        }))
                .isInstanceOf(UnsupportedCompressionTypeException.class);
        // It may ask again at once, to learn which codecs there are.
        assertThat(get(java)).isEqualTo(id);
    }

    @Test
    void a_client_that_is_silent_for_three_intervals_is_forgotten_with_its_values() {
        get(java);
        store.put(java, List.of(new Sample("m", Map.of(), Sample.Kind.GAUGE, 1)));
        assertThat(telemetry.scrape()).contains("millrace_telemetry_clients 1").contains("\nm{");

        nowMs += 900_000;

        assertThat(telemetry.scrape())
                .contains("millrace_telemetry_clients 0")
                .doesNotContain("\nm{");
    }

    @Test
    void there_are_never_more_clients_than_the_limit() {
        for (int i = 0; i < Telemetry.MAX_INSTANCES + 10; i++) {
            get(client("c" + i, "", ""));
        }

        assertThat(telemetry.scrape())
                .contains("millrace_telemetry_clients " + Telemetry.MAX_INSTANCES + "\n");
    }

    @Test
    void sums_of_deltas_and_latest_gauges_are_shown_by_client() {
        store.put(
                java,
                List.of(
                        new Sample("a.b.total", Map.of("topic", "t"), Sample.Kind.DELTA, 2),
                        new Sample("a.b.rate", Map.of(), Sample.Kind.GAUGE, 2)));
        store.put(
                java,
                List.of(
                        new Sample("a.b.total", Map.of("topic", "t"), Sample.Kind.DELTA, 3),
                        new Sample("a.b.rate", Map.of(), Sample.Kind.GAUGE, 0.5)));

        assertThat(store.scrape())
                .contains("# TYPE a_b_total counter\na_b_total{client_id=\"app\",")
                .contains("topic=\"t\"} 5.0\n")
                .contains("# TYPE a_b_rate gauge\n")
                .contains("client_software_version=\"4.3.1\"} 0.5\n");
    }

    @Test
    void values_beyond_the_limits_are_counted_not_kept() {
        List<Sample> one = List.of(new Sample("m", Map.of(), Sample.Kind.GAUGE, 1));
        for (int i = 0; i < 3; i++) {
            store.put(client("c" + i, "", ""), one);
        }

        assertThat(store.scrape())
                .contains("client_id=\"c1\"")
                .doesNotContain("client_id=\"c2\"")
                .contains("millrace_telemetry_dropped_samples_total 1\n");
    }

    @Test
    void labels_cannot_break_out_of_their_quotes() {
        store.put(
                client("a\"} 1\nfake 2", "", ""),
                List.of(new Sample("9 m", Map.of("x y", "\\"), Sample.Kind.GAUGE, 1)));

        assertThat(store.scrape())
                .contains("client_id=\"a\\\"} 1\\nfake 2\"")
                .contains("_9_m{")
                .contains("x_y=\"\\\\\"")
                .doesNotContain("\nfake 2");
    }
}
