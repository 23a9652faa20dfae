package dev.millrace.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The HTTP API against a real broker. */
class ConsoleApiTest {
    private static ConsoleServer server;
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @BeforeAll
    static void start() {
        server = ConsoleServer.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void cluster_shows_its_nodes_and_which_one_controls() {
        JsonObject cluster = getJson("/api/cluster");

        assertThat(cluster.getString("clusterId")).isNotBlank();
        assertThat(cluster.getString("bootstrapServers")).isEqualTo(server.bootstrapServers());
        assertThat(objects(cluster, "nodes"))
                .isNotEmpty()
                .allSatisfy(node -> assertThat(node.getInteger("port")).isPositive());
    }

    @Test
    void topics_have_counts_and_a_rate_from_the_second_sample_on() {
        String topic = server.newTopic("rates", 2);
        server.produce(topic, 0, "k", "v");

        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(
                        () -> {
                            JsonObject row = topicRow(topic);
                            assertThat(row.getLong("records")).isEqualTo(1);
                            assertThat(row.getInteger("partitions")).isEqualTo(2);
                            assertThat(row.getBoolean("internal")).isFalse();
                            assertThat(row.getDouble("recordsPerSecond")).isNotNull();
                        });

        for (int i = 0; i < 100; i++) {
            server.send(topic, "k" + i, "v");
        }
        server.flush();
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(
                        () -> {
                            JsonObject row = topicRow(topic);
                            assertThat(row.getLong("records")).isEqualTo(101);
                            assertThat(row.getDouble("recordsPerSecond")).isPositive();
                        });
    }

    @Test
    void a_topic_shows_its_partitions_and_what_was_configured() {
        String topic = server.newTopic("details", 3, Map.of("retention.ms", "123456"));
        server.produce(topic, 1, "k", "v");

        JsonObject details = getJson("/api/topics/" + topic);

        assertThat(objects(details, "partitions"))
                .extracting(p -> p.getInteger("partition") + ":" + p.getLong("endOffset"))
                .containsExactly("0:0", "1:1", "2:0");
        assertThat(objects(details, "configs"))
                .filteredOn(config -> config.getString("name").equals("retention.ms"))
                .singleElement()
                .satisfies(config -> assertThat(config.getString("value")).isEqualTo("123456"))
                .satisfies(config -> assertThat(config.getBoolean("default")).isFalse());
    }

    @Test
    void an_unknown_topic_is_not_found_and_not_created() {
        for (String what : List.of("", "/records", "/tail", "/table")) {
            HttpResponse<String> answer = get("/api/topics/no_such_topic" + what);
            assertThat(answer.statusCode()).as(what).isEqualTo(404);
            assertThat(error(answer)).contains("no_such_topic").contains("does not exist");
        }
        assertThat(objects(getJson("/api/topics"), "topics"))
                .noneMatch(row -> row.getString("name").equals("no_such_topic"));
    }

    @Test
    void values_are_decoded_by_what_they_are() {
        String topic = server.newTopic("decode", 1);
        server.produce(topic, 0, "text", "{\"id\":12345678901234567890}");
        server.produce(topic, 0, new byte[] {0, 0, 0, 7}, new byte[] {(byte) 0xff, 0, 1});
        server.produce(topic, 0, null, ByteBuffer.allocate(8).putLong(42).array());
        server.produce(topic, 0, "gone", null);

        List<JsonObject> records =
                objects(getJson("/api/topics/" + topic + "/records?from=beginning"), "records");

        assertThat(records)
                .extracting(r -> shown(r, "key") + " = " + shown(r, "value"))
                .containsExactly(
                        "text:text = json:{\"id\":12345678901234567890}",
                        "int32:7 = hex:ff0001",
                        "null:null = int64:42",
                        "text:gone = null:null");
    }

    @Test
    void pages_go_on_where_the_last_one_ended_and_miss_nothing() {
        String topic = server.newTopic("pages", 3);
        for (int i = 0; i < 250; i++) {
            server.produce(topic, i % 3, "k" + i, "v" + i);
        }

        List<String> forward = new ArrayList<>();
        JsonObject page = getJson("/api/topics/" + topic + "/records?from=beginning&limit=40");
        while (!page.getJsonArray("records").isEmpty()) {
            objects(page, "records").forEach(r -> forward.add(position(r)));
            page = page(topic, "positions", page.getString("next"));
        }
        List<String> backward = new ArrayList<>();
        page = getJson("/api/topics/" + topic + "/records?from=latest&limit=40");
        while (!page.getJsonArray("records").isEmpty()) {
            objects(page, "records").forEach(r -> backward.add(position(r)));
            page = page(topic, "before", page.getString("previous"));
        }

        assertThat(forward).hasSize(250).doesNotHaveDuplicates();
        assertThat(backward).hasSize(250).containsExactlyInAnyOrderElementsOf(forward);
    }

    @Test
    void latest_is_the_newest_over_all_partitions() {
        String topic = server.newTopic("latest", 2);
        for (int i = 0; i < 20; i++) {
            server.produce(topic, i < 15 ? 0 : 1, "k", "v" + i);
        }

        JsonObject page = getJson("/api/topics/" + topic + "/records?limit=4");

        assertThat(objects(page, "records"))
                .extracting(r -> r.getJsonObject("value").getString("text"))
                .containsExactly("v16", "v17", "v18", "v19");
    }

    @Test
    void reading_starts_at_an_offset_or_a_time_and_in_one_partition() {
        String topic = server.newTopic("seek", 2);
        server.produce(topic, 0, "k", "a");
        server.produce(topic, 0, "k", "b");
        server.produce(topic, 1, "k", "c");
        long timeOfB =
                objects(getJson("/api/topics/" + topic + "/records?partition=0"), "records")
                        .get(1)
                        .getLong("timestamp");

        assertThat(values("/api/topics/" + topic + "/records?from=offset&offset=1&partition=0"))
                .containsExactly("b");
        assertThat(values("/api/topics/" + topic + "/records?partition=1")).containsExactly("c");
        assertThat(values("/api/topics/" + topic + "/records?partition=0&timestamp=" + timeOfB))
                .contains("b");
        assertThat(values("/api/topics/" + topic + "/records?timestamp=2999-01-01T00:00:00Z"))
                .isEmpty();
    }

    @Test
    void bad_parameters_are_refused_with_what_was_expected() {
        String topic = server.newTopic("bad", 1);
        String records = "/api/topics/" + topic + "/records?";

        assertThat(error(get(records + "from=yesterday"))).contains("beginning, latest");
        assertThat(error(get(records + "limit=0"))).contains("1 to 1000");
        assertThat(error(get(records + "limit=many"))).contains("whole number");
        assertThat(error(get(records + "partition=7"))).contains("has no partition 7");
        assertThat(error(get(records + "from=offset"))).contains("offset");
        assertThat(error(get(records + "timestamp=noon"))).contains("ISO-8601");
        assertThat(error(get(records + "from=positions&positions=x"))).contains("0:120,1:88");
        assertThat(get(records + "limit=0").statusCode()).isEqualTo(400);
        assertThat(get("/api/nothing").statusCode()).isEqualTo(404);
    }

    @Test
    void a_produced_record_is_there_to_be_read() {
        String topic = server.newTopic("produce", 2);

        HttpResponse<String> written =
                post(
                        "/api/topics/" + topic + "/records",
                        "{\"key\":\"k\",\"value\":{\"a\":1},\"partition\":1,\"headers\":{\"h\":\"x\"}}");

        assertThat(written.statusCode()).isEqualTo(200);
        assertThat(new JsonObject(written.body()).getLong("offset")).isZero();
        JsonObject record = objects(getJson("/api/topics/" + topic + "/records"), "records").get(0);
        assertThat(record.getInteger("partition")).isEqualTo(1);
        assertThat(shown(record, "value")).isEqualTo("json:{\"a\":1}");
        assertThat(objects(record, "headers").get(0).getString("key")).isEqualTo("h");
    }

    @Test
    void producing_is_refused_to_other_origins_other_types_and_nonsense() {
        String topic = server.newTopic("refuse", 1);
        String path = "/api/topics/" + topic + "/records";

        HttpRequest foreign =
                request(path)
                        .header("Content-Type", "application/json")
                        .header("Origin", "http://evil.example")
                        .POST(HttpRequest.BodyPublishers.ofString("{}"))
                        .build();
        HttpRequest form =
                request(path)
                        .header("Content-Type", "text/plain")
                        .POST(HttpRequest.BodyPublishers.ofString("{}"))
                        .build();

        assertThat(send(foreign).statusCode()).isEqualTo(403);
        assertThat(send(form).statusCode()).isEqualTo(415);
        assertThat(error(post(path, "not json"))).contains("JSON object");
        assertThat(error(post(path, "{\"partition\":9}"))).contains("0 to 0");
        assertThat(post("/api/topics/no_such_topic/records", "{}").statusCode()).isEqualTo(404);
        assertThat(post(path, "\"" + "x".repeat(3_000_000) + "\"").statusCode()).isEqualTo(413);
        assertThat(values(path)).isEmpty();
    }

    @Test
    void a_group_shows_how_far_it_is_behind() {
        String topic = server.newTopic("lag", 1);
        for (int i = 0; i < 5; i++) {
            server.produce(topic, 0, "k", "v");
        }
        String group = topic + "_group";
        ConsoleServer.get(
                server.admin()
                        .alterConsumerGroupOffsets(
                                group,
                                Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(2)))
                        .all()
                        .toCompletionStage()
                        .toCompletableFuture());

        JsonObject found =
                objects(getJson("/api/groups"), "groups").stream()
                        .filter(row -> row.getString("group").equals(group))
                        .findFirst()
                        .orElseThrow();

        assertThat(found.getLong("lag")).isEqualTo(3);
        assertThat(objects(found, "partitions").get(0).getLong("committedOffset")).isEqualTo(2);
    }

    @Test
    void a_table_without_stream_is_the_latest_value_of_each_key() {
        String topic = server.newTopic("table", 1);
        server.produce(topic, 0, "a", "1");
        server.produce(topic, 0, "b", "1");
        server.produce(topic, 0, "a", "2");
        server.produce(topic, 0, "b", null);
        server.produce(topic, 0, null, "x");

        JsonObject table = getJson("/api/topics/" + topic + "/table");

        assertThat(objects(table, "rows"))
                .extracting(row -> shown(row, "key") + "=" + shown(row, "value"))
                .containsExactly("text:a=text:2");
        assertThat(table.getLong("withoutKey")).isEqualTo(1);
        assertThat(table.getBoolean("complete")).isTrue();
    }

    private static JsonObject page(String topic, String from, String positions) {
        return getJson(
                "/api/topics/"
                        + topic
                        + "/records?limit=40&from="
                        + from
                        + "&positions="
                        + positions);
    }

    private static JsonObject topicRow(String topic) {
        return objects(getJson("/api/topics"), "topics").stream()
                .filter(row -> row.getString("name").equals(topic))
                .findFirst()
                .orElseThrow(() -> new AssertionError(topic + " is not listed"));
    }

    private static String position(JsonObject record) {
        return record.getInteger("partition") + ":" + record.getLong("offset");
    }

    private static String shown(JsonObject record, String part) {
        JsonObject value = record.getJsonObject(part);
        return value.getString("type") + ":" + value.getString("text");
    }

    private static List<String> values(String path) {
        return objects(getJson(path), "records").stream()
                .map(record -> record.getJsonObject("value").getString("text"))
                .toList();
    }

    private static List<JsonObject> objects(JsonObject json, String name) {
        JsonArray array = json.getJsonArray(name);
        List<JsonObject> objects = new ArrayList<>();
        for (int i = 0; i < array.size(); i++) {
            objects.add(array.getJsonObject(i));
        }
        return objects;
    }

    private static String error(HttpResponse<String> answer) {
        return new JsonObject(answer.body()).getJsonObject("error").getString("message");
    }

    private static JsonObject getJson(String path) {
        HttpResponse<String> answer = get(path);
        assertThat(answer.statusCode()).as(path + ": " + answer.body()).isEqualTo(200);
        return new JsonObject(answer.body());
    }

    private static HttpResponse<String> get(String path) {
        return send(request(path).build());
    }

    private static HttpResponse<String> post(String path, String body) {
        return send(
                request(path)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build());
    }

    private static HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(server.url(path))).timeout(Duration.ofSeconds(20));
    }

    private static HttpResponse<String> send(HttpRequest request) {
        try {
            return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException | InterruptedException failure) {
            throw new AssertionError(failure);
        }
    }
}
