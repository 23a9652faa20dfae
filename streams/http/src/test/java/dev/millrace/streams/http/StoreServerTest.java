package dev.millrace.streams.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.broker.TestBroker;
import dev.millrace.streams.KafkaStreams;
import dev.millrace.streams.KeyQueryMetadata;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two instances, one of them a process of its own, which answer for each other. */
@Timeout(180)
class StoreServerTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int PARTITIONS = 4;
    private static final int KEYS = 40;

    @TempDir private Path directory;

    private final HttpClient client = HttpClient.newHttpClient();
    private final ObjectMapper json = new ObjectMapper();
    private final Map<String, Long> truth = new TreeMap<>();

    @SuppressWarnings("NullAway.Init") // by startInstances
    private TestBroker broker;

    @SuppressWarnings("NullAway.Init") // by startInstances
    private KafkaStreams streams;

    @SuppressWarnings("NullAway.Init") // by startInstances
    private StoreServer server;

    @SuppressWarnings("NullAway.Init") // by startInstances
    private Process other;

    private String here = "";
    private String there = "";

    @BeforeEach
    void startInstances() throws Exception {
        broker = TestBroker.start();
        Map<String, Object> config = Map.of("bootstrap.servers", broker.bootstrapServers());
        try (Admin admin = Admin.create(config)) {
            admin.createTopics(
                            List.of(
                                    new NewTopic("words", PARTITIONS, (short) 1),
                                    new NewTopic("places", 1, (short) 1)))
                    .all()
                    .get();
        }
        write(config);
        here = "127.0.0.1:" + freePort();
        there = "127.0.0.1:" + freePort();
        other =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx256m",
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                "-cp",
                                System.getProperty("java.class.path"),
                                ServedWords.class.getName(),
                                broker.bootstrapServers(),
                                "served",
                                directory.resolve("there").toString(),
                                there)
                        .redirectErrorStream(true)
                        .redirectOutput(directory.resolve("there.log").toFile())
                        .start();
        streams =
                ServedWords.create(
                        broker.bootstrapServers(),
                        "served",
                        directory.resolve("here").toString(),
                        here);
        server = ServedWords.serve(streams, here);
        assertThat(get(here, "/stores/counts/keys/key1").statusCode())
                .as("before the start")
                .isEqualTo(503);
        streams.start();
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> {
                            assertThat(streams.state()).isEqualTo(KafkaStreams.State.RUNNING);
                            assertThat(
                                            streams.metadataForAllStreamsClients().stream()
                                                    .filter(
                                                            each ->
                                                                    !each.topicPartitions()
                                                                            .isEmpty()))
                                    .hasSize(2);
                            for (String key : truth.keySet()) {
                                assertThat(value(here, "/stores/counts/keys/" + key))
                                        .isEqualTo(truth.get(key));
                            }
                        });
    }

    @AfterEach
    void stopInstances() throws Exception {
        server.close();
        streams.close();
        other.destroyForcibly();
        assertThat(other.waitFor(10, TimeUnit.SECONDS)).isTrue();
        broker.close();
    }

    private void write(Map<String, Object> config) throws Exception {
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (int i = 0; i < 1_000; i++) {
                String key = "key" + i % KEYS;
                truth.merge(key, 1L, Long::sum);
                sent.add(
                        producer.send(
                                new ProducerRecord<>("words", null, 10L * i, key, "value" + i)));
            }
            sent.add(producer.send(new ProducerRecord<>("places", "a b/c", "somewhere")));
            for (Future<RecordMetadata> each : sent) {
                each.get();
            }
        }
    }

    private static int freePort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private HttpResponse<String> get(String endpoint, String path, String... headers)
            throws Exception {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create("http://" + endpoint + path))
                        .timeout(Duration.ofSeconds(20));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private JsonNode ok(String endpoint, String path) throws Exception {
        HttpResponse<String> response = get(endpoint, path);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return json.readTree(response.body());
    }

    private long value(String endpoint, String path) throws Exception {
        return ok(endpoint, path).get("value").asLong(-1);
    }

    private boolean isThere(String key) {
        KeyQueryMetadata where = streams.queryMetadataForKey("counts", key, new StringSerializer());
        return there.endsWith(":" + where.activeHost().port());
    }

    @Test
    void any_instance_answers_for_any_key() throws Exception {
        assertThat(truth.keySet().stream().filter(this::isThere))
                .isNotEmpty()
                .hasSizeLessThan(KEYS);
        for (String endpoint : List.of(here, there)) {
            for (Map.Entry<String, Long> each : truth.entrySet()) {
                JsonNode row = ok(endpoint, "/stores/counts/keys/" + each.getKey());
                assertThat(row.get("key").asText()).isEqualTo(each.getKey());
                assertThat(row.get("value").asLong()).isEqualTo(each.getValue());
                assertThat(row.get("timestamp").asLong()).isPositive();

                long windowed = 0;
                for (JsonNode window :
                        ok(endpoint, "/stores/seconds/keys/" + each.getKey() + "/windows")
                                .get("windows")) {
                    windowed += window.get("value").asLong();
                }
                assertThat(windowed).isEqualTo(each.getValue());
                assertThat(
                                ok(endpoint, "/stores/visits/keys/" + each.getKey() + "/sessions")
                                        .get("sessions"))
                        .hasSize(1);
                assertThat(
                                ok(
                                                endpoint,
                                                "/stores/versions/keys/"
                                                        + each.getKey()
                                                        + "?asOf=5000")
                                        .get("from")
                                        .asLong())
                        .isBetween(4600L, 5000L);
                assertThat(
                                ok(
                                                endpoint,
                                                "/stores/versions/keys/"
                                                        + each.getKey()
                                                        + "/versions?from=0&to=800")
                                        .get("versions"))
                        .hasSizeBetween(2, 3);
            }
            Map<String, Long> all = new TreeMap<>();
            for (JsonNode row : ok(endpoint, "/stores/counts/keys").get("rows")) {
                all.put(row.get("key").asText(), row.get("value").asLong());
            }
            assertThat(all).isEqualTo(truth);
            assertThat(ok(endpoint, "/stores/counts/keys?from=key3&to=key39").get("rows"))
                    .hasSize(11);
            assertThat(ok(endpoint, "/stores/counts/keys?limit=5").get("rows")).hasSize(5);
            long sum = 0;
            for (JsonNode row :
                    ok(endpoint, "/stores/seconds/windows?from=1000&to=2999").get("rows")) {
                sum += row.get("value").asLong();
            }
            assertThat(sum).isEqualTo(200);
            assertThat(ok(endpoint, "/stores/places-here/keys/a%20b%2Fc").get("value").asText())
                    .isEqualTo("somewhere");
            assertThat(ok(endpoint, "/stores").get("stores")).hasSize(5);
            assertThat(ok(endpoint, "/stores").get("instances")).hasSize(2);
        }
        assertThat(server.metrics().get("asked-elsewhere")).isPositive();
    }

    @Test
    void what_cannot_be_answered_is_refused_with_a_reason() throws Exception {
        for (String endpoint : List.of(here, there)) {
            for (String absent : List.of("nobody", "nothing", "nowhere")) {
                refused(404, "no_such_key", endpoint, "/stores/counts/keys/" + absent);
            }
            refused(404, "no_such_key", endpoint, "/stores/seconds/keys/nobody/windows");
            refused(404, "no_such_store", endpoint, "/stores/other/keys/key1");
            refused(404, "no_such_resource", endpoint, "/store/counts");
            refused(400, "wrong_kind", endpoint, "/stores/counts/keys/key1/windows");
            refused(400, "wrong_kind", endpoint, "/stores/visits/keys");
            refused(400, "bad_limit", endpoint, "/stores/counts/keys?limit=0");
            refused(400, "bad_time", endpoint, "/stores/seconds/keys/key1/windows?from=now");
            refused(400, "unknown_parameter", endpoint, "/stores/counts/keys?form=a");
        }
        // Whoever is asked by an instance asks nobody else.
        for (String key : truth.keySet()) {
            HttpResponse<String> forwarded =
                    get(here, "/stores/counts/keys/" + key, Peers.FORWARDED_BY, there);
            assertThat(forwarded.statusCode()).isEqualTo(isThere(key) ? 503 : 200);
        }
    }

    private void refused(int status, String code, String endpoint, String path) throws Exception {
        HttpResponse<String> response = get(endpoint, path);
        assertThat(response.statusCode()).as(path + ": " + response.body()).isEqualTo(status);
        assertThat(json.readTree(response.body()).get("error").asText()).isEqualTo(code);
        assertThat(json.readTree(response.body()).get("message").asText()).isNotEmpty();
    }

    @Test
    void when_the_owner_is_killed_a_standby_answers_and_then_owns() throws Exception {
        String key = truth.keySet().stream().filter(this::isThere).findFirst().orElseThrow();
        String path = "/stores/counts/keys/" + key;
        await().atMost(PATIENCE) // the standby here has followed
                .untilAsserted(
                        () ->
                                assertThat(
                                                streams.allLocalStorePartitionLags()
                                                        .getOrDefault("counts", Map.of())
                                                        .values())
                                        .hasSize(PARTITIONS)
                                        .allMatch(lag -> lag.offsetLag() == 0));

        other.destroyForcibly();
        assertThat(other.waitFor(10, TimeUnit.SECONDS)).isTrue();

        HttpResponse<String> strict = get(here, path);
        assertThat(strict.statusCode()).as(strict.body()).isEqualTo(503);
        assertThat(strict.headers().firstValue("Retry-After")).contains("1");
        HttpResponse<String> stale = get(here, path + "?stale=true");
        assertThat(stale.statusCode()).as(stale.body()).isEqualTo(200);
        assertThat(stale.headers().firstValue(Peers.STALE)).contains("true");
        assertThat(json.readTree(stale.body()).get("value").asLong()).isEqualTo(truth.get(key));
        assertThat(get(here, "/stores/counts/keys").statusCode())
                .as("a part is no answer")
                .isEqualTo(503);
        assertThat(server.metrics().get("answered-by-standby")).isPositive();

        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> {
                            for (Map.Entry<String, Long> each : truth.entrySet()) {
                                assertThat(value(here, "/stores/counts/keys/" + each.getKey()))
                                        .isEqualTo(each.getValue());
                            }
                            assertThat(ok(here, "/stores/counts/keys").get("rows")).hasSize(KEYS);
                        });
    }
}
