package dev.millrace.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.broker.TestBroker;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RestApiTest {
    private final String id = UUID.randomUUID().toString().substring(0, 8);
    @TempDir Path directory;
    private TestBroker broker;
    private ConnectStandalone running;
    private RestClient rest;

    @BeforeEach
    void start() {
        broker = TestBroker.start();
        running =
                ConnectStandalone.start(
                        Map.of(
                                "bootstrap.servers", broker.bootstrapServers(),
                                "key.converter", "org.apache.kafka.connect.storage.StringConverter",
                                "value.converter",
                                        "org.apache.kafka.connect.storage.StringConverter",
                                "offset.storage.file.filename", "" + directory.resolve("offsets"),
                                "offset.flush.interval.ms", "100",
                                "listeners", "http://127.0.0.1:0"),
                        List.of());
        rest = new RestClient(running.restPort());
    }

    @AfterEach
    void stop() {
        running.close();
        broker.close();
    }

    @Test
    void the_root_tells_version_and_cluster() throws Exception {
        JsonObject root = new JsonObject(rest.get("/"));
        assertThat(root.fieldNames())
                .containsExactlyInAnyOrder("version", "commit", "kafka_cluster_id");
        assertThat(root.getString("kafka_cluster_id")).isNotEmpty();
    }

    @Test
    void a_connector_is_created_watched_paused_and_deleted() throws Exception {
        Path text = directory.resolve("in.txt");
        Files.writeString(text, "one\n");
        String create =
                new JsonObject()
                        .put("name", "f1")
                        .put(
                                "config",
                                new JsonObject()
                                        .put("connector.class", "FileStreamSource")
                                        .put("file", "" + text)
                                        .put("topic", "connect-rest-" + id))
                        .encode();

        var created = rest.send("POST", "/connectors", create);
        assertThat(created.statusCode()).isEqualTo(201);
        assertThat(new JsonObject(created.body()).getString("type")).isEqualTo("source");
        assertThat(rest.get("/connectors")).isEqualTo("[\"f1\"]");
        assertThat(rest.send("POST", "/connectors", create).statusCode()).isEqualTo(409);

        await().atMost(Duration.ofSeconds(20)).until(() -> taskState().equals("RUNNING"));
        await().atMost(Duration.ofSeconds(20))
                .until(
                        () ->
                                rest.get("/connectors/f1/offsets")
                                        .equals(
                                                "{\"offsets\":[{\"partition\":{\"filename\":\""
                                                        + text
                                                        + "\"},\"offset\":{\"position\":4}}]}"));

        assertThat(rest.send("PUT", "/connectors/f1/pause", "").statusCode()).isEqualTo(202);
        await().atMost(Duration.ofSeconds(20)).until(() -> taskState().equals("PAUSED"));
        assertThat(rest.send("PUT", "/connectors/f1/resume", "").statusCode()).isEqualTo(202);
        await().atMost(Duration.ofSeconds(20)).until(() -> taskState().equals("RUNNING"));
        assertThat(rest.send("POST", "/connectors/f1/restart", "").statusCode()).isEqualTo(204);

        assertThat(rest.send("DELETE", "/connectors/f1", "").statusCode()).isEqualTo(204);
        assertThat(rest.get("/connectors")).isEqualTo("[]");
    }

    @Test
    void errors_have_a_code_and_a_message() throws Exception {
        assertThat(rest.get("/connectors/nobody"))
                .isEqualTo("{\"error_code\":404,\"message\":\"Connector nobody not found\"}");
        var refused = rest.send("POST", "/connectors", "{\"name\":\"x\",\"config\":{}}");
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body()).contains("connector.class");
        assertThat(rest.send("POST", "/connectors", "nonsense").statusCode()).isEqualTo(400);
        assertThat(rest.send("GET", "/nowhere", "").statusCode()).isEqualTo(404);
    }

    @Test
    void plugins_are_listed_with_their_type() throws Exception {
        JsonArray connectors = new JsonArray(rest.get("/connector-plugins"));
        assertThat(connectors)
                .contains(
                        new JsonObject()
                                .put("class", "dev.millrace.connect.file.FileStreamSinkConnector")
                                .put("type", "sink"));
        assertThat(rest.get("/connector-plugins?connectorsOnly=false"))
                .contains("\"type\":\"transformation\"")
                .contains("\"type\":\"header_converter\"");
    }

    private String taskState() throws Exception {
        return new JsonObject(rest.get("/connectors/f1/status"))
                .getJsonArray("tasks")
                .getJsonObject(0)
                .getString("state");
    }
}
